/** Groups that go on without this device, and may be joined: late, again, or instead of another own device. */

import { isSealed, openGroups } from '../state/groups.js';
import { isOccupied } from '../state/state.js';
import { h, keyed, setText } from './dom.js';
import { icon } from './icons.js';
import { button, setLabel } from './pieces.js';
import { View } from './view.js';

/** @import {Gathering} from '../state/groups.js' */
/** @import {State} from '../state/state.js' */

export class GroupOpen extends View {
  #list = h('ul');

  /** @override */
  build() {
    this.className = 'card ongoing';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('group.open'));
    this.append(h('div', { class: 'row' }, icon('people'), h('h2', {}, this.t('group.open'))), this.#list);
  }

  /** @override @param {State} state */
  show(state) {
    const groups = isOccupied(state) ? [] : openGroups(state);
    this.hidden = groups.length === 0;
    keyed(this.#list, groups, ({ id }) => id, (group) => this.#row(group), (row, group) => {
      const own = this.#ownIn(state, group);
      const names = (group.view?.members ?? []).filter((member) => member !== own).map(({ name }) => name);
      setText(/** @type {Element} */ (row.querySelector('strong')), new Intl.ListFormat(this.parts.language(), { type: 'conjunction' }).format(names));
      const about = [...(own ? [this.t('ongoing.at', { device: own.device })] : []), this.t(isSealed(group) ? 'group.sealed' : 'group.mixed')].join(' · ');
      setText(/** @type {Element} */ (row.querySelector('.hint')), about);
      for (const element of row.querySelectorAll('button')) {
        element.disabled = state.connection !== 'online';
        setLabel(element, this.t(own ? 'ongoing.here' : 'group.join'));
      }
    });
  }

  /** The own person takes part in it at another device. @param {State} state @param {Gathering} group */
  #ownIn({ person, endpoint }, { view }) {
    return view?.members.find((member) => person !== null && !endpoint?.shared && member.person === person.id) ?? null;
  }

  /** @param {Gathering} group */
  #row({ id, video }) {
    return h('li', { class: 'row' }, h('span', { class: 'who' }, h('strong'), ' ', h('span', { class: 'hint' })), button('', () => void this.parts.groups.join(id, { video }), { icon: 'call', kind: 'call' }));
  }
}

customElements.define('kith-group-open', GroupOpen);
