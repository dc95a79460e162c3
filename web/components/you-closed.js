/** Everything is closed: that is said where one looks, with the way back. */

import { openAgain } from './panic.js';
import { button } from './pieces.js';
import { YouPart } from './you-part.js';

/** @import {Terms} from '../granting/terms.js' */
/** @import {State} from '../state/state.js' */

export class YouClosed extends YouPart {
  /** @override */
  build() {
    this.className = 'card part closed';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('closed.title'));
  }

  /** @override @param {Terms} _terms */
  draw(_terms) {
    this.replaceChildren(
      this.heading(this.t('closed.title'), 'lock', this.t('closed.text')),
      button(this.t('closed.open'), () => openAgain(this.parts), { kind: 'wide', attributes: { 'data-does': 'open-again' } }),
    );
  }

  /** @override @param {State} state */
  show(state) {
    super.show(state);
    this.hidden = state.terms?.contents.closed !== true;
  }
}

customElements.define('kith-you-closed', YouClosed);
