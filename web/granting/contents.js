/** What a person has chosen, as it stands in their signed set, and what one more choice makes of it. Pure. */

import { compare, equal } from '../core/bytes.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {DropInTerm, Grant, Grants, Hours} from '../trust/grants.js' */

/** All that a set says but for whose it is and who signed it. @typedef {Omit<Grants, 'person' | 'person_version' | 'person_head' | 'version' | 'time' | 'signer' | 'signature'>} Contents */

/** How long a grant to a contact is proposed for. */
export const PROPOSED_DAYS = 90;

/** Everywhere, or all of a household: no key. */
export const NONE = new Uint8Array(0);

/** What holds before anything was signed. @param {string} zone as IANA names it @returns {Contents} */
export function unsigned(zone) {
  return {
    grants: [],
    home: 'unset',
    devices: [],
    quiet: [],
    schedules: [],
    zone,
    frost: 10,
    fresh_days: 7,
    show_activity: true,
    closed: false,
    longest: 60,
    silence: 10,
    chime: 5,
    enhanced: false,
  };
}

/** @param {Grants} set @returns {Contents} */
export function contentsOf({ person, person_version, person_head, version, time, signer, signature, ...contents }) {
  return contents;
}

/** @param {Contents} contents @param {Bytes} receiver root of their chain @returns {Grant | null} */
export function grantTo({ grants }, receiver) {
  return grants.find((grant) => equal(grant.receiver, receiver)) ?? null;
}

/** One person has one grant: another takes its place. @param {Contents} contents @param {Grant} grant @returns {Contents} */
export function withGrant(contents, grant) {
  const others = contents.grants.filter(({ receiver }) => !equal(receiver, grant.receiver));
  return { ...contents, grants: [...others, grant].sort(ascending) };
}

/** @param {Grant} one @param {Grant} other */
function ascending(one, other) {
  return compare(one.receiver, other.receiver) || compare(one.household, other.household);
}

/** @param {Contents} contents @param {readonly Bytes[]} receivers @returns {Contents} */
export function withoutGrants(contents, receivers) {
  const kept = contents.grants.filter(({ receiver }) => !receivers.some((one) => equal(one, receiver)));
  return kept.length === contents.grants.length ? contents : { ...contents, grants: kept };
}

/** @param {Contents} contents @param {Bytes} identity of an endpoint @returns {DropInTerm} */
export function dropInAt({ devices }, identity) {
  return devices.find((device) => equal(device.identity, identity))?.drop_in ?? 'on';
}

/** @param {Contents} contents @param {Bytes} identity @param {DropInTerm} drop_in @returns {Contents} */
export function withDropInAt(contents, identity, drop_in) {
  const others = contents.devices.filter((device) => !equal(device.identity, identity));
  const devices = drop_in === 'on' ? others : [...others, { identity, drop_in }];
  return { ...contents, devices: devices.sort((one, other) => compare(one.identity, other.identity)) };
}

/**
 * What one may take over from a set that nobody is to believe any more, where nothing else is known: what it forbids.
 * @param {Contents} contents @param {string} zone @returns {Contents}
 */
export function forbidden({ home, devices, quiet, schedules, zone: theirs, closed }, zone) {
  return { ...unsigned(zone), home: home === 'off' ? home : 'unset', devices, quiet, schedules, zone: theirs, closed };
}

/** Nobody at all. Opening again brings nothing of it back. @param {Contents} contents @returns {Contents} */
export function shut(contents) {
  return { ...contents, grants: [], home: 'unset', closed: true, enhanced: false };
}

/** Whether Do Not Disturb is switched on by hand; where both a device and everywhere were said, the later holds. @param {Contents} contents @param {Bytes} identity empty for everywhere */
export function quietAt({ quiet }, identity) {
  const said = quiet.filter((one) => one.identity.length === 0 || equal(one.identity, identity));
  return said.reduce((last, one) => (last === null || one.changed > last.changed || (one.changed === last.changed && one.on) ? one : last), /** @type {typeof said[number] | null} */ (null))?.on ?? false;
}

/**
 * Everywhere speaks for every device: what was said of single ones before is done with.
 * @param {Contents} contents @param {Bytes} identity empty for everywhere @param {boolean} on @param {number} changed the version that says so
 * @returns {Contents}
 */
export function withQuiet(contents, identity, on, changed) {
  const others = identity.length === 0 ? [] : contents.quiet.filter((one) => !equal(one.identity, identity));
  const quiet = [...others, { identity, on, changed }].sort((one, other) => compare(one.identity, other.identity));
  return { ...contents, quiet };
}

/** Days of the week, Monday first. @param {number} days a bit each @returns {number[]} 0 to 6 */
export function daysOf(days) {
  return [0, 1, 2, 3, 4, 5, 6].filter((day) => (days >> day) & 1);
}

/** @param {readonly number[]} days 0 to 6 */
export function daysTogether(days) {
  return days.reduce((all, day) => all | (1 << day), 0);
}

/** @param {number} minutes of the day @returns {string} as the browser's field for times has it */
export function clock(minutes) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** When something ends at midnight, that is the end of the day and not its beginning. */
export const MIDNIGHT = 1_440;

/** @param {string} text @returns {number | null} minutes of the day */
export function minutesOf(text) {
  const found = /^(\d\d):(\d\d)/.exec(text);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** Whether hours can be meant: some day, and not from a time to the same. @param {Hours} hours */
export function isSpan({ days, begin, end }) {
  return days > 0 && days < 128 && begin !== end;
}
