/**
 * What comes in: fetched in order, verified, opened, written to disk with all that belongs to it, and only then confirmed,
 * as the server forgets what was confirmed.
 *
 * What cannot be believed is left out, and confirmed as well: it would be in the way of everything after it.
 */

import { equal, fromBase64 } from '../core/bytes.js';
import { ProblemError } from '../session/problem.js';
import { envelopeOf, openContent, openKey, openOwn, openSegment, requireSegment } from '../trust/message.js';
import { require, Untrusted } from '../trust/untrusted.js';
import * as disk from './database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {MessageItem, OwnItem} from '../protocol.js' */
/** @import {Identities, Send} from '../session/identities.js' */
/** @import {Content, Voice} from '../trust/message.js' */
/** @import {Circles} from './circle.js' */
/** @import {Item} from './database.js' */

const PATIENCE = { within: 15_000 };

/** @typedef {MessageItem | OwnItem} InboxItem */

/**
 * @typedef {object} InboxSink
 * @property {(item: Item, alert: boolean) => Promise<void>} arrived  a message is on disk; of a voice, the first pieces may be
 * @property {(topic: string, item: string, body: Bytes, at: number) => Promise<void>} own  from another endpoint of one's own; `at` in ms
 */

export class Inbox {
  #circles;
  #identities;
  #send;
  #sink;
  /** What is on disk; and what the server was told is. */ #stored = 0;
  #confirmed = 0;
  /** Whether everything before what the events bring was fetched. */ #caughtUp = false;
  #turn = Promise.resolve();
  /** Who waits for a piece of a voice. @type {Map<string, () => void>} */ #waiting = new Map();
  /** Voices whose pieces are being fetched. @type {Set<string>} */ #fetching = new Set();

  /** @param {Circles} circles @param {Identities} identities @param {Send} send @param {InboxSink} sink */
  constructor(circles, identities, send, sink) {
    this.#circles = circles;
    this.#identities = identities;
    this.#send = send;
    this.#sink = sink;
  }

  /** Fetch what waits: at first, and after each time that the server was away. */
  fetch() {
    this.#caughtUp = false;
    return this.#next(() => this.#fetch());
  }

  /** The server says that something has come. @param {InboxItem} item */
  heard(item) {
    return this.#next(async () => {
      if (!this.#caughtUp) return this.#fetch();
      await this.#take(item);
      return this.#confirm();
    });
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
      const reply = await this.#send({ t: 'fetch_inbox', after: this.#stored }, PATIENCE);
      if (reply.t !== 'inbox') throw new ProblemError('internal');
      for (const item of reply.items) await this.#take(item);
      await this.#confirm();
      more = reply.more && reply.items.length > 0;
    }
    this.#caughtUp = true;
  }

  async #confirm() {
    if (this.#stored <= this.#confirmed) return;
    const upto = this.#stored;
    await this.#send({ t: 'confirm_inbox', upto }, PATIENCE);
    this.#confirmed = upto;
  }

  /** @param {InboxItem} item */
  async #take(item) {
    if (item.n <= this.#stored) return;
    try {
      if (item.what === 'message') await this.#message(item);
      else await this.#own(item);
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      console.warn(`something in the inbox is not believed: ${error.reason}`);
    }
    this.#stored = item.n;
  }

  /** @param {MessageItem} shown */
  async #message(shown) {
    const envelope = envelopeOf({ ...shown.envelope });
    require(envelope.kind === 'message', 'malformed');
    const { id } = envelope;
    const place = [shown.with, shown.seq];
    const [before, there] = await Promise.all([disk.get('places', id), /** @type {Promise<Item | null>} */ (disk.get('items', place))]);
    // Nothing is believed twice, and nothing takes another's place.
    require(before === null ? there === null : there?.id === id, 'forked');
    if (there && !there.voice) return;
    const mine = this.#identities.isOwn(envelope.root);
    const { person, keys } = await this.#circles.sender(envelope, shown.keys, mine ? shown.person : shown.with);
    const receiver = mine ? await this.#circles.person(shown.with) : await this.#circles.own();
    require(equal(envelope.to_root, receiver.chain.root), 'unknown_person');
    const key = await openKey(this.#identities.own, keys, envelope, fromBase64(shown.key));
    const content = await openContent(envelope, key);
    const extra = { ...(person.outcome === 'changed' ? { changed: true } : {}), ...(mine ? {} : { envelope: shown.envelope, key }) };
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
      const reply = await this.#send({ t: 'get_segment', message, index }, PATIENCE);
      if (reply.t !== 'segment') throw new ProblemError('internal');
      return fromBase64(reply.body);
    } catch (error) {
      if (error instanceof ProblemError && !PASSING.includes(error.code)) return null;
      throw error;
    }
  }

  /** @param {OwnItem} shown */
  async #own({ keys: shownKeys, item, topic, body, at }) {
    const keys = await this.#circles.sibling(shownKeys);
    await this.#sink.own(topic, item, await openOwn(this.#identities.own, keys, item, topic, fromBase64(body)), at * 1_000);
  }

  /** @param {string} id */
  #wake(id) {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }

  /** One thing after another; what the connection cuts off is fetched again with the next one. @param {() => Promise<void>} work */
  #next(work) {
    this.#turn = this.#turn.then(work).catch((error) => {
      this.#caughtUp = false;
      if (!(error instanceof ProblemError)) throw error;
    });
    return this.#turn;
  }
}

/** What is kept of what was said. @param {Content} content @returns {Pick<Item, 'text' | 'voice'>} */
function kept(content) {
  if (!('voice' in content)) return content;
  const { hashes: _, ...voice } = content.voice;
  return { voice };
}

/** @type {readonly string[]} */
const PASSING = ['offline', 'rate_limited', 'internal'];
