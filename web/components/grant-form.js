/** Letting somebody drop in: how, for whom, when, until when, at which devices. Nothing holds until it is saved. */

import { compare, equal } from '../core/bytes.js';
import { grantTo, NONE, PROPOSED_DAYS, withGrant, withoutGrants } from '../granting/contents.js';
import { codeOf } from '../session/problem.js';
import { now } from '../session/identities.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { HoursList } from './hours.js';
import { icon } from './icons.js';
import { chosenIn, explained } from './options.js';
import { alertLine, busy, button, form } from './pieces.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Terms} from '../granting/terms.js' */
/** @import {Grant} from '../trust/grants.js' */
/** @import {Parts} from './view.js' */

/** Who may drop in, and the roster that they are in, where that is known. @typedef {{person: string, name: string, root: Bytes, household: Bytes | null}} Asked */

const DAY = 86_400;

/** A set with more is none: kith/core/trust/grants.py. */
const [MOST_GRANTS, MOST_DEVICES] = [64, 16];

/** @param {Parts} parts @param {Asked} asked @param {() => void} [done] once it is saved, or left */
export function openGrantForm(parts, asked, done = () => {}) {
  const { terms } = parts.store.state;
  if (terms === null) return;
  const t = parts.translate();
  const made = new GrantForm(parts, terms, asked);
  const dialog = openDialog(t('grant.title', { name: asked.name }), t, made.element);
  dialog.classList.add('grant');
  made.saved = () => {
    dialog.close();
    done();
  };
}

class GrantForm {
  #parts;
  #t;
  #asked;
  #old;
  #problem = alertLine();
  #mode;
  #who;
  #when;
  #hours;
  #until;
  #date;
  #devices;
  #carer;
  #details;
  #warning;
  #sure = h('input', { type: 'checkbox', id: 'grant-sure' });
  #save;
  element;
  saved = () => {};

  /** @param {Parts} parts @param {Terms} terms @param {Asked} asked */
  constructor(parts, terms, asked) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.#asked = asked;
    const { name } = asked;
    this.#old = grantTo(terms.contents, asked.root);
    this.#mode = this.#modes();
    this.#who = this.#whom();
    this.#hours = new HoursList(parts, this.#old?.hours ?? []);
    this.#when = explained(this.#t('grant.when'), 'grant-when', [{ value: 'any', text: this.#t('grant.when.any') }, { value: 'hours', text: this.#t('grant.when.hours') }], this.#old?.hours.length ? 'hours' : 'any', (value) => this.#showHours(value));
    this.#date = h('input', { type: 'date', 'aria-label': this.#t('grant.until.day'), min: dayText(now() + DAY) });
    this.#until = this.#untils();
    this.#devices = this.#deviceList(terms);
    this.#carer = h('input', { type: 'checkbox', id: 'grant-carer', checked: this.#old?.carer === true });
    this.#warning = h(
      'div',
      { class: 'notice careful' },
      icon('warning'),
      h('div', { class: 'choices tight' }, h('p', {}, this.#t('grant.instant.warning', { name })), h('label', { class: 'tick', for: 'grant-sure' }, this.#sure, h('span', {}, this.#t('grant.instant.sure')))),
    );
    this.#sure.checked = this.#old?.mode === 'instant';
    const carer = h(
      'details',
      { class: 'fold', open: this.#old?.carer === true },
      h('summary', {}, this.#t('grant.carer.title')),
      h('div', { class: 'choices tight' }, h('p', { class: 'hint' }, this.#t('grant.carer.about', { name })), h('label', { class: 'tick', for: 'grant-carer' }, this.#carer, h('span', {}, this.#t('grant.carer.tick', { name })))),
    );
    this.#details = h(
      'div',
      { class: 'choices' },
      this.#who,
      h('div', { class: 'choices tight' }, this.#when, this.#hours.element),
      this.#until,
      this.#devices.element,
      carer,
    );
    this.#save = button(this.#t('save'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    this.element = form(() => this.#submitted(), this.#mode, this.#warning, this.#details, this.#problem.element, this.#save);
    this.#settle();
    this.#showHours(chosenIn(this.#when));
    this.#showDate(chosenIn(this.#until));
  }

  #modes() {
    const { name } = this.#asked;
    const options = ['off', 'knock', 'instant'].map((value) => ({ value, text: this.#t(`dropin.${value}`), about: this.#t(`grant.${value}.about`, { name }) }));
    return explained(this.#t('grant.how', { name }), 'grant-mode', options, this.#old?.mode ?? 'knock', () => this.#settle());
  }

  #whom() {
    const { name, household } = this.#asked;
    const options = [
      { value: 'person', text: this.#t('grant.who.person', { name }), about: this.#t('grant.who.person.about', { name }) },
      { value: 'household', text: this.#t('grant.who.household', { name }), about: this.#t('grant.who.household.about', { name }) },
    ];
    const group = explained(this.#t('grant.who'), 'grant-who', options, this.#old?.household.length ? 'household' : 'person', () => {});
    group.hidden = household === null && !this.#old?.household.length;
    return group;
  }

  #untils() {
    const { until = null } = this.#old ?? {};
    const proposed = until !== null && until !== 0 ? until : now() + PROPOSED_DAYS * DAY;
    this.#date.value = dayText(proposed);
    const options = [
      { value: 'day', text: this.#t('grant.until.on'), about: this.#t('grant.until.about', { name: this.#asked.name }) },
      { value: 'never', text: this.#t('grant.until.never') },
    ];
    const group = explained(this.#t('grant.until.title'), 'grant-until', options, until === 0 ? 'never' : 'day', (value) => this.#showDate(value));
    group.querySelector('label')?.after(this.#date); // to the choice that it belongs to
    return group;
  }

  /** @param {Terms} terms */
  #deviceList({ devices }) {
    const some = (this.#old?.devices ?? []).filter((one) => devices.some(({ identity }) => equal(one, identity))); // others are gone
    const all = some.length === 0;
    const ticks = devices.map(({ id, identity, name }) => {
      const input = h('input', { type: 'checkbox', id: `grant-at-${id}`, checked: all || some.some((one) => equal(one, identity)) });
      return { identity, input, element: h('label', { class: 'tick', for: `grant-at-${id}` }, input, h('span', {}, name)) };
    });
    const element = h('div', { class: 'group', role: 'group', 'aria-label': this.#t('grant.devices') }, h('span', { class: 'group-label' }, this.#t('grant.devices')), ...ticks.map(({ element }) => element));
    element.hidden = devices.length < 2;
    return { element, ticks };
  }

  /** What is of no matter is not shown. */
  #settle() {
    const mode = chosenIn(this.#mode);
    this.#details.hidden = mode === 'off';
    this.#warning.hidden = mode !== 'instant';
  }

  /** @param {string} when */
  #showHours(when) {
    this.#hours.element.hidden = when !== 'hours';
    if (when === 'hours') this.#hours.propose();
  }

  /** @param {string} until */
  #showDate(until) {
    this.#date.hidden = until === 'never';
  }

  #submitted() {
    const wrong = this.#wrong();
    this.#problem.say(wrong === null ? '' : this.#t(wrong, { name: this.#asked.name }));
    if (wrong === null) void busy(this.#save, () => this.#keep(), (error) => this.#problem.say(this.#t(`problem.${codeOf(error)}`)));
  }

  /** @returns {string | null} a text key */
  #wrong() {
    const mode = chosenIn(this.#mode);
    if (mode === 'off') return null;
    if (mode === 'instant' && !this.#sure.checked) return 'grant.wrong.sure';
    if (chosenIn(this.#when) === 'hours' && (this.#hours.wrong || this.#hours.value.length === 0)) return 'grant.wrong.hours';
    if (chosenIn(this.#until) === 'day' && !(dayEnd(this.#date.value) > now())) return 'grant.wrong.day';
    const ticked = this.#devices.ticks.filter(({ input }) => input.checked).length;
    if (ticked === 0 && this.#devices.ticks.length > 0) return 'grant.wrong.devices';
    if (ticked > MOST_DEVICES && ticked < this.#devices.ticks.length) return 'grant.wrong.many_devices';
    const given = this.#parts.store.state.terms?.contents.grants.length ?? 0;
    return this.#old === null && given >= MOST_GRANTS ? 'grant.wrong.many' : null;
  }

  async #keep() {
    const { granting } = this.#parts.account;
    const { root, name } = this.#asked;
    if (chosenIn(this.#mode) === 'off') {
      await granting.change((contents) => withoutGrants(contents, [root]));
    } else if (this.#carer.checked && !this.#old?.carer) {
      this.#askCarer();
      return;
    } else {
      const grant = this.#grant();
      await granting.change((contents) => withGrant(contents, grant), this.#asked);
    }
    this.saved();
    this.#parts.store.dispatch({ t: 'notice', notice: { key: 'grant.saved', values: { name } } });
  }

  /** A carer passes what everybody else stands before: that is asked on a page of its own. */
  #askCarer() {
    const { name } = this.#asked;
    const said = [...this.element.children];
    const facts = ['quiet', 'knock', 'never', 'shown', 'back'].map((fact) => h('li', {}, this.#t(`carer.${fact}`, { name })));
    const consent = async () => {
      const grant = this.#grant();
      await this.#parts.account.granting.change((contents) => withGrant(contents, grant), this.#asked);
      this.saved();
      this.#parts.store.dispatch({ t: 'notice', notice: { key: 'grant.saved', values: { name } } });
    };
    const sure = button(this.#t('carer.sure', { name }), () => void busy(sure, consent, (error) => this.#problem.say(this.#t(`problem.${codeOf(error)}`))), { kind: 'danger wide' });
    const back = () => {
      this.element.replaceChildren(...said);
      this.#carer.focus();
    };
    const keep = button(this.#t('carer.keep'), back, { kind: 'wide' });
    this.element.replaceChildren(h('h3', {}, this.#t('carer.title', { name })), h('p', {}, this.#t('carer.lead', { name })), h('ul', { class: 'facts' }, ...facts), this.#problem.element, sure, keep);
    keep.focus();
  }

  /** @returns {Grant} */
  #grant() {
    const { root, household } = this.#asked;
    const carer = this.#carer.checked; // one named person, who comes straight in: a set that says otherwise is none
    const together = chosenIn(this.#who) === 'household' && !carer;
    const some = this.#devices.ticks.filter(({ input }) => input.checked).map(({ identity }) => identity).sort(compare);
    return {
      receiver: root,
      household: together ? household ?? this.#old?.household ?? NONE : NONE,
      mode: carer || chosenIn(this.#mode) === 'instant' ? 'instant' : 'knock',
      carer,
      since: now(),
      until: chosenIn(this.#until) === 'never' ? 0 : dayEnd(this.#date.value),
      hours: chosenIn(this.#when) === 'hours' ? this.#hours.value : [],
      devices: some.length === this.#devices.ticks.length ? [] : some,
    };
  }
}

/** @param {number} at Unix seconds @returns {string} as a field for days has it */
function dayText(at) {
  const day = new Date(at * 1_000);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
}

/** The last second of a day here. @param {string} text @returns {number} Unix seconds; NaN for no day */
function dayEnd(text) {
  return Math.floor(new Date(`${text}T23:59:59`).getTime() / 1_000);
}
