/**
 * What the own endpoints tell each other about messages: the text of a voice message, from one that could make it out; and
 * what was said before, for one that was taken in only now.
 */

import { fromUtf8, toBase64, utf8 } from '../core/bytes.js';
import { newMessage } from '../core/ids.js';
import { OWN_ITEM_LIMIT, readContent, sealOwn, SEGMENTS_LIMIT } from '../trust/message.js';
import { nameOf } from '../trust/links.js';
import { require, Untrusted } from '../trust/untrusted.js';
import * as disk from './database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Identities, Send} from '../session/identities.js' */
/** @import {Circles} from './circle.js' */
/** @import {Item, Sound, Transcript} from './database.js' */

/** How many messages a new endpoint is told of. */
const HISTORY = 1_000;
const DAY = 86_400_000;
/** Unless whoever made it said otherwise. */
const TRANSCRIPT_FOR = 30 * DAY;
const PATIENCE = { within: 15_000 };
const NO_HASH = toBase64(new Uint8Array(32));

/** @typedef {{id: string, with: string, name: string, seq: number, at: number, mine: boolean, sent: number, text?: string, voice?: Sound, transcript?: string, expires?: number, signed_out?: boolean}} Told */

export class Siblings {
  #circles;
  #identities;
  #send;

  /** @param {Circles} circles @param {Identities} identities @param {Send} send */
  constructor(circles, identities, send) {
    this.#circles = circles;
    this.#identities = identities;
    this.#send = send;
  }

  /** From another endpoint of one's own. Rejects with Untrusted for what makes no sense. @param {string} topic @param {Bytes} body @param {number} at ms @param {(other: string) => number} removed up to where a conversation was taken out @returns {Promise<Item[]>} what is new on disk, or another than it was */
  async heard(topic, body, at, removed) {
    const said = parsed(body);
    if (topic === 'transcript') return this.#transcript(said, at);
    if (topic === 'history') return this.#history(said, removed);
    return [];
  }

  /** Tell an endpoint that was just taken in what was said before. @param {string} endpoint @param {Bytes} identity @param {(other: string) => string} nameFor */
  async share(endpoint, identity, nameFor) {
    const { chain } = await this.#circles.own();
    const peer = chain.active.get(nameOf(identity));
    require(peer, 'not_active');
    const items = /** @type {Item[]} */ (await disk.all('items'));
    const newest = items.sort((one, other) => other.at - one.at).slice(0, HISTORY);
    for (const batch of batches(await Promise.all(newest.map((item) => told(item, nameFor(item.with)))))) {
      const item = newMessage();
      const body = toBase64(await sealOwn(this.#identities.own, peer, item, 'history', batch));
      await this.#send({ t: 'send_own', topic: 'history', item, items: [{ endpoint, body }] }, PATIENCE);
    }
  }

  /** @param {any} said @param {number} at @returns {Promise<Item[]>} */
  async #transcript({ message, text, expires }, at) {
    require(typeof message === 'string' && typeof text === 'string', 'malformed');
    const until = typeof expires === 'number' ? expires * 1_000 : at + TRANSCRIPT_FOR;
    await disk.put('transcripts', message, /** @type {Transcript} */ ({ text, expires: until }));
    const place = /** @type {IDBValidKey | null} */ (await disk.get('places', message));
    const item = place === null ? null : /** @type {Item | null} */ (await disk.get('items', place));
    return item ? [item] : [];
  }

  /** @param {any} said @param {(other: string) => number} removed @returns {Promise<Item[]>} */
  async #history({ messages }, removed) {
    require(Array.isArray(messages), 'malformed');
    /** @type {{item: Item, transcript: Transcript | null}[]} */ const fresh = [];
    for (const one of /** @type {Told[]} */ (messages)) {
      const item = itemOf(one);
      const known = (await disk.get('places', item.id)) ?? (await disk.get('items', [item.with, item.seq]));
      if (known === null && item.seq > removed(item.with)) fresh.push({ item, transcript: transcriptIn(one, item) });
    }
    await disk.change(['items', 'places', 'transcripts'], (of) => {
      for (const { item, transcript } of fresh) {
        of('items').put(item, [item.with, item.seq]);
        of('places').put([item.with, item.seq], item.id);
        if (transcript) of('transcripts').put(transcript, item.id);
      }
    });
    return fresh.map(({ item }) => item);
  }
}

/** The text of a voice message, as long as it may be kept. @param {string} id @param {number} now ms @returns {Promise<string | null>} */
export async function transcriptOf(id, now) {
  const kept = /** @type {Transcript | null} */ (await disk.get('transcripts', id));
  return kept && kept.expires > now ? kept.text : null;
}

/** Forget the texts whose time is over. @param {number} now ms */
export async function expireTranscripts(now) {
  const ids = await disk.keys('transcripts');
  const kept = /** @type {Transcript[]} */ (await disk.all('transcripts'));
  await disk.change(['transcripts'], (of) => {
    kept.forEach(({ expires }, at) => expires <= now && of('transcripts').delete(/** @type {IDBValidKey} */ (ids[at])));
  });
}

/** @param {Item} item @param {string} name @returns {Promise<Told>} */
async function told({ id, with: other, seq, at, mine, text, voice, signedOut = false }, name) {
  const kept = voice ? /** @type {Transcript | null} */ (await disk.get('transcripts', id)) : null;
  const transcript = kept && kept.expires > Date.now() ? { transcript: kept.text, expires: Math.round(kept.expires / 1_000) } : {};
  const said = text === undefined ? { voice } : { text };
  return /** @type {Told} */ ({ id, with: other, name, seq, at: at / 1_000, mine, sent: Math.round(at), ...said, ...transcript, ...(signedOut ? { signed_out: true } : {}) });
}

/** As many as fit into one item, in order. @param {readonly Told[]} all @returns {Bytes[]} */
function batches(all) {
  /** @type {Bytes[]} */ const made = [];
  let texts = /** @type {string[]} */ ([]);
  let size = 0;
  const close = () => {
    if (texts.length > 0) made.push(utf8(`{"messages":[${texts.join(',')}]}`));
    texts = [];
    size = 0;
  };
  for (const one of all) {
    const text = JSON.stringify(one);
    const length = utf8(text).length + 1;
    if (size + length > OWN_ITEM_LIMIT - 32) close();
    texts.push(text);
    size += length;
  }
  close();
  return made;
}

/** Its time goes on: it does not begin anew here. @param {Told} one @param {Item} item @returns {Transcript | null} */
function transcriptIn({ transcript, expires }, { at }) {
  if (typeof transcript !== 'string') return null;
  return { text: transcript, expires: typeof expires === 'number' ? expires * 1_000 : at + TRANSCRIPT_FOR };
}

/** What another own endpoint tells of a message. Throws Untrusted. @param {Told} one @returns {Item} */
function itemOf({ id, with: other, seq, at, mine, text, voice, signed_out: out }) {
  require([id, other].every((one) => typeof one === 'string') && Number.isSafeInteger(seq) && typeof at === 'number', 'malformed');
  const { seconds = 0, segments = 1, bytes = 1 } = voice ?? {};
  require(segments <= SEGMENTS_LIMIT, 'malformed');
  const pieces = Array.from({ length: segments }, () => NO_HASH); // there is no sound that they would be of
  const content = readContent(utf8(JSON.stringify(text === undefined ? { voice: { seconds, segments, bytes, hashes: pieces } } : { text })));
  const said = 'text' in content ? content : { voice: { seconds, segments, bytes }, partial: true };
  return { id, with: other, seq, at: Math.round(at * 1_000), mine: mine === true, ...said, ...(out === true ? { signedOut: true } : {}) };
}

/** @param {Bytes} body @returns {any} */
function parsed(body) {
  try {
    const said = JSON.parse(fromUtf8(body));
    if (typeof said === 'object' && said !== null) return said;
  } catch {
    // told below
  }
  throw new Untrusted('malformed');
}
