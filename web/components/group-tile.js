/** One of a group: their picture, or their name; whether they speak, and what stands in the way of hearing them. */

import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { avatar, button, setLabel } from './pieces.js';
import { wantsTouch } from './talking.js';

/** @import {Translate} from '../i18n.js' */
/** @import {Bond} from '../state/groups.js' */

/**
 * What a tile shows.
 * @typedef {object} Face
 * @property {string} endpoint
 * @property {string} name
 * @property {string} of  whose colour it has
 * @property {string} initials  of whom, where that is another name
 * @property {boolean} own
 * @property {boolean} speaking
 * @property {boolean} muted
 * @property {string} note  what stands in the way, as a text key; or empty
 * @property {boolean} changed  they have another safety number than before
 * @property {boolean} removable
 * @property {MediaStream | null} stream
 * @property {boolean} seen  whether there should be a picture
 */

/** @typedef {{remove: (endpoint: string) => void, goOn: (endpoint: string) => void, silent: () => void}} TileSink */

/** The key of what a bond lacks. @param {Bond | undefined} bond */
export function noteOf(bond) {
  if (bond?.acquaintance?.changed) return 'group.changed';
  if (bond?.media === 'unsafe') return 'group.unsafe';
  if (bond?.media === 'lost') return 'call.reconnecting';
  return bond?.media === 'up' ? '' : 'call.connecting';
}

export class Tile {
  #t;
  #sink;
  #video;
  #face = h('div', { class: 'tile-face' });
  #name = h('span', { class: 'tile-name' });
  #muted = h('span', { class: 'tile-muted' });
  #note = h('p', { class: 'tile-note' });
  #remove;
  #goOn;
  #drawn = '';
  #shown = /** @type {Face | null} */ (null);
  element;

  /** @param {Translate} translate @param {TileSink} sink @param {boolean} own */
  constructor(translate, sink, own) {
    this.#t = translate;
    this.#sink = sink;
    this.#video = h('video', { autoplay: true, playsinline: true, muted: own });
    this.#video.muted = own;
    this.#video.addEventListener('resize', () => this.#picture());
    this.#remove = button('', () => this.#shown && sink.remove(this.#shown.endpoint), { icon: 'close', kind: 'quiet bare tile-remove' });
    this.#goOn = button(translate('changed.anyway'), () => this.#shown && sink.goOn(this.#shown.endpoint), { kind: 'tile-go-on' });
    this.#muted.append(icon('microphone-off'), h('span', { class: 'visually-hidden' }, translate('group.muted')));
    this.element = h('li', { class: own ? 'tile own' : 'tile' }, this.#video, this.#face, this.#note, this.#goOn, h('p', { class: 'tile-label' }, this.#muted, this.#name), this.#remove);
  }

  /** @param {Face} face */
  show(face) {
    this.#shown = face;
    const { endpoint, name, of, initials, speaking, muted, note, changed, removable, stream } = face;
    this.element.dataset.endpoint = endpoint;
    if (this.#drawn !== `${of}|${name}|${initials}`) {
      this.#drawn = `${of}|${name}|${initials}`;
      this.#face.replaceChildren(avatar(of, initials || name));
      setText(this.#name, name);
      setLabel(this.#remove, this.#t('group.remove'));
      this.#remove.setAttribute('aria-label', this.#t('group.remove.who', { name }));
    }
    this.element.classList.toggle('speaking', speaking);
    this.#muted.hidden = !muted;
    this.#note.hidden = note === '';
    setText(this.#note, note === '' ? '' : this.#t(note, { name }));
    this.#goOn.hidden = !changed;
    this.#remove.hidden = !removable;
    if (this.#video.srcObject !== stream) {
      this.#video.srcObject = stream;
      if (stream !== null) void this.play();
    }
    this.#picture();
  }

  /** A browser may want one more touch before it sounds. */
  async play() {
    if (await wantsTouch(this.#video)) this.#sink.silent();
  }

  close() {
    this.#video.srcObject = null;
  }

  #picture() {
    this.element.classList.toggle('picture', Boolean(this.#shown?.seen) && this.#video.videoWidth > 0);
  }
}
