/**
 * A conversation to read and to scroll, of which only what is near the window is built, however long it is.
 *
 * How tall a row is nobody knows before it is built: until then it counts as tall as the others are on average. What is
 * being read stays where it is when a row above it turns out to be taller; whoever reads the end stays at the end.
 */

import { seenBetween } from '../contacts/tall.js';
import { h, keyed, setAttribute } from './dom.js';
import { MessageRow } from './message-row.js';
import { View } from './view.js';

/** @import {Entry} from './message-row.js' */
/** @import {Messages} from '../messages/messages.js' */
/** @import {Shown} from '../messages/messages.js' */

/** Rows above and below the window, in windows. */
const AROUND = 0.75;
/** Messages that are read from the disk together. */
const PAGE = 50;
/** How many are read beyond those that are built: a finger is quicker than a disk that has much to do. */
const AHEAD = 100;
/** What a row is taken for before any was seen. */
const FIRST_GUESS = 84;
/** As far from the end one is still at the end. */
const NEAR = 48;

export class MessageList extends View {
  #rows = h('ul', { role: 'list', class: 'rows' });
  #engine = /** @type {Messages | null} */ (null);
  #other = '';
  /** @type {readonly number[]} */ #numbers = [];
  /** @type {readonly Entry[]} those that are not sent yet */ #unsent = [];
  /** @type {Map<number, Shown>} by number */ #items = new Map();
  /** @type {Set<number>} */ #fetched = new Set();
  /** @type {Map<string, number>} by key */ #heights = new Map();
  #average = FIRST_GUESS;
  #tops = new Float64Array(1);
  #width = 0;
  #atEnd = true;
  #due = false;
  /** The row that the keyboard is at. */ #active = '';
  /** Behind which everything was new when it was opened; and the first of that. */ #readBefore = Infinity;
  #firstNew = Infinity;
  /** A message that was looked for. */ #wanted = /** @type {number | null} */ (null);
  #resized = new ResizeObserver((entries) => this.#measured(entries));
  #turn = Promise.resolve();

  /** @override */
  build() {
    this.append(this.#rows);
    this.tabIndex = -1;
    this.#rows.setAttribute('aria-label', this.t('messages.said'));
    this.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#rows.addEventListener('keydown', (event) => this.#key(event));
    this.#rows.addEventListener('focusin', ({ target }) => this.#focused(target));
  }

  connectedCallback() {
    this.#resized.observe(this);
  }

  disconnectedCallback() {
    this.#resized.disconnect();
  }

  /** @param {Messages} engine @param {string} other @param {{readBefore: number, wanted: number | null}} from */
  open(engine, other, { readBefore, wanted }) {
    this.#engine = engine;
    this.#other = other;
    this.#numbers = [];
    this.#unsent = [];
    this.#items.clear();
    this.#fetched.clear();
    this.#heights.clear();
    this.#average = FIRST_GUESS;
    this.#readBefore = readBefore;
    this.#firstNew = Infinity;
    this.#wanted = wanted;
    this.#atEnd = true;
    this.#active = '';
    this.#rows.replaceChildren();
    return this.refresh();
  }

  /** Something about this conversation is another. */
  refresh() {
    this.#turn = this.#turn.then(() => this.#refresh()).catch(() => {}); // the page is going away
    return this.#turn;
  }

  /** What was looked for. @param {number} seq */
  goTo(seq) {
    this.#wanted = seq;
    return this.refresh();
  }

  /** Whoever says something sees it. */
  toEnd() {
    this.#atEnd = true;
    this.#restore(null);
    this.#soon();
  }

  /** How many messages there are. */
  get count() {
    return this.#numbers.length + this.#unsent.length;
  }

  async #refresh() {
    const [engine, other] = [this.#engine, this.#other];
    if (engine === null) return;
    const numbers = await engine.numbers(other);
    if (other !== this.#other) return;
    const anchor = this.#anchor();
    this.#numbers = numbers;
    this.#unsent = engine.outbox.to(other).map((outgoing) => ({ key: outgoing.id, outgoing }));
    this.#fetched.clear();
    await this.#fetch(...this.#near());
    if (other !== this.#other) return;
    this.#place();
    if (this.#wanted !== null) await this.#show(this.#wanted);
    else this.#restore(anchor);
    this.#draw();
  }

  // -- which rows there are ----------------------------------------------------------------------------

  /** @param {number} index */
  #keyAt(index) {
    const { length } = this.#numbers;
    return index < length ? String(this.#numbers[index]) : (this.#unsent[index - length]?.key ?? '');
  }

  /** @param {string} key */
  #indexOf(key) {
    const unsent = this.#unsent.findIndex((entry) => entry.key === key);
    if (unsent !== -1) return this.#numbers.length + unsent;
    const wanted = Number(key);
    let [low, high] = [0, this.#numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#numbers[low] === wanted ? low : -1;
  }

  /** What a row shows; null while it is not read from the disk. @param {number} index @returns {Entry | null} */
  #entry(index) {
    const { length } = this.#numbers;
    if (index >= length) return this.#unsent[index - length] ?? null;
    const item = this.#items.get(this.#numbers[index] ?? -1);
    return item ? { key: String(item.seq), item } : null;
  }

  /** The rows in and around the window. @returns {[number, number]} */
  #near() {
    const height = this.clientHeight || window.innerHeight;
    const top = this.#atEnd && this.#wanted === null ? this.#total : this.scrollTop;
    return seenBetween(this.#tops, top - height * (1 + AROUND), top + height * (1 + AROUND));
  }

  get #total() {
    return this.#tops.at(-1) ?? 0;
  }

  /** @param {number} first @param {number} last the first that is not wanted */
  async #fetch(first, last) {
    const engine = this.#engine;
    const other = this.#other;
    const newest = this.#numbers.length;
    if (engine === null || newest === 0) return false;
    // Before anything was placed the end is where somebody reads.
    const [from, to] = this.#tops.length < 2 ? [newest - 1, newest] : [Math.max(0, first - AHEAD), Math.min(last + AHEAD, newest)];
    const pages = [];
    for (let page = Math.floor(from / PAGE); page * PAGE < to; page += 1) if (!this.#fetched.has(page)) pages.push(page);
    for (const page of pages) this.#fetched.add(page);
    await Promise.all(pages.map(async (page) => {
      const [start, end] = [this.#numbers[page * PAGE], this.#numbers[Math.min((page + 1) * PAGE, newest) - 1]];
      if (start === undefined || end === undefined) return;
      const items = await engine.page(other, start, end);
      if (other !== this.#other) return;
      for (const item of items) {
        this.#items.set(item.seq, item);
        if (!item.mine && item.seq > this.#readBefore) this.#firstNew = Math.min(this.#firstNew, item.seq);
      }
    }));
    return pages.length > 0;
  }

  // -- where they are ----------------------------------------------------------------------------------

  #place() {
    const { count } = this;
    const tops = new Float64Array(count + 1);
    for (let index = 0; index < count; index += 1) tops[index + 1] = (tops[index] ?? 0) + (this.#heights.get(this.#keyAt(index)) ?? this.#average);
    this.#tops = tops;
    this.#rows.style.height = `${this.#total}px`;
  }

  /** What is being read: the first row in sight, and where it stands. @returns {{key: string, offset: number} | null} */
  #anchor() {
    if (this.#atEnd || this.count === 0) return null;
    const [first] = seenBetween(this.#tops, this.scrollTop, this.scrollTop);
    return { key: this.#keyAt(first), offset: this.scrollTop - (this.#tops[first] ?? 0) };
  }

  /** @param {{key: string, offset: number} | null} anchor */
  #restore(anchor) {
    const index = anchor === null ? -1 : this.#indexOf(anchor.key);
    const top = anchor === null || index === -1 ? this.#total : (this.#tops[index] ?? 0) + anchor.offset;
    if (anchor !== null && index === -1) return;
    if (Math.abs(this.scrollTop - top) >= 1) this.scrollTo({ top: top, behavior: 'instant' });
  }

  /** @param {readonly ResizeObserverEntry[]} entries */
  #measured(entries) {
    const anchor = this.#anchor();
    let moved = false;
    for (const { target, borderBoxSize } of entries) {
      if (target === this) {
        moved = this.#widened() || moved;
        continue;
      }
      if (!target.isConnected) {
        this.#resized.unobserve(target);
        continue;
      }
      const key = target instanceof HTMLElement ? (target.dataset.key ?? '') : '';
      const height = borderBoxSize[0]?.blockSize ?? 0;
      if (height === 0 || Math.abs((this.#heights.get(key) ?? 0) - height) < 0.5) continue;
      this.#heights.set(key, height);
      moved = true;
    }
    if (!moved) return;
    this.#estimate();
    this.#place();
    this.#restore(anchor);
    this.#move();
    this.#soon();
  }

  /** In another width every row has another height; and at the end one stays at the end. */
  #widened() {
    if (this.clientWidth !== this.#width) {
      this.#width = this.clientWidth;
      this.#heights.clear();
      for (const row of this.#rows.children) {
        this.#resized.unobserve(row);
        this.#resized.observe(row);
      }
    }
    return true;
  }

  #estimate() {
    let sum = 0;
    for (const height of this.#heights.values()) sum += height;
    if (this.#heights.size > 0) this.#average = sum / this.#heights.size;
  }

  // -- what is drawn -----------------------------------------------------------------------------------

  #scrolled() {
    this.#atEnd = this.scrollTop + this.clientHeight >= this.#total - NEAR;
    this.#soon();
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
    if (!this.isConnected || this.#engine === null) return;
    const height = this.clientHeight;
    const [first, last] = seenBetween(this.#tops, this.scrollTop - height * AROUND, this.scrollTop + height * (1 + AROUND));
    void this.#fetch(first, last).then((more) => more && this.#soon());
    const indexes = Array.from({ length: last - first }, (_, offset) => first + offset);
    const held = this.#rows.contains(document.activeElement) ? this.#indexOf(this.#active) : -1;
    if (held !== -1 && (held < first || held >= last)) indexes.push(held);
    indexes.sort((one, other) => one - other);
    const known = indexes.filter((index) => this.#entry(index) !== null);
    const stop = known.includes(this.#indexOf(this.#active)) ? this.#indexOf(this.#active) : (known.at(-1) ?? -1);
    keyed(this.#rows, known, (index) => this.#keyAt(index), () => this.#made(), (row, index) => this.#fill(row, index, index === stop));
  }

  #made() {
    const row = new MessageRow();
    row.parts = this.parts;
    this.#resized.observe(row.element);
    rows.set(row.element, row);
    return row.element;
  }

  /** @param {HTMLElement} element @param {number} index @param {boolean} stop */
  #fill(element, index, stop) {
    const entry = /** @type {Entry} */ (this.#entry(index));
    const before = index === 0 ? null : this.#entry(index - 1);
    const view = /** @type {Messages} */ (this.#engine).conversations.viewOf(this.#other);
    const fresh = entry.item !== undefined && entry.item.seq === this.#firstNew;
    setAttribute(element, 'aria-posinset', index + 1);
    setAttribute(element, 'aria-setsize', this.count);
    setAttribute(element, 'tabindex', stop ? 0 : -1);
    element.style.transform = `translateY(${this.#tops[index]}px)`;
    rows.get(element)?.show(entry, { before, fresh, view, engine: /** @type {Messages} */ (this.#engine), stop });
  }

  /** Rows that are there already take their places, before the frame is seen. */
  #move() {
    for (const row of /** @type {HTMLCollectionOf<HTMLElement>} */ (this.#rows.children)) {
      row.style.transform = `translateY(${this.#tops[this.#indexOf(row.dataset.key ?? '')] ?? 0}px)`;
    }
  }

  /** Go to a message, and tell which it is. @param {number} seq */
  async #show(seq) {
    const index = this.#indexOf(String(seq));
    this.#wanted = null;
    if (index === -1) return;
    this.#atEnd = false;
    await this.#fetch(index, index + 1);
    this.scrollTo({ top: Math.max(0, (this.#tops[index] ?? 0) - this.clientHeight / 3), behavior: 'instant' });
    this.#active = this.#keyAt(index);
    this.#draw();
    const row = this.#rows.querySelector(`[data-key="${seq}"]`);
    if (row instanceof HTMLElement) {
      row.focus({ preventScroll: true });
      row.classList.add('pointed');
      setTimeout(() => row.classList.remove('pointed'), 2_000);
    }
  }

  // -- the keyboard ------------------------------------------------------------------------------------

  /** @param {EventTarget | null} target */
  #focused(target) {
    const row = target instanceof Element ? target.closest('li') : null;
    if (row?.dataset.key && row.dataset.key !== this.#active) {
      this.#active = row.dataset.key;
      this.#soon();
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
    const from = this.#indexOf(this.#active);
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (steps === undefined || from === -1) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(this.count - 1, from + steps));
    void this.#go(to);
  }

  /** @param {number} index */
  async #go(index) {
    await this.#fetch(index, index + 1);
    const [top, bottom] = [this.#tops[index] ?? 0, this.#tops[index + 1] ?? 0];
    if (top < this.scrollTop) this.scrollTo({ top: top, behavior: 'instant' });
    else if (bottom > this.scrollTop + this.clientHeight) this.scrollTo({ top: bottom - this.clientHeight, behavior: 'instant' });
    this.#active = this.#keyAt(index);
    this.#draw();
    const row = this.#rows.querySelector(`[data-key="${this.#active}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  }
}

/** What fills an element that is in the page. @type {WeakMap<HTMLElement, MessageRow>} */
const rows = new WeakMap();

customElements.define('kith-message-list', MessageList);
