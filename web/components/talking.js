/** What the screens of a call and of a group have in common: how long it lasts, what goes out, and what one can do about that. */

import { duration } from '../state/words.js';
import { h, keyed, setText } from './dom.js';
import { icon } from './icons.js';
import { button, setIcon, setLabel } from './pieces.js';

/** @import {State} from '../state/state.js' */
/** @import {View} from './view.js' */

/** How long it has lasted. It goes on by itself, on the second. */
export class Clock {
  element = h('p', { class: 'time', role: 'timer', 'aria-live': 'off' });
  #ticked;
  #timer = 0;

  /** @param {() => void} [ticked] each second */
  constructor(ticked = () => {}) {
    this.#ticked = ticked;
  }

  /** @param {number | null} since ms; null before it has begun @param {boolean} over then it stands still */
  show(since, over) {
    this.stop();
    if (since === null) setText(this.element, '');
    else if (!over) this.#tick(since);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {number} since */
  #tick(since) {
    const elapsed = Date.now() - since;
    setText(this.element, duration(elapsed / 1_000));
    this.#timer = setTimeout(() => {
      this.#tick(since);
      this.#ticked();
    }, 1_000 - (elapsed % 1_000));
  }
}

/** Lit exactly while a track is live: read from the tracks, not from what was pressed. */
export class Live {
  element = h('ul', { class: 'live' });
  #view;

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
  }

  /** @param {State['capture']} capture */
  show({ audio, video }) {
    const live = [...(audio ? ['microphone'] : []), ...(video ? ['video'] : [])];
    keyed(this.element, live, (part) => part, (part) => h('li', { 'data-live': part }, icon(part), h('span', {}, this.#view.t(`live.${part}`))), () => {});
  }

  clear() {
    this.element.replaceChildren();
  }
}

/** Whether one wants to be heard, and seen. */
export class Switches {
  microphone;
  camera;
  #view;

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
    this.microphone = button('', () => view.parts.calls.toggleMicrophone(), { icon: 'microphone', kind: 'round' });
    this.camera = button('', () => view.parts.calls.toggleCamera(), { icon: 'video', kind: 'round' });
  }

  /** @param {State['capture']} capture */
  show({ audioWanted, videoWanted }) {
    turn(this.microphone, audioWanted, this.#view.t(audioWanted ? 'call.mute' : 'call.unmute'), 'microphone');
    turn(this.camera, videoWanted, this.#view.t(videoWanted ? 'call.video_off' : 'call.video_on'), 'video');
  }
}

/** @param {HTMLButtonElement} element @param {boolean} on @param {string} words @param {string} name of its icon */
function turn(element, on, words, name) {
  setLabel(element, words);
  setIcon(element, on ? name : `${name}-off`);
  element.classList.toggle('off', !on);
}

/** Let it sound. @param {HTMLMediaElement} media @returns {Promise<boolean>} whether the browser wants one more touch before it does */
export async function wantsTouch(media) {
  try {
    await media.play();
    return false;
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotAllowedError';
  }
}
