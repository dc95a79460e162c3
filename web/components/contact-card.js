/** One person: how they can be reached, and what can be done about them. Only what works here is offered. */

import { isNumber, spaced } from '../contacts/digits.js';
import { waysOf } from '../contacts/reach.js';
import { codeOf } from '../session/problem.js';
import { canDropIn } from '../state/granted.js';
import { blocksOf, isOccupied, livesHere } from '../state/state.js';
import { labelWords, openContactForm } from './contact-form.js';
import { dropInAbout, dropInPart } from './card-drop-in.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { openInvite } from './invite.js';
import { alertLine, avatar, busy, button } from './pieces.js';
import { isPressed } from './press.js';
import { openReport } from './report.js';
import { confirmation } from './rows.js';
import { dropInOn, placeCall } from './who.js';

/** @import {Way} from '../contacts/reach.js' */
/** @import {ContactNumber, ContactView} from '../protocol.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** Whose card it is: a contact's, or that of a person who is none. @typedef {{contact: string | null, person: string | null, name: string}} Subject */

/** @param {Parts} parts @param {Subject} subject @param {() => void} [closed] */
export function openCard(parts, subject, closed = () => {}) {
  const card = new Card(parts, subject);
  const dialog = openDialog(subject.name, parts.translate(), card.element);
  dialog.classList.add('contact-card');
  card.done = () => dialog.close();
  const stop = parts.store.subscribe((state) => {
    setText(/** @type {Element} */ (dialog.querySelector('#dialog-title')), card.nameIn(state));
    card.show(state);
  });
  /** @type {HTMLButtonElement | null} */ (dialog.querySelector('[data-does="call"]:enabled'))?.focus();
  dialog.addEventListener('close', () => {
    stop();
    closed();
  });
}

class Card {
  #parts;
  #t;
  #subject;
  #problem = alertLine();
  #body = h('div', { class: 'choices' });
  #asked = h('div', { class: 'own', hidden: true });
  #drawn = '';
  element = h('div', { class: 'choices' }, this.#problem.element, this.#body, this.#asked);
  done = () => {};

  /** @param {Parts} parts @param {Subject} subject */
  constructor(parts, subject) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.#subject = subject;
  }

  /** @param {State} state */
  nameIn(state) {
    return this.#contactIn(state)?.name ?? this.#subject.name;
  }

  /** @param {State} state @returns {ContactView | null} */
  #contactIn({ contacts }) {
    return contacts.all.get(this.#subject.contact ?? '') ?? null;
  }

  /** @param {State} state */
  show(state) {
    const contact = this.#contactIn(state);
    if (this.#subject.contact !== null && contact === null) {
      queueMicrotask(this.done); // it was deleted, here or elsewhere
      return;
    }
    const ready = state.connection === 'online' && !isOccupied(state);
    const ways = this.#waysOf(contact, state);
    const blocks = blocksOf(state, { contact: contact?.id ?? null, people: ways.map(({ person }) => person) });
    const drawn = JSON.stringify([contact, ready, blocks, dropInAbout(state), ways.map(({ person }) => [canDropIn(state, person), state.activity.has(person)])]);
    if (drawn === this.#drawn || isPressed(this.#body, () => this.show(this.#parts.store.state))) return;
    this.#drawn = drawn;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.does : undefined;
    this.#body.replaceChildren(...this.#draw(contact, ways, ready, blocks));
    if (focused) /** @type {HTMLElement | null} */ (this.#body.querySelector(`[data-does="${focused}"]`))?.focus();
  }

  /** @param {ContactView | null} contact @param {State} state @returns {Way[]} */
  #waysOf(contact, { person }) {
    if (contact) return waysOf(contact, person?.id ?? '');
    const { person: other } = this.#subject;
    return other === null ? [] : [{ person: other, number: { label: '', number: '', person: other, moved: false }, moved: false }];
  }

  /** @param {ContactView | null} contact @param {Way[]} ways @param {boolean} ready @param {string[]} blocks */
  #draw(contact, ways, ready, blocks) {
    const { name } = contact ?? this.#subject;
    const [first] = ways;
    const blocked = blocks.length > 0;
    const direct = first && !first.moved && !blocked ? first : null;
    const about = [contact?.nickname, contact?.organization].filter(Boolean).join(' · ');
    const reach = blocked ? 'card.blocked' : first ? (first.moved ? 'card.moved' : 'card.reachable') : 'card.unreachable';
    const active = direct !== null && this.#parts.store.state.activity.has(direct.person);
    return [
      h(
        'div',
        { class: 'row' },
        avatar(first?.person ?? contact?.id ?? '', name),
        h('div', { class: 'who' }, h('p', {}, about), h('p', { class: direct ? 'about here' : 'about' }, this.#t(reach, { name })), active ? h('p', { class: 'about here active-dot' }, this.#t('activity.recent')) : null),
      ),
      ...(direct ? [this.#calls(direct, name, ready)] : []),
      ...(blocked && !contact ? [h('p', { class: 'hint' }, this.#t('card.blocked.where'))] : []),
      ...(first || blocked ? [] : [button(this.#t('invite.title'), () => openInvite(this.#parts), { icon: 'invite' })]),
      ...(contact && contact.numbers.length > 0 ? [this.#numbers(contact, direct, ready)] : []),
      ...(direct ? this.#dropIn(direct, name) : []),
      this.#deeds(contact, ways, blocks, name),
    ];
  }

  /** @param {Way} way @param {string} name */
  #dropIn({ person }, name) {
    const housemate = livesHere(this.#parts.store.state, person);
    const reopen = () => openCard(this.#parts, this.#subject);
    const part = dropInPart(this.#parts, { person, name, housemate }, { failed: (error) => this.#failed(error), reopen });
    return part === null ? [] : [part];
  }

  /** @param {Way} way @param {string} name @param {boolean} ready */
  #calls({ person }, name, ready) {
    const call = (/** @type {boolean} */ video) => () => placeCall(this.#parts, { to: person, person, name, video });
    const audio = button(this.#t('home.call'), call(false), { icon: 'call', kind: 'call big', attributes: does('call', this.#t('home.call.to', { name })) });
    const video = button(this.#t('home.video'), call(true), { icon: 'video', kind: 'call big', attributes: does('video', this.#t('home.video.to', { name })) });
    const dropIn = () => dropInOn(this.#parts, { to: person, person, name, video: true });
    const door = button(this.#t('drop_in'), dropIn, { icon: 'drop-in', kind: 'call big', attributes: does('drop-in', this.#t('drop_in.to', { name })) });
    door.hidden = !canDropIn(this.#parts.store.state, person);
    const write = () => void this.#parts.openConversation(person).then(this.done, (error) => this.#failed(error));
    const message = button(this.#t('message.open'), write, { icon: 'message', kind: 'call big', attributes: does('message', this.#t('message.open.to', { name })) });
    message.hidden = this.#parts.store.state.own === null;
    audio.disabled = video.disabled = door.disabled = !ready;
    return h('div', { class: 'actions' }, audio, video, door, message);
  }

  /** @param {ContactView} contact @param {Way | null} direct whom the large buttons call @param {boolean} ready */
  #numbers(contact, direct, ready) {
    const rows = contact.numbers.map((number) => {
      const words = h('div', { class: 'who' }, h('p', { class: 'about' }, labelWords(number.label, this.#t)), h('p', {}, spaced(number.number)));
      return h('li', {}, h('div', { class: 'row' }, words, this.#reach(contact, number, direct, ready)), number.moved && number.person ? this.#movedNotice(contact, number) : null);
    });
    return h('ul', { class: 'card-numbers', 'aria-label': this.#t('contact.numbers') }, ...rows);
  }

  /** Behind a number: nobody, whom the large buttons call, or somebody else. @param {ContactView} contact @param {ContactNumber} number @param {Way | null} direct @param {boolean} ready */
  #reach({ name }, { number, person, moved }, direct, ready) {
    if (!person || moved || person === this.#parts.store.state.person?.id) return null;
    if (person === direct?.person) return h('span', { class: 'about here reach' }, icon('check'), h('span', { class: 'visually-hidden' }, this.#t('contacts.reachable')));
    const call = button(this.#t('home.call'), () => placeCall(this.#parts, { to: person, person, name, video: false }), {
      icon: 'call',
      kind: 'call',
      attributes: does(`call-${number}`, this.#t('card.call.number', { number: spaced(number) })),
    });
    call.disabled = !ready;
    return call;
  }

  /** @param {ContactView} contact @param {ContactNumber} number */
  #movedNotice(contact, { number }) {
    const accept = button(this.#t('card.moved.accept'), () => void busy(accept, act, (error) => this.#failed(error)), { kind: '' });
    const act = () => this.#parts.account.contacts.acceptMoved(contact.id, number);
    return h('div', { class: 'notice moved' }, icon('warning'), h('div', { class: 'choices' }, h('p', {}, this.#t('card.moved.text', { name: contact.name })), accept));
  }

  /** @param {ContactView | null} contact @param {Way[]} ways @param {string[]} blocks @param {string} name */
  #deeds(contact, ways, blocks, name) {
    const [way] = ways;
    const source = contact && contact.source !== 'manual' ? h('p', { class: 'hint' }, this.#t(`card.source.${contact.source}`)) : null;
    const own = contact?.source === 'manual' ? [this.#edit(contact), this.#remove(contact)] : [];
    const whom = contact ? { contact: contact.id } : { person: way?.person ?? '' };
    const { state } = this.#parts.store;
    const shared = state.endpoint?.shared === true; // anybody may stand before it
    const mayBe = contact ? hasNumber(contact, state.person?.id ?? '') : way !== undefined && !(shared && livesHere(state, way.person));
    const block = blocks.length > 0 ? [this.#unblock(blocks)] : mayBe ? [this.#block(whom, ways.map(({ person }) => person), name)] : [];
    return h('div', { class: 'deeds' }, source, ...own, ...block, way && !shared ? this.#report(way.person, name) : null);
  }

  /** @param {ContactView} contact */
  #edit(contact) {
    const edit = () => openContactForm(this.#parts, contact);
    return button(this.#t('contact.edit'), edit, { icon: 'pen', kind: 'quiet', attributes: { 'data-does': 'edit' } });
  }

  /** @param {ContactView} contact */
  #remove({ id, name }) {
    const words = { question: this.#t('contact.delete.confirm', { name }), sure: this.#t('contact.delete'), keep: this.#t('devices.keep') };
    const ask = () => this.#ask((back) => confirmation(words, () => this.#parts.account.contacts.remove(id), (error) => this.#failed(error), back));
    const pressed = button(this.#t('contact.delete'), () => ask(), { icon: 'trash', kind: 'quiet', attributes: { 'data-does': 'delete' } });
    return pressed;
  }

  /** @param {{contact: string} | {person: string}} whom @param {readonly string[]} persons who that is @param {string} name */
  #block(whom, persons, name) {
    const words = { question: this.#t('card.block.confirm', { name }), sure: this.#t('card.block'), keep: this.#t('devices.keep') };
    const ask = () =>
      this.#ask((back) => {
        const act = async () => {
          await this.#parts.account.blocks.block(whom, persons);
          back();
        };
        return confirmation(words, act, (error) => this.#failed(error), back);
      });
    return button(this.#t('card.block'), ask, { icon: 'block', kind: 'quiet', attributes: { 'data-does': 'block' } });
  }

  /** @param {string[]} blocks */
  #unblock(blocks) {
    const act = () => this.#parts.account.blocks.unblock(blocks);
    const pressed = button(this.#t('card.unblock'), () => void busy(pressed, act, (error) => this.#failed(error)), {
      icon: 'check',
      kind: 'quiet',
      attributes: { 'data-does': 'block' },
    });
    return pressed;
  }

  /** @param {string} person @param {string} name */
  #report(person, name) {
    return button(this.#t('card.report'), () => openReport(this.#parts, { person, name }), {
      icon: 'flag',
      kind: 'quiet',
      attributes: { 'data-does': 'report' },
    });
  }

  /** A question takes the place of the card, and gives it back. @param {(back: () => void) => HTMLElement} question */
  #ask(question) {
    const does = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.does : undefined;
    const back = () => {
      this.#asked.hidden = true;
      this.#body.hidden = false;
      this.#problem.say('');
      if (does) /** @type {HTMLElement | null} */ (this.#body.querySelector(`[data-does="${does}"]`))?.focus();
    };
    this.#asked.replaceChildren(question(back));
    this.#asked.hidden = false;
    this.#body.hidden = true;
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#problem.say(this.#t(`problem.${codeOf(error)}`));
  }
}

/** @param {string} does finds the button again after the card was drawn anew @param {string} label */
function does(does, label) {
  return { 'data-does': does, 'aria-label': label };
}

/** Whether there is a number by which somebody else could call. @param {ContactView} contact @param {string} self */
function hasNumber({ numbers }, self) {
  return numbers.some(({ number, person }) => isNumber(number) && person !== self);
}
