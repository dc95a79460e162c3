/**
 * Pairing: a new endpoint and one of an adult's own make sure of each other's keys, past a server that
 * may be forged. Two ways lead there.
 *
 * By link, the new endpoint has scanned a secret that the server never saw; each side proves with it what
 * it said. `LinkNew.greeting` → `LinkOwn.greeted`, signed into the chain, `LinkOwn.answer` → `LinkNew.answered`.
 *
 * By code, there is no secret. The new endpoint first binds itself to its keys and a nonce, then learns
 * the other's, then reveals: neither can try nonces until six digits come out alike. People compare them, on both
 * sides, before anything is signed. `CodeNew.commitment` → `CodeOwn.committed` → `CodeNew.answered` →
 * `CodeOwn.revealed`, `confirmed` on both sides, signed into the chain, → `CodeNew.admitted`.
 *
 * Every step comes once and in its turn. After one that was refused nothing more is done.
 */

import { equal } from '../core/bytes.js';
import { statement } from '../core/statements.js';
import { consistent, sha256 } from './keys.js';
import { nameOf, pointFields, requireContains } from './links.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Endpoints} from './endpoints.js' */
/** @import {PublicKeys} from './keys.js' */
/** @import {Point, Reach} from './links.js' */

const SECRET_LENGTH = 16;
const NONCE_LENGTH = 32;
const HASH_LENGTH = 32;
const DIGITS = 1_000_000n;

/** What is paired, where: the pairing's code and the server's identity key. @typedef {{code: string, server: Bytes}} Meeting */
/** A chain or roster, as one who is in it names it. @typedef {Point & {root: Bytes}} Belonging */
/** The fingerprint of the server's certificate authority is empty where it has none of its own. @typedef {Belonging & {authority: Bytes}} Answer */
/** @typedef {Belonging & {identity: Bytes, nonce: Bytes}} Introduction */
/** The chain or roster, replayed. @typedef {Reach & Endpoints} Arrived */

/** What the new endpoint proves with the link's secret. @param {Bytes} secret @param {Meeting} meeting @param {PublicKeys} keys */
export function proofOfNew(secret, meeting, keys) {
  return prove(secret, saidByNew(meeting, keys));
}

/** What the adult's endpoint proves. @param {Bytes} secret @param {Meeting} meeting @param {Bytes} identity the new one's @param {Answer} answer */
export function proofOfOwn(secret, meeting, identity, answer) {
  return prove(secret, saidByOwn(meeting, identity, answer));
}

/** @param {Meeting} meeting @param {PublicKeys} keys */
function saidByNew({ code, server }, keys) {
  return statement('kith/1 pair-new', code, server, ...parts(keys));
}

/** @param {Meeting} meeting @param {Bytes} identity @param {Answer} answer */
function saidByOwn({ code, server }, identity, { root, authority, ...point }) {
  return statement('kith/1 pair-own', code, server, identity, root, ...pointFields(point), authority);
}

/** What the new endpoint binds itself to. @param {Meeting} meeting @param {PublicKeys} keys @param {Bytes} nonce */
export function commitmentOf({ code, server }, keys, nonce) {
  return sha256(statement('kith/1 pair-commit', code, server, ...parts(keys), nonce));
}

/** The six digits. @param {Meeting} meeting @param {PublicKeys} keys the new one's @param {Bytes} nonce its @param {Introduction} own */
export async function digitsOf({ code, server }, { identity, sealing }, nonce, own) {
  const ends = [identity, sealing, own.identity, own.root, ...pointFields(own)];
  const hash = await sha256(statement('kith/1 pair-digits', code, server, ...ends, nonce, own.nonce));
  return String(new DataView(hash.buffer).getBigUint64(0) % DIGITS).padStart(6, '0');
}

/** Steps that come once each, in order. A refusal is the end. */
class Turns {
  /** @type {readonly string[]} */ #due;

  /** @param {...string} steps */
  constructor(...steps) {
    this.#due = steps;
  }

  /** @template T @param {string} step @param {() => Promise<T>} does @returns {Promise<T>} */
  async take(step, does) {
    const [next, ...rest] = this.#due;
    this.#due = []; // nothing else may come while this one is looked at
    require(step === next, 'out_of_turn');
    const done = await does();
    this.#due = rest;
    return done;
  }
}

/** The new endpoint, which has the link. */
export class LinkNew {
  #turns = new Turns('greeting', 'answered');
  #secret;
  #meeting;
  #keys;

  /** @param {Bytes} secret 16 bytes, from the link @param {Meeting} meeting @param {PublicKeys} keys its own */
  constructor(secret, meeting, keys) {
    this.#secret = secret;
    this.#meeting = meeting;
    this.#keys = keys;
  }

  /** The proof that goes with its keys. @returns {Promise<Bytes>} */
  greeting() {
    return this.#turns.take('greeting', () => proofOfNew(this.#secret, this.#meeting, this.#keys));
  }

  /**
   * It is a part of the chain or roster now. Rejects with Untrusted if not, or if this is not what was proved.
   * @param {Answer} answer @param {Bytes} proof @param {Arrived} arrived
   */
  answered(answer, proof, arrived) {
    return this.#turns.take('answered', async () => {
      await requireProof(this.#secret, saidByOwn(this.#meeting, this.#keys.identity, answer), proof);
      requireIn(answer, arrived, this.#keys);
    });
  }
}

/** The adult's endpoint, which showed the link. */
export class LinkOwn {
  #turns = new Turns('greeted', 'answer');
  #secret;
  #meeting;
  /** @type {Bytes | null} */ #identity = null;

  /** @param {Bytes} secret 16 bytes @param {Meeting} meeting */
  constructor(secret, meeting) {
    this.#secret = secret;
    this.#meeting = meeting;
  }

  /** The keys may be signed in. Rejects with Untrusted. @param {PublicKeys} keys @param {Bytes} proof */
  greeted(keys, proof) {
    return this.#turns.take('greeted', async () => {
      require(await consistent(keys), 'weak_key');
      await requireProof(this.#secret, saidByNew(this.#meeting, keys), proof);
      this.#identity = keys.identity;
    });
  }

  /** The proof that goes with the chain or roster in which the new endpoint is now. @param {Answer} answer @returns {Promise<Bytes>} */
  answer(answer) {
    const identity = /** @type {Bytes} */ (this.#identity);
    return this.#turns.take('answer', () => proofOfOwn(this.#secret, this.#meeting, identity, answer));
  }
}

/** The new endpoint, into which the code was typed. */
export class CodeNew {
  #turns = new Turns('commitment', 'answered', 'confirmed', 'admitted');
  #meeting;
  #keys;
  #nonce;
  /** @type {Belonging | null} */ #belonging = null;

  /** @param {Meeting} meeting @param {PublicKeys} keys its own @param {Bytes} nonce 32 random bytes */
  constructor(meeting, keys, nonce) {
    this.#meeting = meeting;
    this.#keys = keys;
    this.#nonce = nonce;
  }

  /** What it sends first. @returns {Promise<Bytes>} */
  commitment() {
    return this.#turns.take('commitment', () => commitmentOf(this.#meeting, this.#keys, this.#nonce));
  }

  /** What it reveals, and the digits to show. @param {Introduction} own @returns {Promise<{nonce: Bytes, digits: string}>} */
  answered(own) {
    return this.#turns.take('answered', async () => {
      require(own.nonce.length === NONCE_LENGTH, 'malformed');
      this.#belonging = own;
      return { nonce: this.#nonce, digits: await digitsOf(this.#meeting, this.#keys, this.#nonce, own) };
    });
  }

  /** What the person said to the digits. @param {boolean} match */
  confirmed(match) {
    return this.#turns.take('confirmed', async () => require(match, 'not_confirmed'));
  }

  /** It is a part of the chain or roster now. Rejects with Untrusted if not. @param {Arrived} arrived */
  admitted(arrived) {
    const belonging = /** @type {Belonging} */ (this.#belonging);
    return this.#turns.take('admitted', async () => requireIn(belonging, arrived, this.#keys));
  }
}

/** The adult's endpoint, which showed the code. */
export class CodeOwn {
  #turns = new Turns('committed', 'revealed', 'confirmed');
  #meeting;
  #own;
  /** @type {Bytes | null} */ #commitment = null;
  /** @type {PublicKeys | null} */ #keys = null;

  /** @param {Meeting} meeting @param {Introduction} own with a nonce of 32 random bytes */
  constructor(meeting, own) {
    this.#meeting = meeting;
    this.#own = own;
  }

  /** What it answers. @param {Bytes} commitment 32 bytes @returns {Promise<Introduction>} */
  committed(commitment) {
    return this.#turns.take('committed', async () => {
      require(commitment.length === HASH_LENGTH, 'malformed');
      this.#commitment = commitment;
      return this.#own;
    });
  }

  /** The digits to show. Rejects with Untrusted unless this was committed to. @param {PublicKeys} keys @param {Bytes} nonce @returns {Promise<string>} */
  revealed(keys, nonce) {
    return this.#turns.take('revealed', async () => {
      require(nonce.length === NONCE_LENGTH, 'malformed');
      require(await consistent(keys), 'weak_key');
      const commitment = await commitmentOf(this.#meeting, keys, nonce);
      require(this.#commitment && equal(commitment, this.#commitment), 'wrong_proof');
      this.#keys = keys;
      return digitsOf(this.#meeting, keys, nonce, this.#own);
    });
  }

  /** The keys to sign in. Rejects with Untrusted unless the person said yes. @param {boolean} match @returns {Promise<PublicKeys>} */
  confirmed(match) {
    return this.#turns.take('confirmed', async () => {
      require(match && this.#keys, 'not_confirmed');
      return this.#keys;
    });
  }
}

/** @param {PublicKeys} keys */
function parts({ identity, sealing, sealing_signature }) {
  return [identity, sealing, sealing_signature];
}

/** Throws Untrusted unless the chain or roster is the one that was named, or goes on from there, with these keys in it. @param {Belonging} belonging @param {Arrived} arrived @param {PublicKeys} keys */
function requireIn(belonging, arrived, { identity, sealing }) {
  require(equal(belonging.root, arrived.root), 'forked');
  requireContains(arrived, belonging);
  const found = arrived.active.get(nameOf(identity));
  require(found && equal(found.sealing, sealing), 'not_active');
}

/** @param {Bytes} secret @param {Bytes} message @returns {Promise<Bytes>} 32 bytes */
async function prove(secret, message) {
  return new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(secret), message));
}

/** Rejects with Untrusted. How long it takes tells nothing of the right proof. @param {Bytes} secret @param {Bytes} message @param {Bytes} proof */
async function requireProof(secret, message, proof) {
  require(await crypto.subtle.verify('HMAC', await hmacKey(secret), proof, message), 'wrong_proof');
}

/** @param {Bytes} secret */
function hmacKey(secret) {
  require(secret.length === SECRET_LENGTH, 'malformed');
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}
