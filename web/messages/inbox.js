/**
 * What comes in: fetched in order, verified, opened, written to disk with all that belongs to it, and only then confirmed,
 * as the server forgets what was confirmed.
 *
 * What cannot be believed is left out, and confirmed as well: it would be in the way of everything after it. Where it cannot
 * be told now, as the server does not show who somebody is, it is waited for first; nothing is confirmed meanwhile.
 */

import { equal, fromBase64 } from '../core/bytes.js';
import { againIn } from '../session/patience.js';
import { ProblemError } from '../session/problem.js';
import { expected } from '../session/reply.js';
import { envelopeOf, openContent, openKey, openOwn, openSegment, requireSegment } from '../trust/message.js';
import { require, Untrusted } from '../trust/untrusted.js';
import * as disk from './database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {MessageItem, OwnItem} from '../protocol.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Identities, Send} from '../session/identities.js' */
/** @import {Person} from '../session/identities.js' */
/** @import {Content, Voice} from '../trust/message.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Circles} from './circle.js' */
/** @import {Item} from './database.js' */

const PATIENCE = { within: 15_000 };

/** Of a sender: it is the server that does not show what it should. @type {readonly Reason[]} */
const NOT_NOW = ['unknown_person', 'stale', 'forked', 'missing'];

/** How often that is looked at again before the message is left out; each time after twice as long. */
const TRIES = 5;
const SOON = 2_000; // milliseconds
const LATEST = 900_000;

/** Nothing can be said of what waits before something else is shown. */
class NotNow extends Error {}

/** @typedef {MessageItem | OwnItem} InboxItem */

/**
 * @typedef {object} InboxSink
 * @property {(item: Item, alert: boolean) => Promise<void>} arrived  a message is on disk; of a voice, the first pieces may be
 * @property {(topic: string, item: string, body: Bytes, at: number) => Promise<void>} own  from another endpoint of one's own; `at` in ms
 * @property {(other: string) => number} removed  up to which number a conversation was taken out of the own list
 * @property {(key: string) => void} trouble  something that a person should know: a text key
 */

export class Inbox {
  #circles;
  #identities;
  #send;
  #say;
  #sink;
  /** What is on disk; and what the server was told is. */ #stored = 0;
  #confirmed = 0;
  /** Whether everything before what the events bring was fetched. */ #caughtUp = false;
  #turn = Promise.resolve();
  /** How often each was looked at in vain. @type {Map<number, number>} */ #tried = new Map();
  #again = 0;
  #pause = SOON;
  /** Who waits for a piece of a voice. @type {Map<string, () => void>} */ #waiting = new Map();
  /** Voices whose pieces are being fetched. @type {Set<string>} */ #fetching = new Set();

  /** @param {Circles} circles @param {Identities} identities @param {Send} send @param {(draft: Draft) => void} say sends what nobody answers @param {InboxSink} sink */
  constructor(circles, identities, send, say, sink) {
    this.#circles = circles;
    this.#identities = identities;
    this.#send = send;
    this.#say = say;
    this.#sink = sink;
  }

  /** Fetch what waits: at first, and after each time that the server was away. */
  fetch() {
    this.#caughtUp = false;
    return this.#next(() => this.#fetch());
  }

  /** Until what waited is here: an app that was just opened has not fetched it yet. */
  settled() {
    return this.#next(() => (this.#caughtUp ? Promise.resolve() : this.#fetch()));
  }

  /** The server says that something has come. @param {InboxItem} item */
  heard(item) {
    return this.#next(async () => {
      if (!this.#caughtUp) return this.#fetch();
      await this.#take(item, await this.#own());
      this.#confirm();
    });
  }

  /** The same session goes on over another connection: what was confirmed last may have been lost. */
  back() {
    this.#confirmed = 0;
    if (this.#caughtUp) this.#confirm();
  }

  /** A piece of a voice message that has arrived, or that is just arriving; null where there is none here. @param {Item} item @param {number} index @returns {Promise<Bytes | null>} */
  async piece({ id }, index) {
    for (;;) {
      const piece = /** @type {Bytes | null} */ (await disk.get('voices', [id, index]));
      if (piece !== null || !this.#fetching.has(id)) return piece;
      await new Promise((/** @type {(value: void) => void} */ resolve) => this.#waiting.set(id, resolve));
    }
  }

  /** Whether the sound of a message is here, or just arriving. @param {Item} item */
  async audible({ id }) {
    return this.#fetching.has(id) || (await disk.get('voices', [id, 0])) !== null;
  }

  async #fetch() {
    for (let more = true; more; ) {
      const reply = expected('inbox', await this.#send({ t: 'fetch_inbox', after: this.#stored }, PATIENCE));
      const own = reply.items.length > 0 ? await this.#own() : null;
      for (const item of reply.items) await this.#take(item, own);
      this.#confirm();
      more = reply.more && reply.items.length > 0;
    }
    this.#caughtUp = true;
  }

  #confirm() {
    if (this.#stored <= this.#confirmed) return;
    this.#confirmed = this.#stored;
    this.#say({ t: 'confirm_inbox', upto: this.#stored });
  }

  /** Whose inbox it is. Rejects with NotNow where even that cannot be believed. @returns {Promise<Person>} */
  async #own() {
    try {
      return await this.#circles.own();
    } catch (error) {
      throw error instanceof Untrusted ? new NotNow(error.reason) : error;
    }
  }

  /** @param {InboxItem} item @param {Person | null} own */
  async #take(item, own) {
    if (item.n <= this.#stored) return;
    try {
      if (item.what === 'message') await this.#message(item, /** @type {Person} */ (own));
      else await this.#fromSibling(item);
    } catch (error) {
      this.#leaveOut(item.n, error);
    }
    this.#tried.delete(item.n);
    this.#stored = item.n;
  }

  /** Throws again what is no reason to leave anything out, or none yet. @param {number} number @param {unknown} error */
  #leaveOut(number, error) {
    if (error instanceof ProblemError || error instanceof DOMException) throw error; // the server is away, the disk is full
    const tried = (this.#tried.get(number) ?? 0) + 1;
    this.#tried.set(number, tried);
    if (error instanceof Untrusted && NOT_NOW.includes(error.reason) && tried < TRIES) throw new NotNow(error.reason);
    console.warn(`something in the inbox is left out: ${error instanceof Untrusted ? error.reason : error}`);
    this.#sink.trouble('messages.left_out');
  }

  /** @param {MessageItem} shown @param {Person} own */
  async #message(shown, own) {
    const envelope = envelopeOf({ ...shown.envelope });
    require(envelope.kind === 'message', 'malformed');
    const { id } = envelope;
    const place = [shown.with, shown.seq];
    const [before, there] = await Promise.all([disk.get('places', id), /** @type {Promise<Item | null>} */ (disk.get('items', place))]);
    // Nothing is believed twice, and nothing takes another's place.
    require(there === null || there.id === id, 'already_there');
    if (before !== null && (there === null || !there.voice)) return;
    const mine = this.#identities.isOwn(envelope.root);
    const { person, keys, signedOut } = await this.#circles.sender(envelope, shown.keys, mine ? shown.person : shown.with);
    const receiver = mine ? await this.#circles.person(shown.with) : own;
    require(equal(envelope.to_root, receiver.chain.root), 'unknown_person');
    const key = await openKey(this.#identities.own, keys, envelope, fromBase64(shown.key));
    const content = await openContent(envelope, key);
    if (shown.seq <= this.#sink.removed(shown.with)) return disk.put('places', id, place); // it was taken out before it came
    const extra = { ...(person.outcome === 'changed' ? { changed: true } : {}), ...(signedOut ? { signedOut } : {}), ...(mine ? {} : { envelope: shown.envelope, key }) };
    /** @type {Item} */
    const item = { id, with: shown.with, seq: shown.seq, at: Math.round(shown.at * 1_000), mine, ...kept(content), ...extra };
    await disk.change(['items', 'places'], (of) => {
      of('items').put(item, place);
      of('places').put(place, id);
    });
    if (!('voice' in content)) return this.#sink.arrived(item, shown.alert);
    this.#fetching.add(id);
    await this.#sink.arrived(item, shown.alert); // it can be listened to from its first piece on
    await this.#pieces(item, content.voice, key);
  }

  /** @param {Item} item @param {Voice} voice @param {Bytes} key */
  async #pieces(item, voice, key) {
    const { id } = item;
    const { segments } = voice;
    try {
      for (let index = 0; index < segments; index += 1) {
        const body = await this.#segment(id, index);
        if (body === null) {
          await disk.put('items', [item.with, item.seq], { ...item, partial: true });
          return;
        }
        await requireSegment(voice, index, body);
        await disk.put('voices', [id, index], await openSegment(key, id, index, body, index === segments - 1));
        this.#wake(id);
      }
    } finally {
      this.#fetching.delete(id);
      this.#wake(id);
    }
  }

  /** Null where the server has it no more. @param {string} message @param {number} index */
  async #segment(message, index) {
    try {
      const reply = expected('segment', await this.#send({ t: 'get_segment', message, index }, PATIENCE));
      return fromBase64(reply.body);
    } catch (error) {
      if (error instanceof ProblemError && againIn(error) === null) return null;
      throw error;
    }
  }

  /** @param {OwnItem} shown */
  async #fromSibling({ keys: shownKeys, item, topic, body, at }) {
    const keys = await this.#circles.sibling(shownKeys);
    await this.#sink.own(topic, item, await openOwn(this.#identities.own, keys, item, topic, fromBase64(body)), at * 1_000);
  }

  /** @param {string} id */
  #wake(id) {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }

  /** One thing after another. What went wrong is tried again with the next that comes, and with the next connection. @param {() => Promise<void>} work */
  #next(work) {
    this.#turn = this.#turn.then(work).then(
      () => void (this.#pause = SOON),
      (error) => this.#failed(error),
    );
    return this.#turn;
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#caughtUp = false;
    if (error instanceof ProblemError) return;
    if (!(error instanceof NotNow)) {
      console.error(error);
      this.#sink.trouble('messages.trouble');
    }
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.fetch(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LATEST);
  }
}

/** What is kept of what was said. @param {Content} content @returns {Pick<Item, 'text' | 'voice'>} */
function kept(content) {
  if (!('voice' in content)) return content;
  const { hashes: _, ...voice } = content.voice;
  return { voice };
}
