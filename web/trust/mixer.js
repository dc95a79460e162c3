/** What the server says of its mixer to this endpoint before it sends it anything; kith/core/trust/mixer.py alike. Pure. */

import { statement, u64 } from '../core/statements.js';
import { verify } from './keys.js';
import { countOf } from './links.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */

const LENGTH = 32; // of keys, fingerprints and nonces

/**
 * The one connection for which the server vouches, in one epoch of a group.
 * @typedef {object} MixerPromise
 * @property {string} call  the group's id
 * @property {number} epoch
 * @property {Bytes} identity  of this endpoint, 32 bytes
 * @property {Bytes} mixer  SHA-256 of the mixer's DTLS certificate, 32 bytes
 * @property {Bytes} own  SHA-256 of this endpoint's, as in its offer
 * @property {Bytes} nonce  32 random bytes, sent with the offer
 */

/** The bytes that the server signs. @param {MixerPromise} promise @returns {Bytes} */
export function mixerBytes({ call, epoch, identity, mixer, own, nonce }) {
  require([identity, mixer, own, nonce].every((part) => part.length === LENGTH), 'malformed');
  return statement('kith/1 mixer', call, u64(countOf(epoch)), identity, mixer, own, nonce);
}

/**
 * Rejects with Untrusted unless the server with this identity key signed exactly this.
 * @param {MixerPromise} promise @param {Bytes} server  the pinned one, 32 bytes @param {Bytes} signature
 */
export async function verifyMixer(promise, server, signature) {
  require(await verify(server, signature, mixerBytes(promise)), 'bad_signature');
}
