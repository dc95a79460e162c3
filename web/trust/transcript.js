/** What both endpoints of a call sign before any media flows: who, with which keys and which certificates. */

import { statement, u64 } from '../core/statements.js';
import { verify } from './keys.js';
import { countOf, pointFields } from './links.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */
/** @import {Point} from './links.js' */

const LENGTH = 32; // of nonces and fingerprints

/** @typedef {'caller' | 'callee'} Role */
/** @typedef {'call' | 'drop_in' | 'group_call' | 'group_drop_in'} Kind */

/**
 * One side. For a shared endpoint, `root` and `point` are those of the person it acts for, else of its household.
 * @typedef {object} Side
 * @property {Bytes} root  of the chain or roster, 32 bytes
 * @property {Point} point  the newest one, as both sides see it
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
    u64(countOf(epoch)),
    ...who(caller),
    ...who(callee),
    caller.fingerprint,
    callee.fingerprint,
    caller.nonce,
    callee.nonce,
  );
}

/** @param {Side} side */
function who({ root, point, identity }) {
  return [root, ...pointFields(point), identity];
}

/** @param {Role} role whose `sign` it is @param {Agreement} agreement @param {Sign} sign @returns {Promise<Bytes>} 64 bytes */
export function signTranscript(role, agreement, sign) {
  return sign(transcript(role, agreement));
}

/** Rejects with Untrusted unless `role` signed exactly this. @param {Role} role @param {Agreement} agreement @param {Bytes} signature */
export async function verifyTranscript(role, agreement, signature) {
  const { fingerprint, nonce } = agreement[role];
  require(fingerprint.length === LENGTH && nonce.length === LENGTH, 'malformed');
  require(await verify(agreement[role].identity, signature, transcript(role, agreement)), 'bad_signature');
}

const NAMED = /fingerprint/i;
const EXACT = /^a=fingerprint:sha-256 ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})$/;

/**
 * The one certificate that a session description binds its media to (RFC 8122, section 5).
 * Throws Untrusted unless there is exactly one, by SHA-256; and for a line that a laxer reader might take for one.
 * @param {string} sdp @returns {Bytes} 32 bytes
 */
export function fingerprintOf(sdp) {
  const found = new Set(sdp.split(/\r\n|\r|\n/).filter((line) => NAMED.test(line)).map(written));
  const [only] = found;
  require(found.size === 1 && only, 'fingerprint');
  return Uint8Array.from(only.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** @param {string} line @returns {string} the fingerprint in lower case, or nothing */
function written(line) {
  return EXACT.exec(line)?.[1]?.toLowerCase() ?? '';
}
