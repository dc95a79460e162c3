/**
 * Signed links, each naming the hash of the one before: what a person chain and a household roster are
 * made of. Nothing can be left out, changed or put in between without it showing.
 */

import { equal, toBase64 } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { bytesOf, KEY_LENGTH, sha256, SIGNATURE_LENGTH, verify } from './keys.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */

/** A place in a chain: a version, and the hash of the link that has it. The number alone would pin nothing down. @typedef {{version: number, head: Bytes}} Point */

/**
 * What every link has. `previous` is the hash of the one before, zeros in the first.
 * @typedef {{version: number, previous: Bytes, time: number, signer: Bytes, signature: Bytes}} Framed
 */
/** A link before it is signed. @template L @typedef {L extends unknown ? Omit<L, 'signature'> : never} Unsigned */

/**
 * How far a chain goes: its newest point, that link's time in Unix seconds, and the hash of every link.
 * `root`, the hash of the first, names the chain for good.
 * @typedef {Point & {root: Bytes, time: number, heads: readonly Bytes[]}} Reach
 */

const NO_HASH = new Uint8Array(KEY_LENGTH);

/** How bytes are named as keys of maps and sets. @param {Bytes} bytes */
export const nameOf = toBase64;

/** A point as it stands in statements. @param {Point} point */
export const pointFields = ({ version, head }) => [u64(version), head];

/** @param {Reach} reach @param {Point} point */
export function contains({ heads }, { version, head }) {
  const there = heads[version];
  return there !== undefined && equal(there, head);
}

/** Throws Untrusted unless it passes through this point. @param {Reach} reach @param {Point} point */
export function requireContains(reach, point) {
  require(point.version <= reach.version, 'missing');
  require(contains(reach, point), 'forked');
}

/**
 * The hashed and signed bytes.
 * @param {string} label
 * @param {{version: number, previous: Bytes, time: number, action: string}} link
 * @param {...Bytes} rest  the action's subject, then who signs
 */
export function linkBytes(label, { version, previous, time, action }, ...rest) {
  return statement(label, u64(version), previous, u64(time), action, ...rest);
}

/** A number from a wire. Throws Untrusted unless it is a count. @param {unknown} value @returns {number} */
export function countOf(value) {
  require(Number.isSafeInteger(value) && Number(value) >= 0, 'malformed');
  return Number(value);
}

/** The common fields, from a wire. Throws Untrusted. @param {Record<string, unknown>} wire @returns {Framed} */
export function framedOf(wire) {
  return {
    version: countOf(wire['version']),
    previous: bytesOf(wire['previous'], KEY_LENGTH),
    time: countOf(wire['time']),
    signer: bytesOf(wire['signer'], KEY_LENGTH),
    signature: bytesOf(wire['signature'], SIGNATURE_LENGTH),
  };
}

/** Where the next link goes. Its time is not before the newest, whatever this endpoint's clock says. @param {Reach | null} reach @param {number} time Unix seconds */
export function following(reach, time) {
  if (reach === null) return { version: 0, previous: NO_HASH, time };
  return { version: reach.version + 1, previous: reach.head, time: Math.max(time, reach.time) };
}

/** Throws Untrusted unless `link` comes right after `reach`. @param {Reach | null} reach @param {Framed} link @param {number} limit links */
export function requireFollowing(reach, link, limit) {
  const next = following(reach, link.time);
  require(link.version === next.version, 'out_of_order');
  require(equal(link.previous, next.previous), 'broken');
  require(link.time === next.time, 'time_reversed');
  require(link.version < limit, 'too_many');
}

/** How far it goes with this link. Rejects with Untrusted unless its signature is right. @param {Reach | null} reach @param {Framed} link @param {Bytes} bytes @returns {Promise<Reach>} */
export async function reached(reach, link, bytes) {
  require(await verify(link.signer, link.signature, bytes), 'bad_signature');
  const head = await sha256(bytes);
  const { version, time } = link;
  return { root: reach?.root ?? head, version, head, time, heads: [...(reach?.heads ?? []), head] };
}

/** What a person has signed as a whole, and signs anew with a higher version. @typedef {{person: Bytes, person_version: number, version: number, time: number}} Rising */

/**
 * Throws Untrusted if a set goes back behind the one that is known, or contradicts it.
 * @template {Rising} S
 * @param {S} set @param {S} known @param {(set: S) => Bytes} signed the bytes that are signed
 */
export function requireRisen(set, known, signed) {
  require(equal(set.person, known.person), 'unknown_person');
  require(set.version >= known.version, 'stale');
  require(set.version > known.version || equal(signed(set), signed(known)), 'forked');
  require(set.person_version >= known.person_version, 'stale');
  require(set.time >= known.time, 'time_reversed');
}
