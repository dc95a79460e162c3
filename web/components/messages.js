/** Messages: with whom, what was said last, what was not read; and one conversation. Fetched when it is opened first. */

import { search } from '../messages/search.js';
import { blockedOnes, callablePeople, livesHere } from '../state/state.js';
import { Conversation } from './conversation.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { avatar, button } from './pieces.js';
import { showConversation, showTab } from './tabs.js';
import { whenWords } from './when.js';
import { create, View } from './view.js';

/** @import {State} from '../state/state.js' */
/** @import {Conversation as Listed} from '../messages/conversations.js' */
/** @import {Messages as Engine} from '../messages/messages.js' */
/** @import {Found} from '../messages/search.js' */

const MOST_FOUND = 50;
const SNIPPET = 90; // characters: what two lines hold

await styled('/styles/messages.css');

export class Messages extends View {
  #search = h('input', { type: 'search', id: 'message-search', autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'search' });
  #said = h('p', { class: 'hint', role: 'status' });
  #list = h('ul', { class: 'conversations' });
  #found = h('ul', { class: 'conversations found', hidden: true });
  #none = h('div', { class: 'card empty', hidden: true });
  #contacts = button('', () => showTab(this.parts, 'contacts'), { icon: 'people' });
  #people = h('ul', { class: 'conversations' });
  #others = h('section', { class: 'others', hidden: true });
  #conversation = /** @type {Conversation} */ (/** @type {unknown} */ (null));
  #engine = /** @type {Engine | null} */ (null);
  #stop = () => {};
  #searching = new AbortController();

  /** @override */
  build() {
    this.className = 'page messages';
    for (const name of ['aria-label', 'placeholder']) this.#search.setAttribute(name, this.t('messages.search'));
    this.#search.addEventListener('input', () => void this.#find());
    this.#list.setAttribute('aria-label', this.t('messages.title'));
    this.#found.setAttribute('aria-label', this.t('messages.found.title'));
    setText(/** @type {Element} */ (this.#contacts.querySelector('.label')), this.t('tabs.contacts'));
    this.#none.append(h('h2', {}, this.t('messages.none')), h('p', {}, this.t('messages.none.text')), h('div', { class: 'adding' }, this.#contacts));
    const title = h('h2', { id: 'messages-others' }, this.t('messages.others'));
    this.#people.setAttribute('aria-labelledby', title.id);
    this.#others.append(title, this.#people);
    this.#conversation = create(Conversation, this.parts);
    const overview = h(
      'div',
      { class: 'overview' },
      h('header', { class: 'bar' }, h('h1', {}, this.t('messages.title'))),
      h('div', { class: 'finding', role: 'search' }, this.#search),
      this.#said,
      this.#none,
      this.#list,
      this.#others,
      this.#found,
    );
    this.append(h('main', { class: 'panes' }, overview, this.#conversation));
    void this.#begin();
  }

  async #begin() {
    this.#engine = await this.parts.messages();
    this.#stop = this.#engine.listen(() => this.#draw());
    if (!this.isConnected) this.#stop();
    this.#conversation.begin(this.#engine);
    this.show(this.parts.store.state);
  }

  disconnectedCallback() {
    this.#stop();
    this.#searching.abort();
    this.#conversation.leave();
  }

  /** @override @param {State} state */
  show(state) {
    this.classList.toggle('one', state.conversation !== null);
    this.#draw();
    this.#conversation.show(state);
  }

  #draw() {
    const engine = this.#engine;
    if (engine === null) return;
    const listed = engine.conversations.listed;
    const typed = this.#search.value.trim();
    this.#none.hidden = listed.length > 0;
    this.#search.hidden = listed.length === 0;
    this.#list.hidden = typed !== '';
    this.#found.hidden = typed === '';
    keyed(this.#list, listed, ({ view }) => view.with, () => this.#row(), (row, one) => this.#fill(row, one, engine));
    this.#drawOthers(new Set(listed.map(({ view }) => view.with)), typed === '');
  }

  /** Those at home with whom there is no conversation yet. @param {ReadonlySet<string>} known @param {boolean} shown */
  #drawOthers(known, shown) {
    const { state } = this.parts.store;
    const blocked = blockedOnes(state);
    const others = callablePeople(state, this.parts.language()).filter(({ id }) => livesHere(state, id) && !known.has(id) && !blocked.has(id));
    this.#others.hidden = !shown || others.length === 0;
    this.#contacts.hidden = state.own?.child === true;
    keyed(this.#people, others, ({ id }) => id, () => this.#row(), (row, { id, name }) => {
      const open = /** @type {HTMLButtonElement} */ (row.firstElementChild);
      setAttribute(open, 'aria-current', id === state.conversation ? 'true' : null);
      if (open.dataset.drawn === name) return;
      open.dataset.drawn = name;
      setAttribute(open, 'aria-label', this.t('message.open.to', { name }));
      open.querySelector('.avatar')?.replaceWith(avatar(id, name));
      setText(/** @type {Element} */ (open.querySelector('.name')), name);
    });
  }

  /** @returns {HTMLLIElement} */
  #row() {
    const words = h('span', { class: 'who' }, h('span', { class: 'name' }), h('span', { class: 'about' }));
    const side = h('span', { class: 'side' }, h('time', {}), h('span', { class: 'badge' }));
    const open = h('button', { type: 'button', class: 'open' }, h('span', { class: 'avatar' }), words, side);
    const row = h('li', {}, open);
    open.addEventListener('click', () => showConversation(this.parts, row.dataset.key ?? ''));
    return row;
  }

  /** @param {HTMLElement} row @param {Listed} one @param {Engine} engine */
  #fill(row, { view, newest, unread }, engine) {
    const name = engine.nameOf(view.with);
    const when = whenWords(view.at * 1_000, Date.now(), this.parts.language(), this.parts.translate());
    const waits = engine.outbox.to(view.with).length > 0;
    const said = waits ? this.t('messages.waits') : newest === null ? '' : this.#snippet(newest);
    const open = /** @type {HTMLButtonElement} */ (row.firstElementChild);
    setAttribute(open, 'aria-current', view.with === this.parts.store.state.conversation ? 'true' : null);
    const drawn = JSON.stringify([name, when, said, unread]);
    if (open.dataset.drawn === drawn) return;
    open.dataset.drawn = drawn;
    open.classList.toggle('unread', unread > 0);
    open.querySelector('.avatar')?.replaceWith(avatar(view.with, name));
    setText(/** @type {Element} */ (open.querySelector('.name')), name);
    setText(/** @type {Element} */ (open.querySelector('.about')), said);
    const time = /** @type {Element} */ (open.querySelector('time'));
    setAttribute(time, 'datetime', new Date(view.at * 1_000).toISOString());
    setText(time, when);
    const badge = /** @type {Element} */ (open.querySelector('.badge'));
    badge.replaceChildren(...(unread > 0 ? [h('span', { 'aria-hidden': 'true' }, String(unread)), h('span', { class: 'visually-hidden' }, this.t(unread === 1 ? 'messages.unread.one' : 'messages.unread', { count: String(unread) }))] : []));
  }

  /** @param {NonNullable<Listed['newest']>} item */
  #snippet({ mine, text, voice }) {
    const said = text === undefined ? this.t('messages.voice', { length: lengthOf(voice?.seconds ?? 0) }) : shortened(text);
    return mine ? this.t('messages.mine', { text: said }) : said;
  }

  // -- looking for something --------------------------------------------------------------------------

  async #find() {
    this.#searching.abort();
    this.#searching = new AbortController();
    const { signal } = this.#searching;
    const typed = this.#search.value.trim();
    this.#draw();
    if (typed === '' || this.#engine === null) {
      setText(this.#said, '');
      return;
    }
    const engine = this.#engine;
    const found = await search(typed, engine.conversations.listed.map(({ view }) => view.with), MOST_FOUND, signal);
    if (signal.aborted) return;
    this.#found.replaceChildren(...found.map((one) => this.#hit(one, engine)));
    setText(this.#said, found.length === 0 ? this.t('messages.found.none') : this.t(found.length === 1 ? 'messages.found.one' : 'messages.found', { count: String(found.length) }));
  }

  /** @param {Found} found @param {Engine} engine */
  #hit({ item, words }, engine) {
    const name = engine.nameOf(item.with);
    const when = whenWords(item.at, Date.now(), this.parts.language(), this.parts.translate());
    const about = item.mine ? this.t('messages.mine', { text: shortened(words) }) : shortened(words);
    const row = h(
      'button',
      { type: 'button', class: 'open' },
      avatar(item.with, name),
      h('span', { class: 'who' }, h('span', { class: 'name' }, name), h('span', { class: 'about' }, about)),
      h('span', { class: 'side' }, h('time', { datetime: new Date(item.at).toISOString() }, when)),
    );
    row.addEventListener('click', () => {
      this.#conversation.goTo(item.seq);
      showConversation(this.parts, item.with);
      this.#conversation.show(this.parts.store.state);
    });
    return h('li', {}, row);
  }
}

/** @param {string} text */
function shortened(text) {
  const line = text.replace(/\s+/gu, ' ').trim();
  const characters = [...line];
  return characters.length > SNIPPET ? `${characters.slice(0, SNIPPET).join('')}…` : line;
}

/** @param {number} seconds */
export function lengthOf(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** The style sheet of these screens; what they look like without it nobody should see. @param {string} href @returns {Promise<void>} */
function styled(href) {
  const link = h('link', { rel: 'stylesheet', href });
  return new Promise((resolve) => {
    link.onload = link.onerror = () => resolve();
    document.head.append(link);
  });
}

customElements.define('kith-messages', Messages);
