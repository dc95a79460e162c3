/** The own card: when one is to be left alone, who may drop in, what was done with it, and the way to close everything. */

import { notHeard } from '../granting/terms.js';
import { h, setText } from './dom.js';
import { avatar } from './pieces.js';
import { isPressed } from './press.js';
import { create, View } from './view.js';
import { YouClosed } from './you-closed.js';
import { YouEnhanced } from './you-enhanced.js';
import { YouHome } from './you-home.js';
import { YouMore } from './you-more.js';
import { YouQuiet } from './you-quiet.js';
import { YouWho } from './you-who.js';

/** @import {Terms} from '../granting/terms.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @type {readonly (new () => View)[]} */
const PARTS = [YouClosed, YouQuiet, YouHome, YouWho, YouEnhanced, YouMore];

export class You extends View {
  #name = h('h1');
  #face = h('span');
  #waiting = h('p', { class: 'hint', role: 'status' });
  #parts = /** @type {View[]} */ ([]);

  /** @override */
  build() {
    this.className = 'page you';
    this.#parts = PARTS.map((kind) => create(kind, this.parts));
    this.append(
      h('header', { class: 'bar' }, h('div', { class: 'brand' }, this.#face, this.#name)),
      h('main', {}, this.#waiting, ...this.#parts),
    );
  }

  /** @override @param {State} state */
  show(state) {
    // A line that comes or goes moves what is below it away from under a finger.
    if (isPressed(this, () => this.show(this.parts.store.state))) return;
    const name = state.person?.name ?? '';
    if (this.#name.textContent !== name) {
      this.#face.replaceWith((this.#face = avatar(state.person?.id ?? '', name)));
      setText(this.#name, name);
    }
    setText(this.#waiting, state.terms === null ? this.t('you.waiting') : unheardWords(state.terms, this.parts));
    this.#waiting.classList.toggle('unheard', state.terms !== null);
    for (const part of this.#parts) part.show(state);
  }
}

/** How many names a sentence takes. */
const NAMES = 3;

/** "Kitchen has not heard yet." @param {Terms} terms @param {Parts} parts @param {readonly string[]} [among] ids of endpoints; all where absent */
export function unheardWords(terms, { translate, language }, among) {
  const names = notHeard(terms, among);
  if (names.length === 0) return '';
  const list = new Intl.ListFormat(language(), { type: 'conjunction' }).format(names);
  const key = names.length === 1 ? 'heard.one' : names.length <= NAMES ? 'heard.some' : 'heard.many';
  return translate()(key, { name: list, names: list, count: String(names.length) });
}

customElements.define('kith-you', You);
