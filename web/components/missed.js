/** Calls that nobody took. */

import { byPerson } from '../contacts/reach.js';
import { isOccupied } from '../state/state.js';
import { openCard } from './contact-card.js';
import { h, keyed } from './dom.js';
import { icon } from './icons.js';
import { busy, button } from './pieces.js';
import { View } from './view.js';

/** @import {MissedCall} from '../protocol.js' */
/** @import {State} from '../state/state.js' */

export class Missed extends View {
  #list = h('ul');

  /** @override */
  build() {
    this.className = 'card missed';
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', this.t('missed.title'));
    const seen = button(
      this.t('missed.seen'),
      () => void busy(seen, () => this.parts.account.dismissMissed(), () => {}),
      { icon: 'check', kind: 'quiet' },
    );
    this.append(h('div', { class: 'row' }, icon('missed'), h('h2', {}, this.t('missed.title')), seen), this.#list);
  }

  /** @override @param {State} state */
  show(state) {
    const newest = [...state.missed].sort((one, other) => other.at - one.at);
    this.hidden = newest.length === 0;
    keyed(this.#list, newest, (missed) => missed.call, (missed) => this.#row(missed), (row) => {
      for (const element of /** @type {NodeListOf<HTMLButtonElement>} */ (row.querySelectorAll('.call'))) {
        element.disabled = state.connection !== 'online' || isOccupied(state);
      }
    });
  }

  /** @param {string} person @param {string} name */
  #subject(person, name) {
    const contact = byPerson(this.parts.store.state.contacts.all.values()).get(person);
    return { contact: contact?.id ?? null, person, name };
  }

  /** @param {MissedCall} missed */
  #row({ person, name, at, video }) {
    const when = new Date(at * 1_000);
    const today = when.toDateString() === new Date().toDateString();
    const style = today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' };
    const words = new Intl.DateTimeFormat(this.parts.language(), /** @type {Intl.DateTimeFormatOptions} */ (style));
    return h(
      'li',
      { class: 'row' },
      h('span', { class: 'who' }, h('strong', {}, name), ' ', h('time', { datetime: when.toISOString() }, words.format(when))),
      button(this.t('missed.call_back'), () => void this.parts.calls.place({ to: person, person, name, video }), {
        icon: video ? 'video' : 'call',
        kind: 'call',
        attributes: { 'aria-label': this.t('missed.call_back.to', { name }) },
      }),
      button(this.t('home.more'), () => openCard(this.parts, this.#subject(person, name)), {
        icon: 'more',
        kind: 'quiet bare more',
        attributes: { 'aria-label': this.t('home.about', { name }) },
      }),
    );
  }
}

customElements.define('kith-missed', Missed);
