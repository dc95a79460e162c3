/** What only a person can settle: that this page is ready to be dropped in on, devices that wait, somebody who moved in, a recovery key that is not on paper. */

import { codeOf } from '../session/problem.js';
import { openGuidelines } from './agree.js';
import { h, keyed } from './dom.js';
import { icon } from './icons.js';
import { openConfirming } from './pairing.js';
import { openPaper } from './paper.js';
import { alertLine, busy, button } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

/** @typedef {{key: string, icon: string, text: string, action: string, about: string, does: () => Promise<void>}} Item */

export class Unsettled extends View {
  #problem = alertLine();
  #list = h('ul');

  /** @override */
  build() {
    this.className = 'card unsettled';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('unsettled.title'));
    this.append(this.#problem.element, this.#list);
  }

  /** @override @param {State} state */
  show(state) {
    const items = this.#items(state);
    this.hidden = items.length === 0;
    keyed(this.#list, items, ({ key, text }) => `${key}|${text}`, (item) => this.#row(item), () => {});
  }

  /** @param {State} state @returns {Item[]} */
  #items({ waiting, strangers, taken, people, unwritten, own, meeting, admitting, unready, quiet }) {
    const devices = waiting.filter(({ id }) => id !== meeting?.endpoint).map((endpoint) => ({
      key: endpoint.id,
      icon: endpoint.shared ? 'speaker' : 'phone',
      text: this.t(endpoint.shared ? 'unsettled.shared' : 'unsettled.own', { name: endpoint.name }),
      action: this.t('unsettled.confirm'),
      about: this.t('unsettled.confirm.of', { name: endpoint.name }),
      does: async () => openConfirming(this.parts, endpoint),
    }));
    const persons = people.filter(({ id }) => strangers.includes(id)).map(({ id, name }) => ({
      key: id,
      icon: 'invite',
      text: this.t('unsettled.person', { name }),
      action: this.t('unsettled.person.yes', { name }),
      about: this.t('unsettled.person.yes', { name }),
      does: () => this.parts.account.deeds.join(id),
    }));
    const household = {
      key: 'household',
      icon: 'invite',
      text: this.t('unsettled.household'),
      action: this.t('unsettled.household.yes'),
      about: this.t('unsettled.household.yes'),
      does: () => this.parts.account.moveIn(),
    };
    const paper = {
      key: 'paper',
      icon: 'pen',
      text: this.t('unsettled.paper'),
      action: this.t('unsettled.paper.open'),
      about: this.t('unsettled.paper.open'),
      does: () => openPaper(this.parts),
    };
    const guidelines = {
      key: 'guidelines',
      icon: 'file',
      text: this.t('guidelines.newer'),
      action: this.t('guidelines.look'),
      about: this.t('guidelines.read'),
      does: async () => openGuidelines(this.parts),
    };
    const ready = {
      key: 'ready',
      icon: 'drop-in',
      text: this.t(`unready.${unready}`),
      action: this.t('unready.do'),
      about: this.t('unready.do'),
      does: () => this.parts.readiness.prepare(),
    };
    const unprepared = admitting.receptive && !quiet && unready !== null && unready !== 'hidden';
    const asked = (own?.guidelines ?? null) !== null;
    return [...(unprepared ? [ready] : []), ...devices, ...persons, ...(taken ? [household] : []), ...(unwritten ? [paper] : []), ...(asked ? [guidelines] : [])];
  }

  /** @param {Item} item */
  #row({ icon: name, text, action, about, does }) {
    const failed = (/** @type {unknown} */ error) => this.#problem.say(this.t(`problem.${codeOf(error)}`));
    const act = button(action, () => void busy(act, does, failed), { attributes: { 'aria-label': about } });
    return h('li', {}, icon(name), h('p', {}, text), act);
  }
}

customElements.define('kith-unsettled', Unsettled);
