/** Do Not Disturb at this very page: one switch, and while it is on what that means. */

import { h, setAttribute } from './dom.js';
import { icon } from './icons.js';
import { button } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class QuietHere extends View {
  #words = h('p');
  #switch = button('', () => void this.parts.account.quiet.set(!this.parts.store.state.quiet), { kind: 'quiet switch' });

  /** @override */
  build() {
    this.#words.id = 'quiet-here-words';
    this.#words.textContent = this.t('quiet.on');
    this.#switch.append(h('span', { class: 'knob', 'aria-hidden': 'true' }));
    this.#switch.querySelector('.label')?.append(this.t('quiet.here'));
    setAttribute(this.#switch, 'role', 'switch');
    this.append(h('div', { class: 'row' }, icon('moon'), this.#switch), this.#words);
  }

  /** @override @param {State} state */
  show({ quiet }) {
    setAttribute(this.#switch, 'aria-checked', String(quiet));
    setAttribute(this.#switch, 'aria-describedby', quiet ? this.#words.id : null);
    this.classList.toggle('on', quiet);
    this.#words.hidden = !quiet;
  }
}

customElements.define('kith-quiet-here', QuietHere);
