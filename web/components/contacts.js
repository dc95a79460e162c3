/** The own contacts: searched, filtered, opened, called. */

import { choose, inOrder } from '../contacts/arrange.js';
import { firstWay } from '../contacts/reach.js';
import { blockedOnes, isOccupied } from '../state/state.js';
import { openCard } from './contact-card.js';
import { openContactForm } from './contact-form.js';
import { ContactList } from './contact-list.js';
import { h, setText } from './dom.js';
import { openManage } from './manage.js';
import { button } from './pieces.js';
import { create, View } from './view.js';

/** @import {Item, Placed} from '../contacts/arrange.js' */
/** @import {Contacts as Known} from '../contacts/list.js' */
/** @import {ContactView} from '../protocol.js' */
/** @import {State} from '../state/state.js' */

export class Contacts extends View {
  #search = h('input', { type: 'search', id: 'contact-search', autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'search' });
  #reachable = h('input', { type: 'checkbox', id: 'contact-reachable' });
  #count = h('p', { class: 'hint count', role: 'status' });
  #empty = h('div', { class: 'card empty' });
  #finding = h('div', { class: 'finding', role: 'search' });
  #narrowing = h('div', { class: 'narrowing' });
  #list = /** @type {ContactList} */ (/** @type {unknown} */ (null));
  #known = /** @type {Known['all'] | null} */ (null);
  /** @type {readonly Placed[]} */ #placed = [];
  /** @type {readonly Item[]} */ #items = [];
  #chosen = '';

  /** @override */
  build() {
    this.className = 'page contacts';
    this.#list = create(ContactList, this.parts);
    this.#list.opened = (contact) => this.#open(contact);
    this.#list.called = (contact) => this.#call(contact);
    this.#list.left = () => this.#search.focus();
    this.#search.setAttribute('aria-label', this.t('contacts.search'));
    this.#search.setAttribute('placeholder', this.t('contacts.search'));
    this.#search.addEventListener('input', () => this.#find());
    this.#search.addEventListener('keydown', (event) => this.#key(event));
    this.#reachable.addEventListener('change', () => this.#find());
    this.#finding.append(this.#search);
    this.#narrowing.append(h('label', { class: 'option' }, this.#reachable, h('span', {}, this.t('contacts.reachable'))), this.#count);
    const add = () => openContactForm(this.parts, null);
    const manage = () => openManage(this.parts);
    this.#empty.append(
      h('h2', {}, this.t('contacts.none')),
      h('p', {}, this.t('contacts.none.text')),
      h('div', { class: 'adding' }, button(this.t('contact.add'), add, { icon: 'plus' }), button(this.t('manage.bring'), manage, { icon: 'file' })),
    );
    this.append(
      h(
        'header',
        { class: 'bar' },
        h('h1', {}, this.t('contacts.title')),
        h(
          'div',
          { class: 'row' },
          button(this.t('contact.add'), add, { icon: 'plus', kind: 'quiet' }),
          button(this.t('manage.title'), manage, { icon: 'settings', kind: 'quiet' }),
        ),
      ),
      h('main', {}, this.#finding, this.#narrowing, this.#empty, this.#list),
    );
  }

  /** @override @param {State} state */
  show(state) {
    this.#arrange(state);
    const none = state.contacts.whole && state.contacts.all.size === 0;
    this.#empty.hidden = !none;
    this.#finding.hidden = this.#narrowing.hidden = none;
    setText(this.#count, this.#countWords(state));
    const ready = state.connection === 'online' && !isOccupied(state);
    this.#list.fill(this.#items, { self: state.person?.id ?? '', ready, blocked: blockedOnes(state), active: state.activity });
  }

  /** Nothing is sorted or searched again unless the contacts or what is wanted changed. @param {State} state */
  #arrange({ contacts, person }) {
    const typed = this.#search.value.trim();
    const chosen = `${typed}|${this.#reachable.checked}`;
    if (contacts.all === this.#known && chosen === this.#chosen) return;
    if (contacts.all !== this.#known) this.#placed = inOrder(contacts.all.values(), this.parts.language());
    this.#known = contacts.all;
    this.#chosen = chosen;
    this.#items = choose(this.#placed, { typed, reachable: this.#reachable.checked, self: person?.id ?? '' });
  }

  /** @param {State} state */
  #countWords({ contacts }) {
    if (!contacts.whole) return this.t('contacts.loading');
    const count = this.#items.length;
    if (count === 0) return this.t('contacts.nobody');
    if (count === contacts.all.size) return this.t(count === 1 ? 'contacts.count.one' : 'contacts.count', { count: String(count) });
    return this.t('contacts.found', { count: String(count), all: String(contacts.all.size) });
  }

  #find() {
    this.show(this.parts.store.state);
    if (this.#finding.getBoundingClientRect().top <= 0) this.#list.scrollIntoView({ block: 'start', behavior: 'instant' });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'ArrowDown' || event.key === 'Enter') this.#list.enter();
    else if (event.key === 'Escape' && this.#search.value !== '') {
      this.#search.value = '';
      this.#find();
    } else return;
    event.preventDefault();
  }

  /** Closed again, the keyboard is where it was; of a contact that is gone, where it stood. @param {ContactView} contact */
  #open(contact) {
    const index = this.#list.indexOf(contact.id);
    openCard(this.parts, { contact: contact.id, person: null, name: contact.name }, () => {
      const { state } = this.parts.store;
      if (state.contacts.all.has(contact.id) || !this.isConnected) return;
      this.show(state); // it was still listed
      this.#list.focusAt(index);
    });
  }

  /** A number that moved is asked about first, on the card. @param {ContactView} contact */
  #call(contact) {
    const way = firstWay(contact, this.parts.store.state.person?.id ?? '');
    if (way === null) return;
    if (way.moved) this.#open(contact);
    else void this.parts.calls.place({ to: way.person, person: way.person, name: contact.name, video: false });
  }
}

customElements.define('kith-contacts', Contacts);
