/**
 * This endpoint's keys: Ed25519 to say who it is, X25519 to be sealed to. The private halves are
 * made non-extractable: no script, not even ours, can read them out of the browser.
 */

import { toBase64 } from '../core/bytes.js';
import { sealingStatement } from '../core/statements.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Keys} from '../protocol.js' */

/** @typedef {{identity: CryptoKeyPair, sealing: CryptoKeyPair}} KeyPairs */

/** Whether this page may hold keys at all: a secure page in a browser that knows both curves. */
export async function supported() {
  try {
    await makeKeys();
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<KeyPairs>} */
export async function makeKeys() {
  const [identity, sealing] = await Promise.all([
    crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']),
    crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']),
  ]);
  return { identity: /** @type {CryptoKeyPair} */ (identity), sealing: /** @type {CryptoKeyPair} */ (sealing) };
}

/** @param {KeyPairs} pairs @param {Bytes} message @returns {Promise<Bytes>} 64 bytes */
export async function sign(pairs, message) {
  return new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, pairs.identity.privateKey, message));
}

/** The public halves, the sealing key signed by the identity key. @param {KeyPairs} pairs @returns {Promise<Keys>} */
export async function publicKeys(pairs) {
  const [identity, sealing] = await Promise.all([raw(pairs.identity.publicKey), raw(pairs.sealing.publicKey)]);
  const signature = await sign(pairs, sealingStatement(identity, sealing));
  return { identity: toBase64(identity), sealing: toBase64(sealing), sealing_signature: toBase64(signature) };
}

/** @param {CryptoKey} key @returns {Promise<Bytes>} 32 bytes */
async function raw(key) {
  return new Uint8Array(await crypto.subtle.exportKey('raw', key));
}
