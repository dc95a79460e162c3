/**
 * What the two endpoints of a call seal to each other: nobody between them reads or changes it.
 *
 *     sealed = 0x01 || nonce (12 bytes) || AES-256-GCM(key, nonce, plaintext, additional data 0x01)
 *
 * Both keys, one for each direction, are derived once for a call and epoch, so that sealing is cheap. They hide
 * what is sent and say from which endpoint it comes; that the peer takes part now, the transcript says.
 */

import { concat, equal } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { consistent } from './keys.js';
import { countOf } from './links.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys} from './keys.js' */
/** @import {Kind} from './transcript.js' */

export const PLAINTEXT_LIMIT = 32_000;

const FORM = Uint8Array.of(1);
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const OVERHEAD = FORM.length + NONCE_LENGTH + TAG_LENGTH;

/**
 * Both ends, and what the seal is for.
 * @typedef {object} Ends
 * @property {PublicKeys} own
 * @property {CryptoKey} secret  the own private X25519 key
 * @property {PublicKeys} peer
 * @property {Kind} kind
 * @property {string} call
 * @property {number} epoch
 */

export class Sealer {
  #outward;
  #inward;

  /** @param {CryptoKey} outward @param {CryptoKey} inward @private */
  constructor(outward, inward) {
    this.#outward = outward;
    this.#inward = inward;
  }

  /** @param {Ends} ends @returns {Promise<Sealer>} Rejects with Untrusted if the peer's keys cannot be used. */
  static async between({ own, secret, peer, kind, call, epoch }) {
    require(await consistent(peer), 'weak_key');
    require(!equal(own.identity, peer.identity), 'weak_key'); // else both directions would have one key
    const shared = await agreed(secret, peer.sealing);
    const key = (/** @type {PublicKeys} */ from, /** @type {PublicKeys} */ to, /** @type {KeyUsage} */ usage) => {
      const ends = [from.identity, to.identity, from.sealing, to.sealing];
      return sealingKey(shared, statement('kith/1 signal-key', kind, call, u64(countOf(epoch)), ...ends), usage);
    };
    return new Sealer(...(await Promise.all([key(own, peer, 'encrypt'), key(peer, own, 'decrypt')])));
  }

  /**
   * Rejects with RangeError for more than it may hold.
   * @param {Bytes} plaintext at most 32,000 bytes @param {Bytes} [nonce] 12 bytes, never twice
   * @returns {Promise<Bytes>}
   */
  async seal(plaintext, nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))) {
    if (plaintext.length > PLAINTEXT_LIMIT) throw new RangeError('too much to seal');
    return concat(FORM, nonce, new Uint8Array(await crypto.subtle.encrypt(parameters(nonce), this.#outward, plaintext)));
  }

  /** Rejects with Untrusted unless the peer sealed it, for this call and epoch. @param {Bytes} sealed @returns {Promise<Bytes>} */
  async open(sealed) {
    const whole = OVERHEAD <= sealed.length && sealed.length <= OVERHEAD + PLAINTEXT_LIMIT;
    require(whole && sealed[0] === FORM[0], 'unreadable');
    const nonce = sealed.slice(FORM.length, FORM.length + NONCE_LENGTH);
    try {
      const body = sealed.slice(FORM.length + NONCE_LENGTH);
      return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce), this.#inward, body));
    } catch {
      throw new Untrusted('unreadable');
    }
  }
}

/** @param {Bytes} nonce */
function parameters(nonce) {
  return { name: 'AES-GCM', iv: nonce, additionalData: FORM, tagLength: TAG_LENGTH * 8 };
}

/** RFC 7748, section 6.1: an all-zero result is refused. @param {CryptoKey} own @param {Bytes} peer @returns {Promise<CryptoKey>} */
export async function agreed(own, peer) {
  const shared = await exchange(own, peer);
  require(shared.some((byte) => byte !== 0), 'weak_key');
  return crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
}

/** @param {CryptoKey} own @param {Bytes} peer @returns {Promise<Bytes>} 32 bytes */
async function exchange(own, peer) {
  try {
    const key = await crypto.subtle.importKey('raw', peer, { name: 'X25519' }, false, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: key }, own, 256));
  } catch {
    throw new Untrusted('weak_key'); // browsers refuse the all-zero result themselves
  }
}

/** An AES-256-GCM key. @param {CryptoKey} secret @param {Bytes} info @param {KeyUsage} usage */
export function sealingKey(secret, info, usage) {
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, [usage]);
}
