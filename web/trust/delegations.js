/** Delegations: which shared endpoints may act for a person. One signed set, whose version only rises. */

import { compare, equal } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { activeAt } from './endpoints.js';
import { bytesOf, KEY_LENGTH, SIGNATURE_LENGTH, verify } from './keys.js';
import { countOf, nameOf, pointFields, requireContains, requireRisen } from './links.js';
import { SHARED_LIMIT } from './roster.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */
/** @import {Chain} from './person.js' */
/** @import {Roster} from './roster.js' */

/**
 * @typedef {object} Delegations
 * @property {Bytes} person  the root of the person's chain
 * @property {number} person_version  at which the signer is active
 * @property {Bytes} person_head  the hash of that link
 * @property {number} version  of the set
 * @property {number} time  Unix seconds
 * @property {readonly Bytes[]} endpoints  identity keys, ascending, each once
 * @property {Bytes} signer
 * @property {Bytes} signature
 */

/** @param {Record<string, unknown>} wire as JSON carries it @returns {Delegations} Throws Untrusted. */
export function delegationsOf(wire) {
  const { endpoints } = wire;
  require(Array.isArray(endpoints), 'malformed');
  return {
    person: bytesOf(wire['person'], KEY_LENGTH),
    person_version: countOf(wire['person_version']),
    person_head: bytesOf(wire['person_head'], KEY_LENGTH),
    version: countOf(wire['version']),
    time: countOf(wire['time']),
    endpoints: endpoints.map((text) => bytesOf(text, KEY_LENGTH)),
    signer: bytesOf(wire['signer'], KEY_LENGTH),
    signature: bytesOf(wire['signature'], SIGNATURE_LENGTH),
  };
}

/** The signed bytes. @param {Omit<Delegations, 'signature'>} set */
export function delegationsBytes(set) {
  const counts = [...pointFields(pointOf(set)), u64(set.version), u64(set.time)];
  return statement('kith/1 delegations', set.person, ...counts, ...set.endpoints, set.signer);
}

/** @param {Pick<Delegations, 'person_version' | 'person_head'>} set */
const pointOf = ({ person_version, person_head }) => ({ version: person_version, head: person_head });

/**
 * A new set of the person of `chain`, signed. `endpoints` may be in any order.
 * @param {Chain} chain
 * @param {{version: number, time: number, endpoints: readonly Bytes[], signer: Bytes, sign: Sign}} what
 * @returns {Promise<Delegations>}
 */
export async function signDelegations({ root, version, head }, { sign, endpoints, ...what }) {
  const person = { person: root, person_version: version, person_head: head };
  const set = { ...person, ...what, endpoints: [...endpoints].sort(compare) };
  return { ...set, signature: await sign(delegationsBytes(set)) };
}

/**
 * The set, if the person's endpoint signed it, is theirs still, and the newest one seen is not newer. Rejects with Untrusted.
 * @param {Delegations} set @param {Chain} chain @param {Delegations | null} known the newest one seen
 */
export async function acceptDelegations(set, chain, known) {
  const { person, person_version, endpoints, signer, signature } = set;
  require(endpoints.length <= SHARED_LIMIT, 'too_many');
  require(endpoints.every((one, at) => compare(endpoints[at - 1] ?? NONE, one) < 0), 'malformed');
  require(equal(person, chain.root), 'unknown_person');
  requireContains(chain, pointOf(set));
  require(activeAt(chain, signer, person_version) && activeAt(chain, signer, chain.version), 'not_active');
  require(await verify(signer, signature, delegationsBytes(set)), 'bad_signature');
  requireNotOlder(set, known);
  return set;
}

/** Throws Untrusted if it goes back behind the newest one seen, or contradicts it. @param {Delegations} set @param {Delegations | null} known */
export function requireNotOlder(set, known) {
  if (known !== null) requireRisen(set, known, delegationsBytes);
}

/**
 * Throws Untrusted unless the shared endpoint may act for the person: it is the household's, they live there, and it is listed.
 * @param {Delegations} set accepted already @param {Bytes} identity @param {Roster} roster
 */
export function requireDelegated({ person, endpoints }, identity, { members, active }) {
  require(active.has(nameOf(identity)), 'not_active');
  require(members.has(nameOf(person)), 'not_a_member');
  require(endpoints.some((one) => equal(one, identity)), 'not_delegated');
}

const NONE = new Uint8Array(0); // comes before every key
