/** Groups for which the server decrypts what is said: off unless switched on, with what it means in plain words. */

import { toggle } from './options.js';
import { YouPart } from './you-part.js';
import { h } from './dom.js';

/** @import {Terms} from '../granting/terms.js' */

export class YouEnhanced extends YouPart {
  /** @override */
  build() {
    this.className = 'card part';
  }

  /** @override @param {Terms} terms */
  draw({ contents }) {
    const set = (/** @type {boolean} */ enhanced) => void this.change((old) => ({ ...old, enhanced }));
    const element = toggle(this.t('enhanced.switch'), contents.enhanced, set, { about: this.t('enhanced.about') });
    element.dataset.does = 'enhanced';
    this.replaceChildren(this.heading(this.t('enhanced.title'), 'people', this.t('enhanced.lead')), this.problem.element, element, h('p', { class: 'hint' }, this.t('enhanced.otherwise')));
  }
}

customElements.define('kith-you-enhanced', YouEnhanced);
