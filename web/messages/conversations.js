/**
 * With whom messages were exchanged, and how far: the server's views, as they were kept, and what is on disk of each.
 *
 * The server says what was delivered and read. What was said it cannot: that comes from the disk.
 */

import { expected } from '../session/reply.js';
import * as disk from './database.js';

/** @import {ConversationView} from '../protocol.js' */
/** @import {Send} from '../session/identities.js' */
/** @import {Item, Views} from './database.js' */

/** @typedef {{view: ConversationView, newest: Item | null, unread: number}} Conversation */

const PATIENCE = { within: 15_000 };
const VIEWS = 'views';

export class Conversations {
  #send;
  #turn = Promise.resolve();
  /** What the server said last. It counts as far as there are messages here: no number of the server's swallows what comes later. @type {Map<string, {read: number, removed: number}>} */ #told = new Map();
  /** @type {Map<string, Conversation>} by the other person */ all = new Map();
  /** Something about this one is another. @type {(other: string) => void} */ changed = () => {};

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** As they stood when the page was closed. */
  async load() {
    const kept = /** @type {Views | null} */ (await disk.get('about', VIEWS));
    for (const view of kept?.view ?? []) await this.#take(view);
  }

  /** As they stand. Rejects with ProblemError. */
  async refresh() {
    const reply = expected('conversations', await this.#send({ t: 'list_conversations' }, PATIENCE));
    for (const view of reply.conversations) await this.heard(view, false);
    await this.#keep();
  }

  /** @param {ConversationView} view @param {boolean} [keep] */
  async heard(view, keep = true) {
    this.#told.set(view.with, { read: view.read, removed: view.removed });
    await this.#take(view);
    if (keep) await this.#keep();
  }

  /** Up to which number messages were taken out of the own list. @param {string} other */
  removed(other) {
    return Math.max(this.viewOf(other).removed, this.#told.get(other)?.removed ?? 0);
  }

  /** A message was written to disk. @param {Item} item @param {string} name of the other */
  async added(item, name) {
    await this.#take({ ...fresh(item.with, name), last: item.seq, at: item.at / 1_000 });
  }

  /** @param {string} other @returns {ConversationView} */
  viewOf(other) {
    return this.all.get(other)?.view ?? fresh(other, '');
  }

  /** How many conversations have something in them that was not read. */
  get unread() {
    return [...this.all.values()].filter(({ unread }) => unread > 0).length;
  }

  /** Those that are to be seen, the latest first. @returns {Conversation[]} */
  get listed() {
    const shown = [...this.all.values()].filter(({ view, newest }) => newest !== null || view.last > this.removed(view.with));
    return shown.sort((one, other) => other.view.at - one.view.at);
  }

  /** The person has seen everything that is here. Rejects with ProblemError. @param {string} other */
  async read(other) {
    const { view, newest } = this.all.get(other) ?? {};
    const upto = newest?.seq ?? 0;
    if (!view || upto <= view.read) return;
    await this.#take({ ...view, read: upto });
    await this.#send({ t: 'mark_read', with: other, upto }, PATIENCE);
  }

  /** Take it out of the own list, everywhere. Rejects with ProblemError. @param {string} other */
  async remove(other) {
    const last = this.all.get(other)?.newest?.seq ?? this.viewOf(other).last; // never what was not seen here
    await this.#send({ t: 'remove_conversation', with: other, upto: last }, PATIENCE);
    await this.heard({ ...this.viewOf(other), removed: last, read: last });
  }

  /** One after the other, as each looks at the disk. @param {ConversationView} view */
  #take(view) {
    this.#turn = this.#turn.catch(() => {}).then(() => this.#look(view));
    return this.#turn;
  }

  /** A view never goes back: a reply that an event has overtaken is old news. @param {ConversationView} view */
  async #look(view) {
    const other = view.with;
    const before = this.all.get(other)?.view ?? { ...view, read: 0, removed: 0 };
    const highest = /** @type {Item | null} */ (await disk.last('items', disk.between(other)))?.seq ?? 0;
    const told = this.#told.get(other) ?? view;
    const here = (/** @type {'read' | 'removed'} */ name) => Math.max(before[name], Math.min(Math.max(told[name], view[name]), highest));
    const next = { ...furthest(before, view), read: here('read'), removed: here('removed') };
    if (next.removed > before.removed) await forget(other, next.removed);
    const [newest, since] = await Promise.all([
      /** @type {Promise<Item | null>} */ (disk.last('items', disk.between(other))),
      /** @type {Promise<Item[]>} */ (disk.all('items', disk.between(other, next.read + 1))),
    ]);
    this.all.set(other, { view: next, newest, unread: since.filter(({ mine }) => !mine).length });
    this.changed(other);
  }

  async #keep() {
    await disk.put('about', VIEWS, { view: [...this.all.values()].map(({ view }) => view) });
  }
}

/** @param {ConversationView} one @param {ConversationView} other @returns {ConversationView} */
function furthest(one, other) {
  const counts = /** @type {const} */ (['last', 'at', 'delivered', 'read_by_them']);
  const far = Object.fromEntries(counts.map((name) => [name, Math.max(one[name], other[name])]));
  return { ...one, ...other, ...far, person: other.person || one.person, name: other.name || one.name };
}

/** @param {string} other @param {string} name @returns {ConversationView} */
const fresh = (other, name) => ({ person: '', with: other, name, last: 0, at: 0, delivered: 0, read_by_them: 0, read: 0, removed: 0 });

/** What was taken out of the list is not kept, either. @param {string} other @param {number} upTo */
async function forget(other, upTo) {
  const items = /** @type {Item[]} */ (await disk.all('items', disk.between(other, 0, upTo)));
  await disk.change(['items', 'places', 'voices', 'transcripts'], (of) => {
    of('items').delete(disk.between(other, 0, upTo));
    for (const { id } of items) {
      of('voices').delete(IDBKeyRange.bound([id], [id, []]));
      of('transcripts').delete(id);
    }
  });
}
