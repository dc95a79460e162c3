/**
 * The household roster: who lives here, and which endpoints are everybody's, as members signed it.
 *
 *     link = statement("kith/1 household-link", version, previous, time, action, *subject,
 *                      person, person_version, person_head, signer)
 *
 * `person` and the point of their chain say whose endpoint signs, and where it is active. The newest point
 * of each person is pinned: what their chain said before, or says on another branch, signs nothing more.
 */

import { equal } from '../core/bytes.js';
import { bytesOf, consistent, KEY_LENGTH, publicKeysOf } from './keys.js';
import { contains, countOf, following, framedOf, linkBytes, nameOf, pointFields, reached, requireFollowing } from './links.js';
import { activeAt, fields } from './person.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys, Sign} from './keys.js' */
/** @import {Framed, Point, Reach, Unsigned} from './links.js' */
/** @import {Chain} from './person.js' */

export const LINK_LIMIT = 4_096;
export const MEMBER_LIMIT = 64;
export const SHARED_LIMIT = 64;

/** @typedef {{action: 'begin' | 'confirm'}} Presenting */
/** `member` is the root of a person's chain, and `member_…` a point of it. @typedef {{action: 'join', member: Bytes, member_version: number, member_head: Bytes}} Joining */
/** @typedef {{action: 'leave', member: Bytes}} Leaving */
/** @typedef {{action: 'add', keys: PublicKeys}} Adding */
/** @typedef {{action: 'remove', identity: Bytes}} Removing */
/** What a link does. @typedef {Presenting | Joining | Leaving | Adding | Removing} Deed */
/** Whose endpoint signs. @typedef {{person: Bytes, person_version: number, person_head: Bytes}} Signing */
/** @typedef {Framed & Signing & Deed} HouseholdLink */

/**
 * What the links say so far. Persons are named by `nameOf` their root, endpoints by that of their identity key.
 * @typedef {object} Standing
 * @property {ReadonlySet<string>} members
 * @property {ReadonlyMap<string, PublicKeys>} shared
 * @property {ReadonlySet<string>} removed  shared endpoints that are out for good
 * @property {ReadonlyMap<string, Point>} pins  the newest point seen here of each person's chain, even if they left
 */
/** @typedef {Reach & Standing} Roster */
/** The chains of persons, by `nameOf` their root. @typedef {ReadonlyMap<string, Chain>} Persons */

/** @param {Record<string, unknown>} wire as JSON carries it @returns {HouseholdLink} Throws Untrusted. */
export function householdLinkOf(wire) {
  return {
    ...framedOf(wire),
    person: bytesOf(wire['person'], KEY_LENGTH),
    person_version: countOf(wire['person_version']),
    person_head: bytesOf(wire['person_head'], KEY_LENGTH),
    ...deedOf(wire),
  };
}

/** @param {Record<string, unknown>} wire @returns {Deed} */
function deedOf(wire) {
  const { action } = wire;
  switch (action) {
    case 'begin':
    case 'confirm':
      return { action };
    case 'join':
      return {
        action,
        member: bytesOf(wire['member'], KEY_LENGTH),
        member_version: countOf(wire['member_version']),
        member_head: bytesOf(wire['member_head'], KEY_LENGTH),
      };
    case 'leave':
      return { action, member: bytesOf(wire['member'], KEY_LENGTH) };
    case 'add':
      return { action, keys: publicKeysOf(/** @type {any} */ (wire)) };
    case 'remove':
      return { action, identity: bytesOf(wire['identity'], KEY_LENGTH) };
    default:
      throw new Untrusted('malformed');
  }
}

/** The bytes that are hashed and signed. @param {Unsigned<HouseholdLink>} link */
export function householdLinkBytes(link) {
  const { person, person_version, person_head, signer } = link;
  const where = pointFields({ version: person_version, head: person_head });
  return linkBytes('kith/1 household-link', link, ...subject(link), person, ...where, signer);
}

/** @param {Deed} deed @returns {Bytes[]} */
function subject(deed) {
  switch (deed.action) {
    case 'begin':
    case 'confirm':
      return [];
    case 'join':
      return [deed.member, ...pointFields({ version: deed.member_version, head: deed.member_head })];
    case 'leave':
      return [deed.member];
    case 'add':
      return fields(deed.keys);
    case 'remove':
      return [deed.identity];
  }
}

/**
 * The next link of a roster, signed for the person of `chain` as it stands. Whether it is allowed is for `extend` to say.
 * @param {Roster | null} roster @param {Deed} deed
 * @param {{chain: Chain, time: number, signer: Bytes, sign: Sign}} by who, and when in Unix seconds
 * @returns {Promise<HouseholdLink>}
 */
export async function signHouseholdLink(roster, deed, { chain, time, signer, sign }) {
  const { root, version, head } = chain;
  const signing = { person: root, person_version: version, person_head: head, signer };
  const link = { ...following(roster, time), ...deed, ...signing };
  return { ...link, signature: await sign(householdLinkBytes(link)) };
}

/**
 * The roster with one more link. Rejects with Untrusted, and nothing has changed.
 * @param {Roster | null} roster null before the first link
 * @param {HouseholdLink} link @param {Persons} persons everybody who signed
 * @returns {Promise<Roster>}
 */
export async function extend(roster, link, persons) {
  requireFollowing(roster, link, LINK_LIMIT);
  require((roster === null) === (link.action === 'begin'), 'wrong_start');
  requireMay(roster, link, persons);
  const reach = await reached(roster, link, householdLinkBytes(link));
  return { ...(await after(pinned(roster ?? NOBODY, signerPoint(link)), link)), ...reach };
}

/** @param {readonly HouseholdLink[]} links from the first on @param {Persons} persons @returns {Promise<Roster>} Rejects with Untrusted. */
export async function replay(links, persons) {
  /** @type {Roster | null} */
  let roster = null;
  for (const link of links) roster = await extend(roster, link, persons);
  require(roster, 'wrong_start');
  return roster;
}

// -- who may sign, and what each action asks for and does -------------------------------------------

/** @type {Standing} */
const NOBODY = { members: new Set(), shared: new Map(), removed: new Set(), pins: new Map() };

/** A point of somebody's chain. @typedef {Point & {person: string}} Pin */

/** @param {Signing} link @returns {Pin} */
const signerPoint = ({ person, person_version, person_head }) => ({ person: nameOf(person), version: person_version, head: person_head });

/** Throws Untrusted unless the signer's person is a member, and their chain has the signer where the link says. @param {Roster | null} roster @param {HouseholdLink} link @param {Persons} persons */
function requireMay(roster, link, persons) {
  const { person, ...point } = signerPoint(link);
  require(roster === null || roster.members.has(person), 'not_a_member');
  const chain = persons.get(person);
  require(chain && nameOf(chain.root) === person, 'unknown_person');
  const pin = roster?.pins.get(person) ?? point;
  require(contains(chain, point) && contains(chain, pin), 'forked');
  require(point.version >= pin.version, 'stale');
  require(activeAt(chain, link.signer, point.version), 'not_active');
}

/** @param {Standing} standing @param {Pin} pin @returns {Standing} */
function pinned(standing, { person, version, head }) {
  return { ...standing, pins: new Map([...standing.pins, [person, { version, head }]]) };
}

/** @param {Standing} standing @param {HouseholdLink} link @returns {Promise<Standing>} */
async function after(standing, link) {
  const { members, shared, removed } = standing;
  switch (link.action) {
    case 'begin':
      return { ...standing, members: new Set([nameOf(link.person)]) };
    case 'confirm':
      return standing;
    case 'join':
      require(!members.has(nameOf(link.member)), 'already_there');
      require(members.size < MEMBER_LIMIT, 'too_many');
      return joined(standing, { person: nameOf(link.member), version: link.member_version, head: link.member_head });
    case 'leave':
      require(members.has(nameOf(link.member)), 'not_there');
      require(members.size > 1, 'last_one');
      return { ...standing, members: new Set([...members].filter((name) => name !== nameOf(link.member))) };
    case 'add': {
      const name = nameOf(link.keys.identity);
      require(!shared.has(name), 'already_there');
      require(!removed.has(name), 'key_reused');
      require(shared.size < SHARED_LIMIT, 'too_many');
      require(await consistent(link.keys), 'weak_key');
      return { ...standing, shared: new Map([...shared, [name, link.keys]]) };
    }
    case 'remove': {
      const gone = nameOf(link.identity);
      require(shared.has(gone), 'not_there');
      const rest = [...shared].filter(([name]) => name !== gone);
      return { ...standing, shared: new Map(rest), removed: new Set([...removed, gone]) };
    }
  }
}

/** Somebody moves in, perhaps again. @param {Standing} standing @param {Pin} pin */
function joined(standing, pin) {
  const { version, head } = standing.pins.get(pin.person) ?? pin;
  require(pin.version >= version, 'stale');
  require(pin.version > version || equal(pin.head, head), 'forked');
  return pinned({ ...standing, members: new Set([...standing.members, pin.person]) }, pin);
}
