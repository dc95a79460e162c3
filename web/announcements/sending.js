/** Announcing from this page: what is said is sealed to each of the household's devices, and signed. */

import { equal, toBase64 } from '../core/bytes.js';
import { newMessage } from '../core/ids.js';
import { expected } from '../session/reply.js';
import { envelopeToWire } from '../session/wire.js';
import { nameOf } from '../trust/links.js';
import { newKey, sealEnvelope, sealKey, sealSegment, segmentHash, writeContent } from '../trust/message.js';
import { require } from '../trust/untrusted.js';
import { next } from './kept.js';
import { listeners } from './trust.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Household, Identities, Send} from '../session/identities.js' */
/** @import {Said} from './announcements.js' */
/** @import {Header, Voice} from '../trust/message.js' */
/** @import {Roster} from '../trust/roster.js' */

const PATIENCE = { within: 10_000 };

/** @typedef {Household & {roster: Roster}} Home */

export class Sending {
  #identities;
  #send;

  /** @param {Identities} identities @param {Send} send */
  constructor(identities, send) {
    this.#identities = identities;
    this.#send = send;
  }

  /**
   * Announce it, sealed to whom it is for and to no other device. Rejects with Untrusted where the own household cannot be
   * believed or there is none, or with ProblemError.
   * @param {Said} said @param {Bytes | null} to the device with this identity, whatever id the server gives it; null for all
   * @returns {Promise<number>} for how many devices it is
   */
  async send(said, to) {
    const { own } = this.#identities;
    const household = await this.#identities.household();
    if (household.roster === null) return 0; // nobody lives with them, and they share nothing
    const home = { ...household, roster: household.roster };
    const all = listeners(await this.#devices(), home.roster, home.people);
    const found = to === null ? all : all.filter(({ keys }) => equal(keys.identity, to));
    require(to === null || found.length > 0, 'not_active');
    const key = newKey();
    const header = await this.#header(home);
    const pieces = 'pieces' in said ? await sealed(key, header.id, said.pieces) : [];
    const content = 'pieces' in said ? { voice: await voiceOf(said, pieces) } : said;
    const envelope = await sealEnvelope(header, own.sign, writeContent(content), key);
    const keys = await Promise.all(
      found.map(async ({ endpoint, keys: peer }) => ({ endpoint, key: toBase64(await sealKey(own, peer, envelope, key)) })),
    );
    for (const [index, piece] of pieces.entries()) {
      await this.#send({ t: 'put_segment', message: envelope.id, index, body: toBase64(piece) }, PATIENCE);
    }
    const chosen = to === null ? {} : { to: found.map(({ endpoint }) => endpoint) };
    const reply = await this.#send({ t: 'announce', envelope: envelopeToWire(envelope), keys, segments: pieces.length, ...chosen }, PATIENCE);
    return expected('announced', reply).targets;
  }

  async #devices() {
    return expected('targets', await this.#send({ t: 'list_targets' }, PATIENCE)).devices;
  }

  /** @param {Home} home @returns {Promise<Header>} */
  async #header({ roster, people }) {
    const { identity, own } = this.#identities;
    const person = identity.person ?? null;
    const whose = person === null ? roster : people.find(({ id }) => id === person)?.chain;
    require(whose, 'unknown_person');
    if (person === null) require(roster.active.has(nameOf(own.keys.identity)), 'not_active');
    else require(roster.members.has(nameOf(whose.root)), 'not_a_member');
    const { root, version, head } = whose;
    return {
      id: newMessage(),
      kind: 'announcement',
      person,
      root,
      version,
      head,
      endpoint: identity.endpoint,
      identity: own.keys.identity,
      to_root: roster.root,
      sent: await next(),
    };
  }
}

/** @param {Bytes} key @param {string} announcement @param {readonly Bytes[]} pieces */
function sealed(key, announcement, pieces) {
  return Promise.all(pieces.map((piece, index) => sealSegment(key, announcement, index, piece, index === pieces.length - 1)));
}

/** @param {{seconds: number, pieces: readonly Bytes[]}} said @param {readonly Bytes[]} segments sealed @returns {Promise<Voice>} */
async function voiceOf({ seconds, pieces }, segments) {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return { seconds, segments: segments.length, bytes, hashes: await Promise.all(segments.map(segmentHash)) };
}
