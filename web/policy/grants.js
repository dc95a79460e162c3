/**
 * What the signed sets give one caller at one device; policy/grants.py, in the browser. Pure.
 *
 * A grant in any of the sets opens; what any of them closes is closed. The own household is let in by `home`.
 */

import { equal } from '../core/bytes.js';
import { nameOf } from '../trust/links.js';
import { begun, turns, zoneOf } from './hours.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {DropInTerm, Grant, Grants, Mode} from '../trust/grants.js' */
/** @import {HouseholdLink, Roster} from '../trust/roster.js' */

const DAY = 86_400;

/** Seconds by which honest clocks may differ. */
const SOON = 300;

/** The device that would open; `household` is the root of its own roster, `alone`: one person is all of it. @typedef {{identity: Bytes, shared: boolean, household: Bytes | null, alone: boolean}} Place */

/**
 * Who wants to drop in: for whom they speak, with which endpoint, and where they live. `households`: by the name of the root of each
 * roster that was checked and has the caller in it (a shared endpoint's own key, too), the names of those members who have
 * signed a link in it themselves.
 * @typedef {{root: Bytes, identity: Bytes, shared: boolean, households: ReadonlyMap<string, ReadonlySet<string>>}} Claim
 */

/** @typedef {'given' | 'home' | 'home_off' | 'home_unset' | 'not_given' | 'not_vouched' | 'person_only' | 'other_device' | 'expired' | 'out_of_hours'} Why */

/** Of several misses the nearest one is told, which is the last check that fails. @type {readonly Why[]} */
const NEAREST = ['out_of_hours', 'expired', 'other_device', 'person_only', 'not_vouched'];

/**
 * `mode` null: nothing. `giver` is the name of the root of whose word opens. `stale`: it would be more, were the set fresh. `ends`: the
 * Unix second at which it does, if that is known.
 * @typedef {{mode: Mode | null, why: Why, carer: boolean, giver: string, own: boolean, stale: boolean, ends: number | null}} Standing
 */

/** @type {Standing} */
const NOTHING = { mode: null, why: 'not_given', carer: false, giver: '', own: false, stale: false, ends: null };

/**
 * Where the caller lives by these rosters, each with the links that it was made of. All were checked.
 * @param {{root: Bytes, identity: Bytes, shared: boolean}} caller
 * @param {readonly {roster: Roster, links: readonly Pick<HouseholdLink, 'person'>[]}[]} rosters
 * @returns {Claim}
 */
export function claimOf(caller, rosters) {
  const { root, identity, shared } = caller;
  const inside = rosters.filter(({ roster: { members, active, root: household } }) => {
    const lives = members.has(nameOf(root)) || (shared && equal(root, household));
    return lives && (!shared || active.has(nameOf(identity)));
  });
  const households = new Map(inside.map(({ roster, links }) => [nameOf(roster.root), vouching(roster, links)]));
  return { root, identity, shared, households };
}

/** @param {Roster} roster @param {readonly Pick<HouseholdLink, 'person'>[]} links @returns {ReadonlySet<string>} */
function vouching({ members }, links) {
  return new Set(links.map(({ person }) => nameOf(person)).filter((name) => members.has(name)));
}

/** What the caller may do at this place now, by signed words alone. @param {readonly Grants[]} sets @param {Place} place @param {Claim} caller @param {number} now Unix seconds @returns {Standing} */
export function standing(sets, place, caller, now) {
  const own = atHome(sets, place, caller);
  const found = own ? byHome(sets, now) : [];
  const off = found.find(({ why }) => why === 'home_off');
  if (off) return off;
  for (const set of sets) found.push(...addressed(set, caller).map((grant) => by(grant, set, place, caller, now)));
  const owned = found.map((one) => ({ ...one, own }));
  const opening = owned.filter(({ mode }) => mode !== null).sort(weaker);
  const nearest = NEAREST.map((why) => owned.find((one) => one.why === why)).find((one) => one !== undefined);
  return opening[0] ?? nearest ?? { ...NOTHING, own, why: own ? 'home_unset' : 'not_given' };
}

/** Whether the caller is of the own household: they live there, or it is another device of the same person. @param {readonly Grants[]} sets @param {Place} place @param {Claim} caller */
export function atHome(sets, place, caller) {
  const same = !place.shared && !caller.shared && sets.some(({ person }) => equal(person, caller.root));
  return same || (place.household !== null && caller.households.has(nameOf(place.household)));
}

/** Who may drop in on this device by any of the sets: the strictest that one of them says. @param {readonly Grants[]} sets @param {Bytes} identity */
export function termAt(sets, identity) {
  return strictest(sets.flatMap(({ devices }) => devices.filter((term) => equal(term.identity, identity)).map((term) => term.drop_in)));
}

/** @param {readonly DropInTerm[]} terms @returns {DropInTerm} */
export function strictest(terms) {
  if (terms.includes('off')) return 'off';
  return terms.includes('household') ? 'household' : 'on';
}

/** Whether a newer set may have been held back for too long. @param {Grants} set @param {number} now */
export const isStale = ({ time, fresh_days }, now) => now - time > fresh_days * DAY;

/**
 * What is left of a set whose signer is none of the person's endpoints any more, or that is from ahead of time: what it
 * allowed may be a thief's doing, and what it forbids holds until somebody says otherwise.
 * @template {Pick<Grants, 'grants' | 'home' | 'enhanced'>} T
 * @param {T} set @returns {T}
 */
export const lapsed = (set) => ({ ...set, grants: [], home: set.home === 'off' ? 'off' : 'unset', enhanced: false });

/** The sets as they count now: one from ahead of the clock opens nothing until its time has come, and moves no clock. @param {readonly Grants[]} sets @param {number} now */
export const timely = (sets, now) => sets.map((set) => (set.time <= now + SOON ? set : { ...lapsed(set), time: Math.floor(now) }));

/** At most one: what the sets together let the household do. @param {readonly Grants[]} sets @param {number} now @returns {Standing[]} */
function byHome(sets, now) {
  const said = sets.filter(({ home }) => home !== 'unset');
  const off = said.find(({ home }) => home === 'off');
  if (off) return [{ ...NOTHING, why: 'home_off', giver: nameOf(off.person), own: true }];
  const knock = said.find(({ home }) => home === 'knock');
  const fresh = said.find((set) => set.home === 'instant' && !isStale(set, now));
  const first = knock ?? fresh ?? said[0];
  if (!first) return [];
  const mode = fresh && !knock ? 'instant' : 'knock';
  return [{ ...NOTHING, mode, why: 'home', giver: nameOf(first.person), own: true, stale: !knock && !fresh }];
}

/** @param {Grants} set @param {Claim} caller */
function addressed({ grants }, { root, households }) {
  return grants.filter(({ receiver, household }) => equal(receiver, root) || households.has(nameOf(household)));
}

/** What this one grant, which is to the caller or their household, gives. @param {Grant} grant @param {Grants} set @param {Place} place @param {Claim} caller @param {number} now @returns {Standing} */
function by(grant, set, place, caller, now) {
  const giver = nameOf(set.person);
  const why = miss(grant, set, place, caller, now);
  if (why !== null) return { ...NOTHING, why, giver };
  const old = isStale(set, now);
  return {
    ...NOTHING,
    mode: old ? 'knock' : grant.mode,
    why: 'given',
    carer: grant.carer && !old,
    giver,
    stale: old && grant.mode === 'instant',
    ends: ends(grant, set, now),
  };
}

/** @param {Grant} grant @param {Grants} set @param {Place} place @param {Claim} caller @param {number} now @returns {Why | null} */
function miss(grant, set, place, caller, now) {
  const vouched = caller.households.get(nameOf(grant.household))?.has(nameOf(grant.receiver));
  if (!vouched && !equal(grant.receiver, caller.root)) return 'not_vouched';
  if (!vouched && caller.shared) return 'person_only';
  if (grant.devices.length > 0 && !grant.devices.some((device) => equal(device, place.identity))) return 'other_device';
  if (grant.until > 0 && now >= grant.until) return 'expired';
  return grant.hours.length > 0 && !isOpen(grant, set.zone, now) ? 'out_of_hours' : null;
}

/** Whether one of the hours lasts. None does in a zone that nobody here knows. @param {Grant} grant @param {string} name @param {number} now */
function isOpen({ hours }, name, now) {
  const zone = zoneOf(name);
  return zone !== null && hours.some((each) => begun(each, zone, now) !== null);
}

/** When it may end: what adjoins it is looked at then. @param {Grant} grant @param {Grants} set @param {number} now */
function ends({ hours, until }, { zone: name }, now) {
  const zone = zoneOf(name);
  const shut = zone === null ? [] : hours.flatMap((each) => turns(each, zone, now));
  const moments = until > 0 ? [...shut, until] : shut;
  return moments.length === 0 ? null : Math.min(...moments);
}

/** The strongest first. @param {Standing} one @param {Standing} other */
function weaker(one, other) {
  const [a, b] = [one, other].map(({ carer, mode, ends: until }) => [Number(carer), Number(mode === 'instant'), until ?? Infinity]);
  for (const [at, value] of (b ?? []).entries()) {
    const mine = a?.[at] ?? 0;
    if (value !== mine) return value > mine ? 1 : -1;
  }
  return 0;
}
