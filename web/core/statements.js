/** Signed statements, byte for byte those of kith/core/keys.py. Pure. */

import { concat, utf8 } from './bytes.js';

/** @import {Bytes} from './bytes.js' */

const SIGN_IN = utf8('kith/1 sign-in');
const SEALING_KEY = utf8('kith/1 sealing-key');

/**
 * A purpose label, then each field with its length in two big-endian bytes: no signature for one
 * purpose can be read as one for another, nor one field as part of its neighbour.
 * @param {Bytes} label @param {...Bytes} fields
 */
function statement(label, ...fields) {
  const framed = fields.flatMap((field) => [Uint8Array.of(field.length >> 8, field.length & 255), field]);
  return concat(label, ...framed);
}

/**
 * What an endpoint signs to sign in: bound to this server, this origin, this challenge.
 * @param {Bytes} server @param {string} origin @param {Bytes} nonce @param {string} endpoint
 */
export function signInStatement(server, origin, nonce, endpoint) {
  return statement(SIGN_IN, server, utf8(origin), nonce, utf8(endpoint));
}

/** What binds an endpoint's X25519 key to its identity key. @param {Bytes} identity @param {Bytes} sealing */
export function sealingStatement(identity, sealing) {
  return statement(SEALING_KEY, identity, sealing);
}
