/**
 * Messages, in this page: loaded once there is something to do with them, and running from then on.
 *
 * Screens ask and listen here. What is said, who said it and how far it came is on disk before anybody sees it.
 */

import { fromBase64, toBase64 } from '../core/bytes.js';
import { MESSAGE_HERE } from '../sound/tones.js';
import { ProblemError } from '../session/problem.js';
import { Circles } from './circle.js';
import { Conversations } from './conversations.js';
import * as disk from './database.js';
import { Inbox } from './inbox.js';
import { Outbox } from './outbox.js';
import { Playing } from './playing.js';
import { expireTranscripts, Siblings, transcriptOf } from './siblings.js';

/** @import {Event as ServerEvent, Why} from '../protocol.js' */
/** @import {Parts} from '../components/view.js' */
/** @import {State} from '../state/state.js' */
/** @import {Item, Outgoing} from './database.js' */

/** A message, and of a voice what it says (null where nobody could make it out) and whether it can be heard here. @typedef {Item & {transcript?: string | null, audible?: boolean}} Shown */

/** Told with whom something is another now. @typedef {(other: string) => void} Listener */

const ASIDE = 0.5; // of a ring's loudness: nobody has to come running
const HOUR = 3_600_000;

export class Messages {
  #parts;
  #send;
  #circles;
  #inbox;
  #siblings;
  outbox;
  conversations;
  /** @type {Set<Listener>} */ #listeners = new Set();
  /** What is on the screen now, if somebody can see it. @type {string | null} */ #seen = null;
  #expired = 0;
  /** What is to be done where a conversation is opened. @type {{other: string, play?: boolean, record?: boolean} | null} */ wish = null;
  playing = new Playing();

  /** @param {Parts} parts */
  constructor(parts) {
    const { account, store } = parts;
    this.#parts = parts;
    this.#send = account.send.bind(account);
    this.#circles = new Circles(account.identities, this.#send);
    this.outbox = new Outbox(this.#circles, account.identities, this.#send);
    this.conversations = new Conversations(this.#send);
    this.#siblings = new Siblings(this.#circles, account.identities, this.#send);
    this.#inbox = new Inbox(this.#circles, account.identities, this.#send, (draft) => account.say(draft), {
      arrived: (item, alert) => this.#arrived(item, alert),
      own: (topic, _, body, at) => this.#own(topic, body, at),
      removed: (other) => this.conversations.removed(other),
      trouble: (key) => store.dispatch({ t: 'notice', notice: { key, values: {} } }),
    });
    this.outbox.trouble = () => store.dispatch({ t: 'notice', notice: { key: 'messages.trouble', values: {} } });
    this.outbox.sent = (item) => this.conversations.added(item, this.nameOf(item.with));
    this.outbox.changed = (other) => this.#tell(other);
    this.conversations.changed = (other) => this.#tell(other);
    store.subscribe((state, before) => this.#follow(state, before));
  }

  /** Read what is on disk; then follow the server. */
  async start() {
    await this.#expire();
    await Promise.all([this.conversations.load(), this.outbox.load()]);
    void this.restored();
  }

  /** A new session: what has come since, how far everything is, and what could not be sent. */
  async restored() {
    await this.conversations.refresh().catch(later);
    await this.#inbox.fetch();
    void this.outbox.deliver();
  }

  /** @param {ServerEvent} event */
  heard(event) {
    if (event.t === 'message_arrived') void this.#inbox.heard(event.item);
    if (event.t === 'conversation_changed') void this.conversations.heard(event.conversation);
  }

  /** @param {Listener} listener @returns {() => void} stops it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  // -- what there is ---------------------------------------------------------------------------------

  /** The numbers of all messages with one person that are here, rising. @param {string} other @returns {Promise<number[]>} */
  async numbers(other) {
    const found = /** @type {[string, number][]} */ (await disk.keys('items', disk.between(other)));
    return found.map(([, seq]) => seq);
  }

  /** As they are shown. @param {string} other @param {number} from @param {number} upTo @returns {Promise<Shown[]>} */
  async page(other, from, upTo) {
    const items = /** @type {Item[]} */ (await disk.all('items', disk.between(other, from, upTo)));
    return Promise.all(items.map(async (item) => {
      if (!item.voice) return item;
      const [transcript, audible] = await Promise.all([transcriptOf(item.id, Date.now()), this.#inbox.audible(item)]);
      return { ...item, transcript, audible };
    }));
  }

  /** @param {Item | Outgoing} item @returns {import('./player.js').Source} */
  voice(item) {
    const { segments = 0 } = item.voice ?? {};
    return async (index) => (index < segments ? this.#inbox.piece(/** @type {Item} */ (item), index) : null);
  }

  /** What they are called here: as a contact, at home, or by themselves. @param {string} other */
  nameOf(other) {
    const { contacts, people } = this.#parts.store.state;
    const contact = [...contacts.all.values()].find(({ numbers }) => numbers.some(({ person, moved }) => person === other && !moved));
    return contact?.name ?? people.find(({ id }) => id === other)?.name ?? this.conversations.viewOf(other).name;
  }

  // -- what is done ----------------------------------------------------------------------------------

  /** What somebody looks at now: it is read once it is there. @param {string | null} other */
  async look(other) {
    this.#seen = other;
    if (other === null) return;
    await this.conversations.read(other).catch(later);
  }

  /** Play what came last and was not heard: from a notification. @param {string} other */
  async playUnread(other) {
    await this.#inbox.settled();
    const items = await this.page(other, 0, Number.MAX_SAFE_INTEGER);
    const voice = items.findLast(({ mine, voice: said, audible }) => !mine && said && audible);
    if (voice) this.playing.begin(voice.id, this.voice(voice), 0);
  }

  /** Take a conversation out of the own list. Rejects with ProblemError. @param {string} other */
  async remove(other) {
    for (const { id } of this.outbox.to(other)) await this.outbox.discard(id);
    await this.#inbox.settled(); // what nobody has seen here is not taken away elsewhere
    await this.conversations.remove(other);
  }

  /** Show the operator a message. Rejects with ProblemError. @param {Item} item @param {Why} why @param {string} text */
  async report({ envelope, key }, why, text) {
    if (!envelope || !key) throw new ProblemError('internal');
    await this.#send({ t: 'report_message', envelope, key: toBase64(key), why, text }, { within: 10_000 });
  }

  /** Forget what was recorded; what was written, and the texts, stay. */
  async deleteRecordings() {
    const items = /** @type {Item[]} */ (await disk.all('items'));
    const voices = items.filter(({ voice, partial }) => voice && !partial);
    await disk.change(['items', 'voices'], (of) => {
      for (const item of voices) {
        of('items').put({ ...item, partial: true }, [item.with, item.seq]);
        of('voices').delete(IDBKeyRange.bound([item.id], [item.id, []]));
      }
    });
    for (const other of new Set(voices.map((item) => item.with))) this.#tell(other);
  }

  // -- what happens ----------------------------------------------------------------------------------

  /** @param {Item} item @param {boolean} alert */
  async #arrived(item, alert) {
    await this.conversations.added(item, this.nameOf(item.with));
    if (this.#seen === item.with && !document.hidden) {
      await this.look(item.with);
      return;
    }
    if (item.mine || !alert || this.#parts.store.state.quiet) return;
    const { ringer, chosen, notifier } = this.#parts;
    void ringer.announce(MESSAGE_HERE, chosen.values.volume * ASIDE);
    notifier.message({ with: item.with, name: this.nameOf(item.with), voice: item.voice !== undefined });
  }

  /** @param {string} topic @param {import('../core/bytes.js').Bytes} body @param {number} at */
  async #own(topic, body, at) {
    const changed = await this.#siblings.heard(topic, body, at, (other) => this.conversations.removed(other));
    /** @type {Map<string, Item>} */ const newest = new Map();
    for (const item of changed) if ((newest.get(item.with)?.seq ?? 0) < item.seq) newest.set(item.with, item);
    for (const item of newest.values()) await this.conversations.added(item, this.nameOf(item.with));
  }

  /** @param {State} state @param {State} before */
  #follow(state, before) {
    if (state.connection === 'online' && before.connection !== 'online') {
      this.#inbox.back();
      void this.outbox.deliver();
    }
    const { meeting } = state;
    if (meeting?.stage === 'done' && before.meeting?.stage !== 'done' && !meeting.shared) void this.#share(meeting.endpoint).catch(later);
    if (state.person !== before.person || state.contacts !== before.contacts) for (const listener of this.#listeners) listener('');
  }

  /** An endpoint of one's own was just signed for: it is told what was said. @param {string} endpoint */
  async #share(endpoint) {
    const found = (await this.#parts.account.endpoints.list()).find(({ id }) => id === endpoint);
    if (found) await this.#siblings.share(endpoint, fromBase64(found.identity), (other) => this.nameOf(other));
  }

  /** @param {string} other */
  #tell(other) {
    const { store } = this.#parts;
    const { unread } = this.conversations;
    if (store.state.unread !== unread) store.dispatch({ t: 'unread', unread });
    for (const listener of this.#listeners) listener(other);
    if (Date.now() - this.#expired > HOUR) void this.#expire();
  }

  async #expire() {
    this.#expired = Date.now();
    await expireTranscripts(Date.now());
  }
}

/** The next connection makes up for it. @param {unknown} error */
function later(error) {
  if (!(error instanceof ProblemError)) throw error;
}

