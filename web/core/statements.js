/** Signed statements, byte for byte those of kith/core/keys.py. Pure. */

import { concat, utf8 } from './bytes.js';

/** @import {Bytes} from './bytes.js' */

const FIELD_LIMIT = 0xffff;

/**
 * A purpose label, then each field with its length in two big-endian bytes: no signature for one
 * purpose can be read as one for another, nor one field as part of its neighbour. Text is UTF-8.
 * Throws RangeError if a field is longer than 65,535 bytes.
 * @param {string} label @param {...(Bytes | string)} fields
 */
export function statement(label, ...fields) {
  const framed = fields.flatMap((field) => {
    const bytes = typeof field === 'string' ? utf8(field) : field;
    if (bytes.length > FIELD_LIMIT) throw new RangeError('too long for a field of a statement');
    return [Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes];
  });
  return concat(utf8(label), ...framed);
}

/** A field of a statement that is a number. @param {number} value 0 to 2^53 - 1 @returns {Bytes} 8, big-endian */
export function u64(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not a count');
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/**
 * What an endpoint signs to sign in: bound to this server, this origin, this challenge.
 * @param {Bytes} server @param {string} origin @param {Bytes} nonce @param {string} endpoint
 */
export function signInStatement(server, origin, nonce, endpoint) {
  return statement('kith/1 sign-in', server, origin, nonce, endpoint);
}

/** What binds an endpoint's X25519 key to its identity key. @param {Bytes} identity @param {Bytes} sealing */
export function sealingStatement(identity, sealing) {
  return statement('kith/1 sealing-key', identity, sealing);
}
