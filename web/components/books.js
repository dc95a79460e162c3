/** Address books elsewhere: linked after what that means was read, looked at anew, unlinked. */

import { codeOf, ProblemError } from '../session/problem.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine, busy, button, field, form } from './pieces.js';
import { askedDeed, isAsking, ownRow, thingFace } from './rows.js';

/** @import {BookView} from '../protocol.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** What somebody should know before: how much fits, what it costs, whom it does not help to reach, what goes where. */
const TERMS = ['books.terms.what', 'books.terms.limit', 'books.terms.cost', 'books.terms.emergency', 'books.terms.password'];

/** @param {Parts} parts */
export function openBooks(parts) {
  const t = parts.translate();
  const list = new BookList(parts);
  const dialog = openDialog(t('books.title'), t, list.element);
  dialog.addEventListener('close', parts.store.subscribe((state) => list.show(state)));
  void list.load();
}

class BookList {
  #parts;
  #t;
  #problem = alertLine();
  #said = h('p', { class: 'hint', role: 'status' });
  #list = h('ul');
  #more = h('div', { class: 'choices' });
  #shown = /** @type {State['books'] | null} */ (null);
  element = h('div', { class: 'choices' }, this.#problem.element, this.#said, this.#list, this.#more);

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
  }

  async load() {
    try {
      this.#parts.store.dispatch({ t: 'books', books: await this.#parts.account.books.list() });
      this.#offer();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {State} state */
  show({ books }) {
    if (books === null || books === this.#shown || isAsking(this.#list)) return;
    this.#shown = books;
    this.#list.replaceChildren(...books.map((book) => this.#row(book)));
  }

  // -- linking ---------------------------------------------------------------------------------------

  #offer() {
    const link = button(this.#t('books.link'), () => this.#terms(), { icon: 'plus', kind: 'wide' });
    this.#more.replaceChildren(link);
  }

  /** Nothing is linked before this was read. */
  #terms() {
    this.#say('');
    const read = button(this.#t('books.terms.read'), () => this.#form(), { kind: 'primary wide' });
    const keep = button(this.#t('devices.keep'), () => this.#offer(), { kind: 'quiet wide' });
    const lines = TERMS.map((key) => h('li', {}, this.#t(key)));
    this.#more.replaceChildren(h('h3', {}, this.#t('books.terms.title')), h('ul', { class: 'terms' }, ...lines), read, keep);
    this.#more.querySelector('h3')?.scrollIntoView({ block: 'nearest' });
    read.focus();
  }

  #form() {
    const url = field(this.#t('books.url'), { id: 'book-url', type: 'url', inputmode: 'url', autocomplete: 'off', maxlength: 2_000 }, this.#t('books.url.hint'));
    const account = field(this.#t('books.account'), { id: 'book-account', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: 256 });
    const password = field(this.#t('books.password'), { id: 'book-password', type: 'password', autocomplete: 'off', maxlength: 256 }, this.#t('books.password.hint'));
    const submit = button(this.#t('books.link.now'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    const inputs = [url.input, account.input, password.input];
    const link = async () => {
      const typed = url.input.value.trim();
      const address = /^\w+:/.test(typed) ? typed : `https://${typed}`;
      await this.#parts.account.books.link({ url: address, account: account.input.value.trim(), password: password.input.value });
      this.#say(this.#t('books.linked'));
      await this.load();
    };
    const submitted = () => {
      const empty = inputs.find(({ value }) => value.trim() === '');
      for (const input of inputs) input.toggleAttribute('aria-invalid', input === empty);
      this.#problem.say(empty ? this.#t('field.missing') : '');
      if (empty) empty.focus();
      else void busy(submit, link, (error) => this.#failed(error));
    };
    this.#more.replaceChildren(
      form(submitted, url.element, account.element, password.element, submit, button(this.#t('devices.keep'), () => this.#offer(), { kind: 'quiet wide' })),
    );
    url.input.focus();
  }

  // -- what is linked --------------------------------------------------------------------------------

  /** @param {BookView} book */
  #row(book) {
    const { id, name } = book;
    const row = ownRow(
      { face: thingFace('book'), name, about: this.#about(book), lively: book.problem === null && book.synced !== null },
      this.#unlinkDeed(book),
    );
    const look = button(this.#t('books.sync'), () => void busy(look, () => this.#parts.account.books.sync(id), (error) => this.#failed(error)), {
      icon: 'refresh',
      kind: 'quiet',
      attributes: { 'aria-label': this.#t('books.sync.of', { name }) },
    });
    row.querySelector('.actions')?.prepend(look);
    return row;
  }

  /** @param {BookView} book */
  #about({ contacts, synced, problem, left, account }) {
    const count = this.#t('books.count', { count: String(contacts), account });
    if (left !== null) return `${count} · ${this.#t('books.left', { count: String(left) })}`;
    if (problem !== null) return `${count} · ${this.#t(`problem.${problem}`)}`;
    if (synced === null) return this.#t('books.coming');
    const now = Date.now();
    const time = new Intl.DateTimeFormat(this.#parts.language(), { timeStyle: 'short' }).format(synced * 1_000);
    return `${count} · ${this.#t('books.synced', { when: dayWords(synced, now, this.#parts.language(), this.#t), time })}`;
  }

  /** @param {BookView} book */
  #unlinkDeed({ id, name, contacts }) {
    const words = {
      text: this.#t('books.unlink'),
      of: this.#t('books.unlink.of', { name }),
      icon: 'close',
      question: this.#t('books.unlink.confirm', { name, count: String(contacts) }),
      keep: this.#t('devices.keep'),
    };
    const unlink = async (/** @type {() => void} */ back) => {
      await this.#parts.account.books.unlink(id);
      back();
      this.#say(this.#t('books.unlinked', { name }));
      this.show(this.#parts.store.state);
    };
    return askedDeed(words, unlink, (error) => this.#failed(error));
  }

  /** @param {string} text */
  #say(text) {
    this.#problem.say('');
    setText(this.#said, text);
  }

  /** @param {unknown} error */
  #failed(error) {
    const elsewhere = error instanceof ProblemError ? error.data['elsewhere'] : undefined;
    if (typeof elsewhere === 'string') this.#problem.say(this.#t('books.elsewhere', { address: elsewhere }));
    else this.#problem.say(this.#t(`problem.${codeOf(error)}`));
  }
}
