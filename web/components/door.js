/**
 * For whoever is dropped in on: that somebody comes, that the own picture is frosted and for how long, and one large
 * way to say no. It goes when all is clear; hanging up is possible all the time.
 */

import { shownTalk } from '../state/state.js';
import { frostedFor } from '../state/words.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { button } from './pieces.js';
import { View } from './view.js';

/** @import {State, Talk} from '../state/state.js' */

/** A drop in on this page. @typedef {Pick<Talk, 'name' | 'door' | 'frost'> & {ended: string | null}} Visited */

export class Door extends View {
  #words = h('span', { role: 'status' });
  /** Each second another: nobody is to hear it over somebody's voice. */ #count = h('span', { 'aria-hidden': 'true' });
  #timer = 0;

  /** @override */
  build() {
    this.classList.add('door');
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', this.t('drop_in.door'));
    this.append(h('div', { class: 'row' }, icon('drop-in'), h('p', {}, this.#words, ' ', this.#count)), button(this.t('knock.not_now'), () => this.refuse(), { icon: 'close', kind: 'not-now' }));
  }

  /** @param {State} state @returns {Visited | null} */
  visited(state) {
    return shownTalk(state);
  }

  /** @override @param {State} state */
  show(state) {
    clearTimeout(this.#timer);
    const talk = this.visited(state);
    const left = talk === null ? null : frostedFor(talk, Date.now());
    const key = talk === null ? null : keyOf(talk, state.capture.video ? left : null);
    this.hidden = key === null;
    if (talk === null || key === null) return;
    setText(this.#words, this.t(key, { name: talk.name }));
    setText(this.#count, key === 'drop_in.frosted' ? this.t('drop_in.clears', { seconds: String(Math.ceil((left ?? 0) / 1_000)) }) : '');
    if (left !== null) this.#timer = setTimeout(() => this.show(this.parts.store.state), left % 1_000 || 1_000);
  }

  refuse() {
    const talk = shownTalk(this.parts.store.state);
    if (talk) this.parts.calls.hangUp(talk.id);
  }
}

/** @param {Visited} talk @param {number | null} left ms until it is clear @returns {string | null} a text key */
function keyOf({ door, ended }, left) {
  if (door === null || ended !== null) return null;
  if (door !== 'open') return 'drop_in.first_a_tone';
  return left === null ? null : 'drop_in.frosted';
}

customElements.define('kith-door', Door);
