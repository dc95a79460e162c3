/**
 * What the two endpoints of a call seal to each other: nobody between them reads or changes it.
 *
 *     sealed = 0x01 || nonce (12 bytes) || AES-256-GCM(key, nonce, plaintext, additional data 0x01)
 *
 * Both keys, one for each direction, are derived once for a call and epoch, so that sealing is cheap.
 */

import { concat } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys} from './keys.js' */
/** @import {Kind} from './transcript.js' */

export const PLAINTEXT_LIMIT = 32_000;

const FORM = Uint8Array.of(1);
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const OVERHEAD = FORM.length + NONCE_LENGTH + TAG_LENGTH;

/** Both ends' keys, and what the seal is for. @typedef {{identity: Bytes, sealing: CryptoKey, peer: PublicKeys, kind: Kind, call: string, epoch: number}} Ends */

export class Sealer {
  #outward;
  #inward;

  /** @param {CryptoKey} outward @param {CryptoKey} inward @private */
  constructor(outward, inward) {
    this.#outward = outward;
    this.#inward = inward;
  }

  /**
   * @param {Ends} ends `identity` is the own public key, `sealing` the own private X25519 key
   * @returns {Promise<Sealer>}
   * Rejects with Untrusted if the peer's key is one for which there is no secret.
   */
  static async between({ identity, sealing, peer, kind, call, epoch }) {
    const secret = await agree(sealing, peer.sealing);
    const key = (/** @type {Bytes} */ from, /** @type {Bytes} */ to, /** @type {KeyUsage} */ usage) =>
      derive(secret, statement('kith/1 signal-key', kind, call, u64(epoch), from, to), usage);
    const [outward, inward] = await Promise.all([
      key(identity, peer.identity, 'encrypt'),
      key(peer.identity, identity, 'decrypt'),
    ]);
    return new Sealer(outward, inward);
  }

  /** @param {Bytes} plaintext at most 32,000 bytes @param {Bytes} [nonce] 12 bytes, never twice @returns {Promise<Bytes>} */
  async seal(plaintext, nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))) {
    require(plaintext.length <= PLAINTEXT_LIMIT, 'too_long');
    return concat(FORM, nonce, new Uint8Array(await crypto.subtle.encrypt(parameters(nonce), this.#outward, plaintext)));
  }

  /** Rejects with Untrusted unless the peer sealed it, for this call and epoch. @param {Bytes} sealed @returns {Promise<Bytes>} */
  async open(sealed) {
    require(sealed.length <= PLAINTEXT_LIMIT + OVERHEAD, 'too_long');
    require(sealed.length >= OVERHEAD && sealed[0] === FORM[0], 'malformed');
    const nonce = sealed.slice(FORM.length, FORM.length + NONCE_LENGTH);
    try {
      const body = sealed.slice(FORM.length + NONCE_LENGTH);
      return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce), this.#inward, body));
    } catch {
      throw new Untrusted('bad_seal');
    }
  }
}

/** @param {Bytes} nonce */
function parameters(nonce) {
  return { name: 'AES-GCM', iv: nonce, additionalData: FORM, tagLength: TAG_LENGTH * 8 };
}

/** RFC 7748, section 6.1: an all-zero result is refused. @param {CryptoKey} own @param {Bytes} peer @returns {Promise<CryptoKey>} */
async function agree(own, peer) {
  const shared = await exchange(own, peer);
  require(shared.some((byte) => byte !== 0), 'bad_agreement');
  return crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
}

/** @param {CryptoKey} own @param {Bytes} peer @returns {Promise<Bytes>} 32 bytes */
async function exchange(own, peer) {
  try {
    const key = await crypto.subtle.importKey('raw', peer, { name: 'X25519' }, false, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: key }, own, 256));
  } catch {
    throw new Untrusted('bad_agreement'); // browsers refuse the all-zero result themselves
  }
}

/** @param {CryptoKey} secret @param {Bytes} info @param {KeyUsage} usage */
function derive(secret, info, usage) {
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, [usage]);
}
