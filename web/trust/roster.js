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
import { activeAt, entered, left, NONE } from './endpoints.js';
import { bytesOf, KEY_LENGTH, publicKeysOf } from './keys.js';
import {
  countOf,
  following,
  framedOf,
  linkBytes,
  nameOf,
  pointFields,
  reached,
  requireContains,
  requireFollowing,
} from './links.js';
import { fields } from './person.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Endpoints} from './endpoints.js' */
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
 * What the links say so far: who is a member, the shared endpoints, and the newest point that it rests on of
 * each person's chain, kept when they leave. Persons are named by `nameOf` their root.
 * @typedef {Endpoints & {members: ReadonlySet<string>, pins: ReadonlyMap<string, Point>}} Standing
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
 * @param {HouseholdLink} link @param {Persons} persons everybody who signed or joined
 * @returns {Promise<Roster>}
 */
export async function extend(roster, link, persons) {
  requireFollowing(roster, link, LINK_LIMIT);
  require((roster === null) === (link.action === 'begin'), 'wrong_start');
  const here = roster ?? { ...NONE, members: new Set([nameOf(link.person)]), pins: new Map() };
  require(here.members.has(nameOf(link.person)), 'not_a_member');
  const point = { version: link.person_version, head: link.person_head };
  const signing = pinned(here, link.person, point, persons);
  require(activeAt(chainOf(persons, link.person), link.signer, point.version), 'not_active');
  const reach = await reached(roster, link, householdLinkBytes(link));
  return { ...(await after(signing, link, persons)), ...reach };
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

/** @param {Persons} persons @param {Bytes} root @returns {Chain} Throws Untrusted. */
function chainOf(persons, root) {
  const chain = persons.get(nameOf(root));
  require(chain && equal(chain.root, root), 'unknown_person');
  return chain;
}

/** Resting on this point of the person's chain, which it must not have passed already. @param {Standing} standing @param {Bytes} person @param {Point} point @param {Persons} persons @returns {Standing} */
function pinned(standing, person, point, persons) {
  const chain = chainOf(persons, person);
  const pin = standing.pins.get(nameOf(person)) ?? point;
  requireContains(chain, point);
  requireContains(chain, pin);
  require(point.version >= pin.version, 'stale');
  return { ...standing, pins: new Map([...standing.pins, [nameOf(person), point]]) };
}

/** @param {Standing} standing @param {HouseholdLink} link @param {Persons} persons @returns {Promise<Standing>} */
async function after(standing, link, persons) {
  const { members } = standing;
  switch (link.action) {
    case 'begin':
    case 'confirm':
      return standing;
    case 'join': {
      require(!members.has(nameOf(link.member)), 'already_there');
      require(members.size < MEMBER_LIMIT, 'too_many');
      const point = { version: link.member_version, head: link.member_head };
      return { ...pinned(standing, link.member, point, persons), members: new Set([...members, nameOf(link.member)]) };
    }
    case 'leave':
      require(members.has(nameOf(link.member)), 'not_there');
      require(members.size > 1, 'last_one');
      return { ...standing, members: new Set([...members].filter((name) => name !== nameOf(link.member))) };
    case 'add':
      return { ...standing, ...(await entered(standing, link.keys, link.version, SHARED_LIMIT)) };
    case 'remove':
      return { ...standing, ...left(standing, link.identity, link.version) };
  }
}
