/**
 * Do Not Disturb at a device: who says so; policy/quiet.py, in the browser. Pure.
 *
 * On is where anybody says so whose word counts. What was switched off at the device overrides what it had heard until then,
 * and what had begun, and nothing that comes later.
 */

import { equal } from '../core/bytes.js';
import { nameOf } from '../trust/links.js';
import { begun, turns, zoneOf } from './hours.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Grants, Quiet, Schedule} from '../trust/grants.js' */

/** Who says so, if it was switched on at the device itself. */
export const AT_DEVICE = '';

/**
 * What was last said at the device: on or off, when (Unix seconds), and which version of each person's set it had heard by
 * then, by the name of their root.
 * @typedef {{on: boolean, at: number, heard: ReadonlyMap<string, number>}} Switch
 */

/**
 * Who says that the device is not to disturb: names of roots of persons, AT_DEVICE. Empty: it may.
 * @param {readonly Grants[]} sets @param {Bytes} identity @param {Switch | null} own @param {number} now Unix seconds
 * @returns {ReadonlySet<string>}
 */
export function quietBy(sets, identity, own, now) {
  const saying = new Set(sets.filter((set) => says(set, identity, own, now)).map(({ person }) => nameOf(person)));
  if (own?.on && !sets.some((set) => ended(set, identity, own))) saying.add(AT_DEVICE);
  return saying;
}

/** When a schedule begins or ends next; null if none does within a week. @param {readonly Grants[]} sets @param {Bytes} identity @param {number} now */
export function nextTurn(sets, identity, now) {
  const moments = sets.flatMap((set) => turnsOf(set, identity, now));
  return moments.length === 0 ? null : Math.min(...moments);
}

/** @param {Grants} set @param {Bytes} identity @param {Switch | null} own @param {number} now */
function says(set, identity, own, now) {
  const off = own !== null && !own.on ? own : null;
  const entry = newest(set, identity);
  if (entry?.on && (off === null || later(set, entry, off))) return true;
  return schedulesAt(set, identity).some((schedule) => lasts(schedule, set.zone, now, off?.at ?? null));
}

/** The entry that was switched last, for this device or everywhere; of two at once, the one that is on. @param {Grants} set @param {Bytes} identity @returns {Quiet | null} */
function newest({ quiet }, identity) {
  const entries = quiet.filter((entry) => entry.identity.length === 0 || equal(entry.identity, identity));
  return entries.sort((one, other) => other.changed - one.changed || Number(other.on) - Number(one.on))[0] ?? null;
}

/** @param {Grants} set @param {Quiet} entry @param {Switch} own */
const later = ({ person }, { changed }, { heard }) => changed > (heard.get(nameOf(person)) ?? -1);

/** Whether the person has switched off, later, what was switched on at the device. @param {Grants} set @param {Bytes} identity @param {Switch} own */
function ended(set, identity, own) {
  const entry = newest(set, identity);
  return entry !== null && !entry.on && later(set, entry, own);
}

/** @param {Grants} set @param {Bytes} identity */
const schedulesAt = ({ schedules }, identity) =>
  schedules.filter(({ devices }) => devices.length === 0 || devices.some((device) => equal(device, identity)));

/** @param {Schedule} schedule @param {string} name @param {number} now @param {number | null} offAt */
function lasts(schedule, name, now, offAt) {
  const zone = zoneOf(name);
  if (zone === null) return true; // whoever does not know when it is, rather disturbs nobody
  const began = begun(schedule, zone, now);
  return began !== null && (offAt === null || began > offAt);
}

/** @param {Grants} set @param {Bytes} identity @param {number} now @returns {number[]} */
function turnsOf(set, identity, now) {
  const zone = zoneOf(set.zone);
  return zone === null ? [] : schedulesAt(set, identity).flatMap((schedule) => turns(schedule, zone, now));
}
