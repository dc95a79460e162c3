/** Own calls at other own devices, to be continued here. */

import { isOccupied } from '../state/state.js';
import { h, keyed } from './dom.js';
import { icon } from './icons.js';
import { button } from './pieces.js';
import { View } from './view.js';

/** @import {OngoingCall} from '../protocol.js' */
/** @import {State} from '../state/state.js' */

export class Ongoing extends View {
  #list = h('ul');

  /** @override */
  build() {
    this.className = 'card ongoing';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('ongoing.title'));
    this.append(h('div', { class: 'row' }, icon('call'), h('h2', {}, this.t('ongoing.title'))), this.#list);
  }

  /** @override @param {State} state */
  show(state) {
    const here = isOccupied(state);
    this.hidden = state.ongoing.length === 0 || here;
    keyed(this.#list, [...state.ongoing], (ongoing) => ongoing.call, (ongoing) => this.#row(ongoing), (row) => {
      for (const element of row.querySelectorAll('button')) element.disabled = state.connection !== 'online';
    });
  }

  /** @param {OngoingCall} ongoing */
  #row(ongoing) {
    const { name, at, video } = ongoing;
    return h(
      'li',
      { class: 'row' },
      h('span', { class: 'who' }, h('strong', {}, name), ' ', h('span', { class: 'hint' }, this.t('ongoing.at', { device: at }))),
      button(this.t('ongoing.here'), () => void this.parts.calls.take(ongoing), {
        icon: video ? 'video' : 'call',
        kind: 'call',
        attributes: { 'aria-label': this.t('ongoing.here.with', { name }) },
      }),
    );
  }
}

customElements.define('kith-ongoing', Ongoing);
