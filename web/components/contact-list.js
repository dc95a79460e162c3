/**
 * The own contacts as a list to read and to scroll, of which only what is near the window is built.
 *
 * With the keyboard it is one stop: arrows go from row to row, a letter to the first that begins so. A screen
 * reader is told how many there are and which this one is. The row that has the focus stays, wherever the
 * window is.
 */

import { OTHER } from '../contacts/arrange.js';
import { firstWay } from '../contacts/reach.js';
import { fold } from '../contacts/search.js';
import { seenBetween, topsOf } from '../contacts/tall.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { avatar, button } from './pieces.js';
import { View } from './view.js';

/** @import {Item} from '../contacts/arrange.js' */
/** @import {ContactView} from '../protocol.js' */

/** Rows above and below the window, so that a quick finger finds them there, in windows. */
const AROUND = 0.75;

/** How many rows a page key goes. */
const PAGE = 8;

/** Whether somebody is in a call already, or the server is out of reach: then nobody can be called. @typedef {{self: string, ready: boolean, blocked: ReadonlySet<string>, active: ReadonlySet<string>}} Standing */

export class ContactList extends View {
  #list = h('ul', { role: 'list' });
  #probe = this.#row();
  /** @type {readonly Item[]} */ #items = [];
  #tops = topsOf([], { row: 1, heading: 1 });
  #sizes = { row: 0, heading: 0 };
  /** @type {Standing} */ #standing = { self: '', ready: false, blocked: new Set(), active: new Set() };
  /** The row that the keyboard is at. */ #active = '';
  #due = false;
  #resized = new ResizeObserver(() => this.#measure());
  #scrolled = () => this.#soon();
  /** @type {(contact: ContactView) => void} */ opened = () => {};
  /** @type {(contact: ContactView) => void} */ called = () => {};
  /** Somebody went up from the first row. */ left = () => {};

  /** @override */
  build() {
    this.#probe.classList.add('probe');
    this.#probe.setAttribute('aria-hidden', 'true');
    this.#probe.inert = true;
    this.append(this.#probe, this.#list);
    this.#list.setAttribute('aria-label', this.t('contacts.title'));
    this.#list.addEventListener('keydown', (event) => this.#key(event));
    this.#list.addEventListener('focusin', ({ target }) => this.#focused(target));
  }

  connectedCallback() {
    for (const part of this.#probe.children) this.#resized.observe(part);
    window.addEventListener('scroll', this.#scrolled, { passive: true });
    window.addEventListener('resize', this.#scrolled, { passive: true });
  }

  disconnectedCallback() {
    this.#resized.disconnect();
    window.removeEventListener('scroll', this.#scrolled);
    window.removeEventListener('resize', this.#scrolled);
  }

  /** @param {readonly Item[]} items @param {Standing} standing */
  fill(items, standing) {
    this.#standing = standing;
    if (items !== this.#items) {
      this.#items = items;
      this.#place();
    } else {
      this.#draw();
    }
  }

  /** Put the keyboard at the first row. */
  enter() {
    this.#go(0, 'open');
  }

  /** Put the keyboard where a contact is, or was. @param {number} index */
  focusAt(index) {
    this.#go(Math.min(index, this.#items.length - 1), 'open');
  }

  /** @param {string} id */
  indexOf(id) {
    return this.#items.findIndex(({ contact }) => contact.id === id);
  }

  // -- what is drawn ---------------------------------------------------------------------------------

  #measure() {
    const [heading, row] = /** @type {[HTMLElement, HTMLElement]} */ ([...this.#probe.children]);
    const sizes = { heading: heading.offsetHeight, row: row.offsetHeight };
    if (sizes.row === 0 || (sizes.row === this.#sizes.row && sizes.heading === this.#sizes.heading)) return;
    this.#sizes = sizes;
    this.#place();
  }

  #place() {
    this.#tops = topsOf(this.#items, this.#sizes);
    this.#list.style.height = `${this.#tops.at(-1) ?? 0}px`;
    this.#draw();
  }

  /** At most once for each frame that is seen. */
  #soon() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    if (this.#sizes.row === 0 || !this.isConnected) return;
    const above = -this.#list.getBoundingClientRect().top;
    const around = window.innerHeight * AROUND;
    const [first, last] = seenBetween(this.#tops, above - around, above + window.innerHeight + around);
    const indexes = Array.from({ length: last - first }, (_, offset) => first + offset);
    const held = this.#list.contains(document.activeElement) ? this.indexOf(this.#active) : -1;
    if (held !== -1 && (held < first || held >= last)) indexes.push(held);
    indexes.sort((one, other) => one - other);
    const stop = this.#stop(indexes, above);
    keyed(this.#list, indexes, (index) => this.#at(index).contact.id, () => this.#row(), (row, index) => this.#fillRow(row, index, index === stop));
  }

  /** The row that the tabulator comes to: where it was, else the first in sight. @param {readonly number[]} indexes @param {number} above */
  #stop(indexes, above) {
    const active = this.indexOf(this.#active);
    if (indexes.includes(active)) return active;
    return indexes.find((index) => (this.#tops[index] ?? 0) >= above) ?? indexes[0] ?? -1;
  }

  /** @param {number} index @returns {Item} */
  #at(index) {
    return /** @type {Item} */ (this.#items[index]);
  }

  /** @returns {HTMLLIElement} */
  #row() {
    const open = h('button', { type: 'button', class: 'open' }, h('span', { class: 'avatar' }), h('span', { class: 'who' }, h('span', { class: 'name' }, '\u00a0'), h('span', { class: 'about' })));
    const call = button('', () => {}, { icon: 'call', kind: 'call bare' });
    const row = h('li', {}, h('h2', { class: 'letter' }, '\u00a0'), h('div', { class: 'line' }, open, call));
    const contact = () => this.#items[this.indexOf(row.dataset.key ?? '')]?.contact;
    open.addEventListener('click', () => this.#does(this.opened, contact()));
    call.addEventListener('click', () => this.#does(this.called, contact()));
    return row;
  }

  /** @param {(contact: ContactView) => void} act @param {ContactView | undefined} contact */
  #does(act, contact) {
    if (contact) act(contact);
  }

  /** @param {HTMLElement} row @param {number} index @param {boolean} stop */
  #fillRow(row, index, stop) {
    const { contact, heading } = this.#at(index);
    setAttribute(row, 'aria-posinset', index + 1);
    setAttribute(row, 'aria-setsize', this.#items.length);
    row.style.transform = `translateY(${this.#tops[index]}px)`;
    const [letter, line] = /** @type {[HTMLElement, HTMLElement]} */ ([...row.children]);
    const [open, call] = /** @type {HTMLCollectionOf<HTMLButtonElement>} */ (line.children);
    if (!open || !call) return;
    letter.hidden = heading === null;
    setText(letter, heading === OTHER ? this.t('contacts.other') : heading ?? '');
    open.tabIndex = call.tabIndex = stop ? 0 : -1;
    const about = contact.nickname || contact.organization;
    const way = firstWay(contact, this.#standing.self);
    const active = way !== null && this.#standing.active.has(way.person);
    const drawn = `${contact.name}|${about}|${way?.person}|${active}`;
    if (open.dataset.drawn !== drawn) {
      open.dataset.drawn = drawn;
      const [face, who] = open.children;
      face?.replaceWith(avatar(way?.person ?? contact.id, contact.name));
      who?.replaceChildren(h('span', { class: 'name' }, contact.name), active ? h('span', { class: 'about here active-dot' }, this.t('activity.recent')) : h('span', { class: 'about' }, about));
    }
    const { blocked } = this.#standing;
    call.hidden = way === null || blocked.has(way.person) || blocked.has(contact.id);
    call.disabled = !this.#standing.ready;
    setAttribute(call, 'aria-label', this.t('home.call.to', { name: contact.name }));
  }

  // -- the keyboard ----------------------------------------------------------------------------------

  /** @param {EventTarget | null} target */
  #focused(target) {
    const row = target instanceof Element ? target.closest('li') : null;
    if (row?.dataset.key) this.#active = row.dataset.key;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const from = this.indexOf(this.#active);
    const column = event.target instanceof Element && event.target.matches('.call') ? 'call' : 'open';
    const to = from + (STEPS[event.key] ?? 0);
    if (event.key === 'Home') this.#go(0, column);
    else if (event.key === 'End') this.#go(this.#items.length - 1, column);
    else if (event.key === 'ArrowUp' && from <= 0) this.left();
    else if (event.key in STEPS) this.#go(Math.max(0, Math.min(to, this.#items.length - 1)), column);
    else if (event.key === 'ArrowRight') this.#go(from, 'call');
    else if (event.key === 'ArrowLeft') this.#go(from, 'open');
    else if (!this.#letter(event.key)) return;
    event.preventDefault();
  }

  /** @param {string} key @returns {boolean} whether it was one */
  #letter(key) {
    if ([...key].length !== 1 || key === ' ') return false;
    const index = this.#items.findIndex(({ contact }) => fold(contact.name).startsWith(fold(key)));
    if (index !== -1) this.#go(index, 'open');
    return true;
  }

  /** @param {number} index @param {'open' | 'call'} column */
  #go(index, column) {
    const item = this.#items[index];
    if (!item) return;
    this.#active = item.contact.id;
    const top = this.#list.getBoundingClientRect().top + (this.#tops[index] ?? 0);
    const height = (this.#tops[index + 1] ?? 0) - (this.#tops[index] ?? 0);
    const { above, below } = this.#covered();
    if (top < above) window.scrollBy({ top: top - above, behavior: 'instant' });
    else if (top + height > below) window.scrollBy({ top: top + height - below, behavior: 'instant' });
    this.#draw();
    const row = this.#list.querySelector(`[data-key="${item.contact.id}"]`);
    const wanted = row?.querySelector(column === 'call' ? '.call:not([hidden], :disabled)' : '.open') ?? row?.querySelector('.open');
    if (wanted instanceof HTMLElement) wanted.focus({ preventScroll: true });
  }

  /** The part of the window that nothing lies over: the search stays above, the tabs may be below. */
  #covered() {
    const finding = this.parentElement?.querySelector('.finding')?.getBoundingClientRect();
    const tabs = document.querySelector('kith-tabs')?.getBoundingClientRect();
    const low = tabs && tabs.top > window.innerHeight / 2 ? tabs.top : window.innerHeight;
    return { above: Math.max(0, finding?.bottom ?? 0), below: low };
  }
}

/** @type {Readonly<Record<string, number>>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };

customElements.define('kith-contact-list', ContactList);
