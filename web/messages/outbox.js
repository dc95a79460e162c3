/**
 * Messages on their way: on disk before anything leaves, sealed to every endpoint that was verified, sent until the server
 * has said that it keeps them.
 *
 * A message is sealed once. Where the server names other endpoints than it was sealed to, those are verified and its key
 * is sealed to them; the message itself stays what it was, so that one that was sent twice is one.
 */

import { toBase64 } from '../core/bytes.js';
import { newMessage } from '../core/ids.js';
import { now } from '../session/identities.js';
import { acknowledge } from '../session/known.js';
import { againIn } from '../session/patience.js';
import { codeOf, ProblemError } from '../session/problem.js';
import { expected } from '../session/reply.js';
import { envelopeToWire } from '../session/wire.js';
import { newKey, sealEnvelope, sealKey, sealSegment, segmentHash, writeContent } from '../trust/message.js';
import { Untrusted } from '../trust/untrusted.js';
import * as disk from './database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {SealedKey} from '../protocol.js' */
/** @import {Identities, Send} from '../session/identities.js' */
/** @import {Content} from '../trust/message.js' */
/** @import {Circle, Circles} from './circle.js' */
/** @import {Item, Outgoing, Sound} from './database.js' */

/** How often the endpoints may have changed while it was being sealed. */
const TRIES = 4;

const SOON = 2; // seconds until what failed is tried again, where nobody says when; each time twice as long
const LATEST = 900;

export class Outbox {
  #circles;
  #identities;
  #send;
  /** @type {Map<string, Outgoing>} by id, in the order in which they were written */ #all = new Map();
  /** Pieces that the server has, in this page's life. @type {Set<string>} */ #put = new Set();
  #turn = Promise.resolve();
  #again = 0;
  #pause = SOON;
  /** One has gone out, as which item. @type {(item: Item) => Promise<void>} */ sent = async () => {};
  /** Something about those to this person is another. @type {(other: string) => void} */ changed = () => {};
  /** This browser cannot keep what it must. */ trouble = () => {};

  /** @param {Circles} circles @param {Identities} identities @param {Send} send */
  constructor(circles, identities, send) {
    this.#circles = circles;
    this.#identities = identities;
    this.#send = send;
  }

  /** What was not sent when the page was closed. A recording that was cut short by that is not sent by itself. */
  async load() {
    for (const one of /** @type {Outgoing[]} */ (await disk.all('outgoing'))) {
      if (one.ready) this.#all.set(one.id, one);
      else await this.discard(one.id);
    }
  }

  /** Those to one person that are ready, the oldest first. @param {string} other @returns {Outgoing[]} */
  to(other) {
    return [...this.#all.values()].filter((one) => one.ready && one.with === other);
  }

  /** With whom there is something to be sent. @returns {Set<string>} */
  get others() {
    return new Set([...this.#all.values()].filter(({ ready }) => ready).map((one) => one.with));
  }

  /** A text. It is on disk when this resolves. @param {string} to @param {string} text @param {string | null} [as] */
  async text(to, text, as = null) {
    await this.#keepNew({ ...this.#begun(to, as), text, ready: true });
    void this.deliver();
  }

  /** A recording begins: its pieces are sealed and put as they come. @param {string} to @param {string | null} [as] @returns {Promise<string>} its id */
  async begin(to, as = null) {
    const begun = this.#begun(to, as);
    await this.#keepNew(begun);
    return begun.id;
  }

  /** The next piece of a recording. @param {string} id @param {Bytes} piece @param {number} index @param {boolean} last */
  async piece(id, piece, index, last) {
    await disk.put('voices', [id, index], piece);
    const one = this.#all.get(id);
    if (one) await this.#putPiece(one, index, last).catch(later);
  }

  /** The recording is whole, and is sent. @param {string} id @param {Sound} voice */
  async finish(id, voice) {
    const one = this.#all.get(id);
    if (!one) return;
    await this.#keep({ ...one, voice, ready: true, at: Date.now() });
    void this.deliver();
  }

  /** It is not to be sent. @param {string} id */
  async discard(id) {
    const one = this.#all.get(id);
    this.#all.delete(id);
    await disk.change(['outgoing', 'voices'], (of) => {
      of('outgoing').delete(id);
      of('voices').delete(IDBKeyRange.bound([id], [id, []]));
    });
    if (one) this.changed(one.with);
  }

  /** Try again what a person wants to be tried again. @param {string} id */
  async again(id) {
    const one = this.#all.get(id);
    if (one) await this.#keep({ ...one, standing: 'waiting' });
    await this.deliver();
  }

  /** A person was told that the receiver's identity is another, and goes on. @param {string} id */
  async accept(id) {
    const one = this.#all.get(id);
    if (!one) return;
    const person = await this.#circles.person(one.with);
    await acknowledge('persons', one.with, person.chain, now());
    for (const other of this.to(one.with)) {
      const { envelope: _, keys: __, ...plain } = other; // it is sealed for the new one
      await this.#keep({ ...plain, standing: 'waiting' });
    }
    await this.deliver();
  }

  /** Send what waits, one after the other. */
  deliver() {
    this.#turn = this.#turn.then(() => this.#deliver()).catch((error) => this.#failed(error));
    return this.#turn;
  }

  /** The next connection, or the next message, tries again; where the server was there, so does time. @param {unknown} error */
  #failed(error) {
    if (!(error instanceof ProblemError)) {
      console.error(error);
      this.trouble();
      return;
    }
    if (error.code === 'offline') return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.deliver(), 1_000 * Math.max(this.#pause, againIn(error) ?? 0));
    this.#pause = Math.min(2 * this.#pause, LATEST);
  }

  async #deliver() {
    for (const { id } of [...this.#all.values()]) {
      const one = this.#all.get(id);
      if (!one?.ready || one.standing !== 'waiting') continue;
      const before = this.to(one.with).find(({ standing }) => standing !== 'waiting');
      if (before && before.at < one.at) continue; // it would overtake one that a person must decide about
      try {
        await this.#one(one);
        this.#pause = SOON;
      } catch (error) {
        if (againIn(error) !== null) throw error;
        await this.#hindered(one, error);
      }
    }
  }

  /** @param {Outgoing} one */
  async #one(one) {
    let sealed = one.envelope && one.keys ? one : await this.#seal(one, await this.#circles.around(one.with, one.as));
    for (let tried = 0; sealed !== null && tried < TRIES; tried += 1) {
      const reply = await this.#sendSealed(sealed);
      if (reply === null) continue;
      if (reply.t === 'message_sent') return this.#done(sealed, reply.seq, Math.round(reply.at * 1_000));
      sealed = await this.#seal(sealed, await this.#circles.shown(expected('recipients', reply), one.with, one.as));
    }
    if (sealed !== null) throw new ProblemError('offline'); // they go on changing: later
  }

  /** Null where the server has forgotten pieces, which are put again then. @param {Outgoing} sealed */
  async #sendSealed({ id, with: to, envelope, keys = [], voice, as }) {
    await this.#putAll(/** @type {Outgoing} */ (this.#all.get(id)));
    try {
      const sealed = /** @type {NonNullable<Outgoing['envelope']>} */ (envelope);
      return await this.#send({ t: 'send_message', to, envelope: sealed, keys, segments: voice?.segments ?? 0, ...(as === null ? {} : { as }) });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'segments_missing') throw error;
      this.#put.clear();
      return null;
    }
  }

  /** Null where a person has to be asked first. @param {Outgoing} one @param {Circle} circle @returns {Promise<Outgoing | null>} */
  async #seal(one, circle) {
    if (circle.changed) {
      await this.#keep({ ...one, standing: 'changed' });
      return null;
    }
    const { own } = this.#identities;
    const fits = one.envelope?.to_root === toBase64(circle.other.chain.root);
    const envelope = (fits && one.envelope) || (await this.#envelope(one, circle));
    const keys = await Promise.all(
      circle.recipients.map(async ({ endpoint, keys: peer }) => /** @type {SealedKey} */ ({ endpoint, key: toBase64(await sealKey(own, peer, envelope, one.key)) })),
    );
    const sealed = { ...one, envelope, keys };
    await this.#keep(sealed); // before it leaves: what is sent again must be the same
    return sealed;
  }

  /** @param {Outgoing} one @param {Circle} circle */
  async #envelope(one, { own, other }) {
    const { id, key, at } = one;
    const { own: ends, identity } = this.#identities;
    const header = {
      id,
      kind: /** @type {const} */ ('message'),
      person: own.id,
      root: own.chain.root,
      version: own.chain.version,
      head: own.chain.head,
      endpoint: identity.endpoint,
      identity: ends.keys.identity,
      to_root: other.chain.root,
      sent: at,
    };
    return envelopeToWire(await sealEnvelope(header, ends.sign, writeContent(await this.#content(one)), key));
  }

  /** @param {Outgoing} one @returns {Promise<Content>} */
  async #content({ id, text, voice, key }) {
    if (text !== undefined || !voice) return { text: text ?? '' };
    const hashes = [];
    for (let index = 0; index < voice.segments; index += 1) hashes.push(await segmentHash(await this.#sealed(id, key, index, index === voice.segments - 1)));
    return { voice: { ...voice, hashes } };
  }

  /** A piece, the same each time. @param {string} id @param {Bytes} key @param {number} index @param {boolean} last */
  async #sealed(id, key, index, last) {
    const piece = /** @type {Bytes | null} */ (await disk.get('voices', [id, index]));
    if (piece === null) throw new ProblemError('internal');
    return sealSegment(key, id, index, piece, last);
  }

  /** @param {Outgoing} one */
  async #putAll(one) {
    const segments = one.voice?.segments ?? 0;
    for (let index = 0; index < segments; index += 1) {
      if (this.#put.has(`${one.id} ${index}`)) continue;
      await this.#putPiece(one, index, index === segments - 1);
    }
  }

  /** @param {Outgoing} one @param {number} index @param {boolean} last */
  async #putPiece({ id, key, as }, index, last) {
    const body = toBase64(await this.#sealed(id, key, index, last));
    await this.#send({ t: 'put_segment', message: id, index, body, ...(as === null ? {} : { as }) }, { within: 30_000 });
    this.#put.add(`${id} ${index}`);
  }

  /** @param {Outgoing} one @param {number} seq @param {number} at */
  async #done(one, seq, at) {
    const { id, with: other, text, voice } = one;
    /** @type {Item} */
    const item = { id, with: other, seq, at, mine: true, ...(text === undefined ? {} : { text }), ...(voice ? { voice } : {}) };
    await disk.change(['items', 'places', 'outgoing'], (of) => {
      of('items').put(item, [other, seq]);
      of('places').put([other, seq], id);
      of('outgoing').delete(id);
    });
    this.#all.delete(id);
    await this.sent(item);
  }

  /** @param {Outgoing} one @param {unknown} error */
  async #hindered(one, error) {
    const code = codeOf(error);
    if (error instanceof Untrusted) console.warn(`a message was not sealed: ${error.reason}`);
    await this.#keep({ ...(this.#all.get(one.id) ?? one), standing: code === 'unsafe' ? 'unsafe' : 'refused', problem: code });
  }

  /** @param {string} to @param {string | null} as @returns {Outgoing} */
  #begun(to, as) {
    return { id: newMessage(), with: to, at: Date.now(), key: newKey(), as, ready: false, standing: 'waiting' };
  }

  /** Whoever is told that it could not be kept says it again: then it must not go out as well. @param {Outgoing} one */
  async #keepNew(one) {
    try {
      await this.#keep(one);
    } catch (error) {
      this.#all.delete(one.id);
      throw error;
    }
  }

  /** @param {Outgoing} one */
  async #keep(one) {
    this.#all.set(one.id, one);
    await disk.put('outgoing', one.id, one);
    this.changed(one.with);
  }
}

/** The next connection makes up for it. @param {unknown} error */
function later(error) {
  if (!(error instanceof ProblemError)) throw error;
}
