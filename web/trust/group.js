/**
 * Who is in a group that is encrypted end to end: one signed roster, whose version rises with each joining and leaving;
 * kith/core/trust/group.py, in the browser. Pure.
 *
 * The server passes rosters on and can neither write one nor hold one back for long: media flows between two members
 * only once both stand in the newest that each of them has.
 */

import { compare, equal } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { bytesOf, KEY_LENGTH, sha256, SIGNATURE_LENGTH, verify } from './keys.js';
import { countOf, nameOf } from './links.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */

export const MAX_MEMBERS = 5;
export const MAX_INVITED = 32;
const MAX_REMOVED = 32;
const CALL = /^c_[0-9a-z]{20}$/;

/** An endpoint, and for whom it speaks: the root of a person, or of a household's roster. `order` rises with every joining. @typedef {{identity: Bytes, root: Bytes, order: number}} GroupMember */

/**
 * @typedef {object} GroupRoster
 * @property {string} call
 * @property {Kind} kind  never another, as the way is
 * @property {Path} path
 * @property {Bytes} starter  the root of whoever began it
 * @property {number} version
 * @property {Bytes} previous  the hash of the former's signed bytes, empty in version 0
 * @property {readonly Bytes[]} invited  the roots of all who were asked, and of the starter, ascending
 * @property {readonly Bytes[]} removed  who is out for good, ascending: roots of persons, identities of shared endpoints
 * @property {readonly GroupMember[]} members  ascending by their order
 * @property {number} time  Unix seconds
 * @property {Bytes} signer
 * @property {Bytes} signature
 */

/** @typedef {'call' | 'drop_in'} Kind */
/** @typedef {'mesh' | 'mixer'} Path */

/** Who signs, and when, in Unix seconds. @typedef {{identity: Bytes, sign: Sign, time: number}} By */

// -- from a wire ----------------------------------------------------------------------------------------

/** @param {Record<string, any>} wire as JSON carries it @returns {GroupRoster} Throws Untrusted. */
export function groupRosterOf(wire) {
  const { call, kind, path, invited, members } = wire;
  const previous = wire['previous'] ?? '';
  const removed = wire['removed'] ?? [];
  require(typeof call === 'string' && CALL.test(call), 'malformed');
  require(Array.isArray(invited) && invited.length <= MAX_INVITED, 'too_many');
  require(kind === 'call' || kind === 'drop_in', 'malformed');
  require(path === 'mesh' || path === 'mixer', 'malformed');
  require(Array.isArray(removed) && removed.length <= MAX_REMOVED, 'too_many');
  require(Array.isArray(members) && members.length <= MAX_MEMBERS, 'too_many');
  return {
    call,
    kind,
    path,
    starter: bytesOf(wire['starter'], KEY_LENGTH),
    version: countOf(wire['version']),
    previous: previous === '' ? new Uint8Array(0) : bytesOf(previous, KEY_LENGTH),
    invited: invited.map((root) => bytesOf(root, KEY_LENGTH)),
    removed: removed.map((one) => bytesOf(one, KEY_LENGTH)),
    members: members.map(memberOf),
    time: countOf(wire['time']),
    signer: bytesOf(wire['signer'], KEY_LENGTH),
    signature: bytesOf(wire['signature'], SIGNATURE_LENGTH),
  };
}

/** @param {Record<string, unknown> | null} wire @returns {GroupMember} */
function memberOf(wire) {
  if (wire === null || typeof wire !== 'object') throw new Untrusted('malformed');
  return { identity: bytesOf(wire['identity'], KEY_LENGTH), root: bytesOf(wire['root'], KEY_LENGTH), order: countOf(wire['order']) };
}

// -- what is signed -------------------------------------------------------------------------------------

/** The bytes that `signer` signs. @param {Omit<GroupRoster, 'signature'>} roster */
export function groupBytes({ call, kind, path, starter, version, previous, invited, removed, members, time, signer }) {
  const all = members.map(({ identity, root, order }) => statement('member', identity, root, u64(order)));
  const parts = [u64(version), previous, ...list(invited), ...list(removed), ...list(all), u64(time), signer];
  return statement('kith/1 group', call, kind, path, starter, ...parts);
}

/** How many there are, then each. @param {readonly Bytes[]} parts */
const list = (parts) => [u64(parts.length), ...parts];

/** Version 0, signed: the starter, who speaks for `root`, alone. @param {{call: string, kind: Kind, path: Path}} what as the starter was shown @param {Bytes} root @param {readonly Bytes[]} invited roots @param {By} by */
export function firstRoster({ call, kind, path }, root, invited, { identity, sign, time }) {
  const members = [{ identity, root, order: 0 }];
  const standing = { invited: together(root, ...invited), removed: [], members };
  return signed({ call, kind, path, starter: root, version: 0, previous: new Uint8Array(0), ...standing, time, signer: identity }, sign);
}

/**
 * The one after `known`, signed, with these members.
 * @param {GroupRoster} known @param {readonly GroupMember[]} members @param {By} by @param {{invited?: readonly Bytes[], removed?: readonly Bytes[]}} [more] roots of those who are asked besides, and who is out for good, which only the starter may say
 */
export async function followingRoster(known, members, { identity, sign, time }, { invited = [], removed = [] } = {}) {
  const previous = await sha256(groupBytes(known));
  const lists = { invited: together(...known.invited, ...invited), removed: together(...known.removed, ...removed) };
  const standing = { ...lists, members: [...members].sort((one, other) => one.order - other.order) };
  const { call, kind, path, starter } = known;
  return signed({ call, kind, path, starter, version: known.version + 1, previous, ...standing, time: Math.max(time, known.time), signer: identity }, sign);
}

/** @param {Omit<GroupRoster, 'signature'>} roster @param {Sign} sign @returns {Promise<GroupRoster>} */
async function signed(roster, sign) {
  return { ...roster, signature: await sign(groupBytes(roster)) };
}

/** Each once, ascending. @param {...Bytes} roots */
function together(...roots) {
  return [...new Map(roots.map((root) => [nameOf(root), root])).values()].sort(compare);
}

// -- what is believed -----------------------------------------------------------------------------------

/**
 * Rejects with Untrusted unless this roster is sound, and the same as `known` or a later one. Of two that follow the same
 * one, the first that is seen stands. Whose endpoints the members are, for the first that one sees whose its signer is, and
 * whether this very endpoint stands in it, is for whoever asks.
 * @param {GroupRoster} next @param {GroupRoster | null} known
 */
export async function checkRoster(next, known) {
  const bytes = groupBytes(next);
  requireSound(next);
  require(await verify(next.signer, next.signature, bytes), 'bad_signature');
  if (known === null) return;
  require(next.call === known.call && next.kind === known.kind && next.path === known.path, 'forked');
  require(equal(next.starter, known.starter), 'forked');
  require(next.version >= known.version, 'stale');
  if (next.version === known.version) {
    require(equal(bytes, groupBytes(known)), 'forked');
    return;
  }
  require(stands(known, next.signer), 'not_active');
  if (next.version === known.version + 1) require(equal(next.previous, await sha256(groupBytes(known))), 'forked');
  require(known.invited.every((root) => holds(next.invited, root)), 'forked');
  require(known.removed.every((one) => holds(next.removed, one)), 'forked');
  require(next.removed.length === known.removed.length || isStarters(known, next.signer), 'not_active');
  require(next.time >= known.time, 'time_reversed');
  requireNewcomersLast(known, next);
}

/** Whether an endpoint, which speaks for this root, is out for good. @param {GroupRoster} roster @param {Bytes} root @param {Bytes} identity */
export const isRemoved = ({ removed }, root, identity) => holds(removed, root) || holds(removed, identity);

/** @param {GroupRoster} roster @param {Bytes} one */
const isStarters = ({ members, starter }, one) => members.some(({ identity, root }) => equal(identity, one) && equal(root, starter));

/** Whether an endpoint is in it. @param {GroupRoster} roster @param {Bytes} identity */
export const stands = ({ members }, identity) => members.some((member) => equal(member.identity, identity));

/** @param {readonly Bytes[]} all @param {Bytes} one */
const holds = (all, one) => all.some((each) => equal(each, one));

/** @param {GroupRoster} roster */
function requireSound(roster) {
  const { version, previous, members, invited, removed, signer } = roster;
  require(previous.length === (version > 0 ? KEY_LENGTH : 0), 'malformed');
  require(version > 0 || members.length === 1, 'malformed');
  require(members.length > 0 && members.length <= MAX_MEMBERS, 'too_many');
  require(invited.length <= MAX_INVITED, 'too_many');
  require(removed.length <= MAX_REMOVED, 'too_many');
  requireAscending(invited, compare);
  requireAscending(removed, compare);
  requireAscending(members, (one, other) => one.order - other.order);
  require(new Set(members.map(({ identity }) => nameOf(identity))).size === members.length, 'malformed');
  require(members.some(({ identity }) => equal(identity, signer)), 'not_active');
  require(members.every(({ root }) => holds(invited, root)), 'not_invited');
  require(!members.some(({ root, identity }) => isRemoved(roster, root, identity)), 'not_invited');
  require(version > 0 || isStarters(roster, signer), 'malformed');
  require(version > 0 || removed.length === 0, 'malformed');
}

/** Who was there is as they were, or has joined again; who is new has a higher order than all before. @param {GroupRoster} known @param {GroupRoster} next */
function requireNewcomersLast(known, next) {
  const newest = Math.max(...known.members.map(({ order }) => order));
  const same = (/** @type {GroupMember} */ one, /** @type {GroupMember} */ other) => equal(one.identity, other.identity) && equal(one.root, other.root) && one.order === other.order;
  require(next.members.every((one) => one.order > newest || known.members.some((other) => same(one, other))), 'forked');
}

/** @template T @param {readonly T[]} parts @param {(one: T, other: T) => number} order */
function requireAscending(parts, order) {
  require(parts.every((part, at) => at === 0 || order(/** @type {T} */ (parts[at - 1]), part) < 0), 'malformed');
}
