/** What both endpoints of a call sign before any media flows: who, with which keys and which certificates. */

import { statement, u64 } from '../core/statements.js';
import { require } from './untrusted.js';
import { verify } from './keys.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */

/** @typedef {'caller' | 'callee'} Role */
/** @typedef {'call' | 'drop_in' | 'group'} Kind */

/**
 * One side. For a shared endpoint, `root` and `version` are those of the person it acts for, else of its household.
 * @typedef {object} Side
 * @property {Bytes} root  32 bytes
 * @property {number} version  of the chain or roster
 * @property {Bytes} identity  32 bytes
 * @property {Bytes} fingerprint  SHA-256 of its DTLS certificate, 32 bytes
 * @property {Bytes} nonce  32 random bytes
 */

/** @typedef {{kind: Kind, call: string, epoch: number, caller: Side, callee: Side}} Agreement */

/** The bytes that `role` signs. @param {Role} role @param {Agreement} agreement @returns {Bytes} */
export function transcript(role, { kind, call, epoch, caller, callee }) {
  return statement(
    'kith/1 session',
    role,
    kind,
    call,
    u64(epoch),
    caller.root,
    u64(caller.version),
    caller.identity,
    callee.root,
    u64(callee.version),
    callee.identity,
    caller.fingerprint,
    callee.fingerprint,
    caller.nonce,
    callee.nonce,
  );
}

/** @param {Role} role whose `sign` it is @param {Agreement} agreement @param {Sign} sign @returns {Promise<Bytes>} 64 bytes */
export function signTranscript(role, agreement, sign) {
  return sign(transcript(role, agreement));
}

/** Rejects with Untrusted unless `role` signed exactly this. @param {Role} role @param {Agreement} agreement @param {Bytes} signature */
export async function verifyTranscript(role, agreement, signature) {
  require(await verify(agreement[role].identity, signature, transcript(role, agreement)), 'bad_signature');
}

const ANY = /^\s*a\s*=\s*fingerprint/i;
const EXACT = /^a=fingerprint:sha-256 ([0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i;

/**
 * The one certificate that a session description binds its media to (RFC 8122, section 5).
 * Throws Untrusted unless there is exactly one, by SHA-256.
 * @param {string} sdp @returns {Bytes} 32 bytes
 */
export function fingerprintOf(sdp) {
  const found = new Set(sdp.split(/\r\n|\r|\n/).filter((line) => ANY.test(line)).map(written));
  const [only] = found;
  require(found.size === 1 && only, 'bad_fingerprint');
  return Uint8Array.from(only.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** @param {string} line @returns {string} the fingerprint in lower case, or nothing */
function written(line) {
  return EXACT.exec(line)?.[1]?.toLowerCase() ?? '';
}
