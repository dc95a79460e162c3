/** Public keys of endpoints, and whether to trust signatures by them: kith/core/keys.py, in the browser. */

import { fromBase64 } from '../core/bytes.js';
import { sealingStatement } from '../core/statements.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Keys} from '../protocol.js' */

/**
 * An endpoint's public half. Everything signed names an endpoint by its identity key.
 * @typedef {object} PublicKeys
 * @property {Bytes} identity  Ed25519 (RFC 8032), 32 bytes
 * @property {Bytes} sealing  X25519 (RFC 7748), 32 bytes
 * @property {Bytes} sealing_signature  the identity's, on the sealing key; 64 bytes
 */

/** Signs with a private key that nobody reads. @typedef {(message: Bytes) => Promise<Bytes>} Sign */

export const KEY_LENGTH = 32;
export const SIGNATURE_LENGTH = 64;

const P = 2n ** 255n - 19n;

/** @param {Bytes} bytes @returns {Promise<Bytes>} 32 bytes */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Bytes of a known length from a wire. Throws Untrusted. @param {unknown} text @param {number} length @returns {Bytes} */
export function bytesOf(text, length) {
  require(typeof text === 'string', 'malformed');
  const bytes = decoded(text);
  require(bytes.length === length, 'malformed');
  return bytes;
}

/** @param {string} text */
function decoded(text) {
  try {
    return fromBase64(text);
  } catch {
    throw new Untrusted('malformed');
  }
}

/** Throws Untrusted if they have not the form of keys. @param {Keys} wire @returns {PublicKeys} */
export function publicKeysOf(wire) {
  return {
    identity: bytesOf(wire.identity, KEY_LENGTH),
    sealing: bytesOf(wire.sealing, KEY_LENGTH),
    sealing_signature: bytesOf(wire.sealing_signature, SIGNATURE_LENGTH),
  };
}

/** Whether `signature` is that of the Ed25519 key `identity`. @param {Bytes} identity @param {Bytes} signature @param {Bytes} message */
export async function verify(identity, signature, message) {
  try {
    const key = await crypto.subtle.importKey('raw', identity, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
  } catch {
    return false;
  }
}

/**
 * Whether a 32-byte Ed25519 key is one of the few points for which anybody can forge signatures: those
 * of order 1, 2, 4 and 8. kith/core/keys.py tells how they are recognised.
 * @param {Bytes} key
 */
export function smallOrder(key) {
  const text = Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).reverse().join('');
  const y = BigInt.asUintN(255, BigInt(`0x${text}`)); // the highest bit is the sign of x
  const square = y * y;
  const order8 = 121_665n * square * square - 2n * 121_666n * square + 121_666n;
  return (y * (square - 1n) * order8) % P === 0n;
}

/** Whether the keys belong together, and signatures by the identity can be trusted. @param {PublicKeys} keys */
export async function consistent({ identity, sealing, sealing_signature }) {
  return !smallOrder(identity) && (await verify(identity, sealing_signature, sealingStatement(identity, sealing)));
}
