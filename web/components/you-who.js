/** Who can drop in, and who can see that one was recently active. */

import { grantWords } from '../granting/words.js';
import { receiverOf } from '../granting/terms.js';
import { now } from '../session/identities.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { openGrantForm } from './grant-form.js';
import { toggle } from './options.js';
import { avatar } from './pieces.js';
import { YouPart } from './you-part.js';

/** @import {Terms} from '../granting/terms.js' */
/** @import {Grant} from '../trust/grants.js' */
/** @import {State} from '../state/state.js' */

export class YouWho extends YouPart {
  /** @override */
  build() {
    this.className = 'card part';
  }

  /** @override @param {Terms} terms @param {State} state */
  about(terms, state) {
    return `${super.about(terms, state)}|${state.people.map(({ name }) => name).join()}`;
  }

  /** @override @param {Terms} terms @param {State} state */
  draw(terms, state) {
    const { contents } = terms;
    const { person, people } = state;
    const home = contents.home === 'knock' || contents.home === 'instant';
    const here = people.filter(({ id, household }) => id !== person?.id && household === person?.household).map(({ name }) => name);
    const grants = contents.grants.map((grant) => ({ grant, name: receiverOf(terms, grant.receiver)?.name ?? this.t('who.unknown'), person: receiverOf(terms, grant.receiver)?.person ?? '' }));
    grants.sort((one, other) => one.name.localeCompare(other.name, this.parts.language()));
    const rows = [...(home ? [this.#household(here, contents.home)] : []), ...grants.map((one) => this.#grant(one))];
    const seers = [...(home ? here : []), ...grants.filter(({ grant }) => grant.until === 0 || grant.until > now()).map(({ name }) => name)];
    this.replaceChildren(
      this.heading(this.t('who_can.title'), 'people'),
      this.problem.element,
      rows.length ? h('ul', { class: 'lines' }, ...rows) : h('p', { class: 'hint' }, this.t('who.nobody')),
      h('p', { class: 'hint' }, this.t('who.how')),
      this.#activity(contents.show_activity, [...new Set(seers)]),
    );
  }

  /** @param {readonly string[]} names @param {string} mode */
  #household(names, mode) {
    const about = names.length ? this.list(names) : this.t('who.household.alone');
    const words = h('span', { class: 'who' }, h('strong', {}, this.t('who.household')), h('span', { class: 'hint' }, `${about} · ${this.t(`who.home.${mode}`)}`));
    return h('li', { class: 'row' }, h('span', { class: 'avatar of-device', 'aria-hidden': 'true' }, icon('home')), words);
  }

  /** @param {{grant: Grant, name: string, person: string}} one */
  #grant({ grant, name, person }) {
    const t = this.parts.translate();
    const about = grantWords(grant, name, now(), this.parts.language(), t).join(' ');
    const words = h('span', { class: 'who' }, h('strong', {}, name), h('span', { class: 'hint' }, about));
    const change = () => openGrantForm(this.parts, { person, name, root: grant.receiver, household: grant.household.length ? grant.household : null });
    const row = h('button', { type: 'button', class: 'line-button', 'data-does': `grant-${person}`, 'aria-label': t('who.change', { name }) }, avatar(person, name), words, icon('pen'));
    row.addEventListener('click', change);
    return h('li', {}, row);
  }

  /** @param {boolean} shown @param {readonly string[]} names */
  #activity(shown, names) {
    const about = !shown ? this.t('activity.hidden') : names.length ? this.t('activity.seen_by', { names: this.list(names) }) : this.t('activity.nobody');
    const element = toggle(this.t('activity.title'), shown, (on) => void this.change((old) => ({ ...old, show_activity: on })), { about });
    element.dataset.does = 'activity';
    return h('div', { class: 'choices tight' }, element, h('p', { class: 'hint' }, this.t('activity.about')));
  }
}

customElements.define('kith-you-who', YouWho);
