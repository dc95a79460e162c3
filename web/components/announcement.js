/** What was announced at home a moment ago: who, what, and how to answer. It lies over every page, and goes by itself. */

import { canDropIn, canDropInAt } from '../state/granted.js';
import { isOccupied, screenOf } from '../state/state.js';
import { openAnnounce } from './announce.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { button } from './pieces.js';
import { create, View } from './view.js';
import { dropInOn } from './who.js';

/** @import {Heard, State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** Ms for which it is shown: as long as somebody takes who comes from the next room. Whoever holds on to it keeps it. */
const SHOWN = 60_000;

class AnnouncementCard extends View {
  #name = h('strong');
  #from = h('span', { class: 'hint' });
  #words = h('p', { class: 'words' });
  #again = button('', () => this.#heard?.again?.(), { icon: 'play', kind: 'quiet' });
  #reply = button('', () => this.#answer(), { icon: 'announce' });
  #dropIn = button('', () => this.#dropInBack(), { icon: 'drop-in' });
  /** @type {Heard | null} */ #heard = null;
  #timer = 0;

  /** @override */
  build() {
    this.className = 'announcement card';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('announcement.title'));
    for (const [element, key] of /** @type {const} */ ([[this.#again, 'announcement.again'], [this.#reply, 'announcement.reply'], [this.#dropIn, 'drop_in']])) {
      setText(/** @type {HTMLElement} */ (element.querySelector('.label')), this.t(key));
    }
    const close = button(this.t('close'), () => this.#away(), { icon: 'close', kind: 'quiet bare' });
    this.append(
      h('div', { class: 'row' }, h('span', { class: 'sign' }, icon('announce')), h('div', { class: 'who' }, this.#name, this.#from), close),
      h('div', { 'aria-live': 'polite' }, this.#words),
      h('div', { class: 'actions' }, this.#reply, this.#dropIn, this.#again),
    );
    for (const holding of ['pointerenter', 'focusin', 'pointerdown']) this.addEventListener(holding, () => this.#wait());
  }

  /** @override @param {State} state */
  show(state) {
    const heard = state.announcement;
    this.hidden = heard === null || isOccupied(state) || screenOf(state) === 'locked';
    if (heard === null) return;
    const own = state.endpoints.some(({ id, name }) => id === heard.endpoint && name === heard.name);
    setText(this.#name, heard.name);
    setText(this.#from, heard.device === heard.name || own ? '' : this.t('announcement.from', { device: heard.device }));
    setText(this.#words, heard.text ?? this.t(heard.audible ? 'announcement.recording' : 'announcement.unheard'));
    this.#again.hidden = heard.again === null;
    this.#dropIn.hidden = !this.#mayDropIn(state, heard);
    for (const element of [this.#reply, this.#dropIn]) element.disabled = state.connection !== 'online';
    if (heard.id === this.#heard?.id) return;
    this.#heard = heard;
    this.#wait();
  }

  /** @param {State} state @param {Heard} heard */
  #mayDropIn(state, heard) {
    const device = state.endpoints.find(({ id }) => id === heard.endpoint);
    if (device) return canDropInAt(state, device);
    return heard.person !== null && canDropIn(state, heard.person);
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#away(), SHOWN);
  }

  #away() {
    this.parts.store.dispatch({ t: 'announcement', announcement: null });
  }

  #answer() {
    const { identity, name } = /** @type {Heard} */ (this.#heard);
    openAnnounce(this.parts, { identity, name });
  }

  #dropInBack() {
    const { endpoint, person, name } = /** @type {Heard} */ (this.#heard);
    const device = this.parts.store.state.endpoints.some(({ id }) => id === endpoint);
    dropInOn(this.parts, { to: device ? endpoint : (person ?? endpoint), person: device ? null : person, name, video: true });
    this.#away();
  }
}

customElements.define('kith-announcement', AnnouncementCard);

/** @type {AnnouncementCard | null} */
let card = null;

/** From now on it is shown what was announced. @param {Parts} parts */
export function showAnnouncements(parts) {
  if (card?.isConnected) return;
  const made = create(AnnouncementCard, parts);
  card = made;
  document.body.append(made);
  parts.store.subscribe((state) => made.show(state));
}
