/**
 * Whom a person lets drop in, and when nobody may: one signed set, whose version only rises. docs/trust.md, section 13;
 * kith/core/trust/grants.py, in the browser.
 */

import { compare, equal, fromBase64 } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { activeAt } from './endpoints.js';
import { bytesOf, KEY_LENGTH, sha256, SIGNATURE_LENGTH, verify } from './keys.js';
import { countOf, pointFields, requireContains, requireRisen } from './links.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */
/** @import {Chain} from './person.js' */

/** @typedef {'knock' | 'instant'} Mode */
/** @typedef {'unset' | 'off' | 'knock' | 'instant'} HomeTerm */
/** @typedef {'on' | 'household' | 'off'} DropInTerm */

/** A time that comes again each week: days as bits (Monday 1), minutes of the day; an end before its beginning is on the next day. @typedef {{days: number, begin: number, end: number}} Hours */

/**
 * @typedef {object} Grant
 * @property {Bytes} receiver  the root of their chain
 * @property {Bytes} household  the root of their roster, for all who live with them; else nothing
 * @property {Mode} mode
 * @property {boolean} carer  they pass Do Not Disturb, and do not knock
 * @property {number} since  Unix seconds
 * @property {number} until  Unix seconds; 0 where it does not end
 * @property {readonly Hours[]} hours  none: always
 * @property {readonly Bytes[]} devices  identities; none: at all of them
 */

/** @typedef {{identity: Bytes, drop_in: DropInTerm}} DeviceTerm */
/** Do Not Disturb at one device, or everywhere: no identity. @typedef {{identity: Bytes, on: boolean, changed: number}} Quiet */
/** Do Not Disturb that comes by itself; no devices: everywhere. @typedef {{devices: readonly Bytes[]} & Hours} Schedule */

/**
 * @typedef {object} Grants
 * @property {Bytes} person  the root of the person's chain
 * @property {number} person_version  at which the signer is active
 * @property {Bytes} person_head  the hash of that link
 * @property {number} version  of the set
 * @property {number} time  Unix seconds
 * @property {readonly Grant[]} grants  ascending by receiver and household
 * @property {HomeTerm} home
 * @property {readonly DeviceTerm[]} devices  ascending
 * @property {readonly Quiet[]} quiet  ascending
 * @property {readonly Schedule[]} schedules
 * @property {string} zone  as the time zone database names it
 * @property {number} frost  seconds
 * @property {number} fresh_days
 * @property {boolean} show_activity
 * @property {boolean} closed
 * @property {number} longest  minutes
 * @property {number} silence  minutes, 0 for never
 * @property {number} chime  minutes, 0 for never
 * @property {boolean} enhanced  what decrypts media at the server may be used, where all others in the call have it on as well
 * @property {Bytes} signer
 * @property {Bytes} signature
 */

/** A device has heard a set. @typedef {{person: Bytes, version: number, hash: Bytes, time: number, identity: Bytes, signature: Bytes}} Receipt */

const [MAX_GRANTS, MAX_DEVICES, MAX_HOURS, MAX_NAMED, MAX_SCHEDULES] = [64, 64, 7, 16, 16];
const DAY_MINUTES = 1_440;
const ZONE = /^[A-Za-z0-9_+/-]{1,64}$/;

/** @type {readonly Mode[]} */ const MODES = ['knock', 'instant'];
/** @type {readonly HomeTerm[]} */ const HOME_TERMS = ['unset', 'off', 'knock', 'instant'];
/** @type {readonly DropInTerm[]} */ const DROP_IN_TERMS = ['on', 'household', 'off'];

// -- from a wire; each throws Untrusted -----------------------------------------------------------------

/** @typedef {Record<string, any>} Wire */

/** @param {Wire} wire as JSON carries it @returns {Grants} */
export function grantsOf(wire) {
  const { zone } = wire;
  require(typeof zone === 'string' && ZONE.test(zone), 'malformed');
  return {
    person: bytesOf(wire['person'], KEY_LENGTH),
    person_version: countOf(wire['person_version']),
    person_head: bytesOf(wire['person_head'], KEY_LENGTH),
    version: countOf(wire['version']),
    time: countOf(wire['time']),
    grants: listOf(wire['grants'], MAX_GRANTS, grantOf),
    home: oneOf(HOME_TERMS, wire['home']),
    devices: listOf(wire['devices'], MAX_DEVICES, ({ identity, drop_in }) => ({
      identity: bytesOf(identity, KEY_LENGTH),
      drop_in: oneOf(DROP_IN_TERMS, drop_in),
    })),
    quiet: listOf(wire['quiet'], MAX_DEVICES, ({ identity, on, changed }) => ({ identity: keyOrNothing(identity), on: flagOf(on), changed: countOf(changed) })),
    schedules: listOf(wire['schedules'], MAX_SCHEDULES, (schedule) => ({ devices: listOf(schedule['devices'], MAX_NAMED, keyOf), ...hoursOf(schedule) })),
    zone,
    frost: within(3, 60, wire['frost']),
    fresh_days: within(1, 30, wire['fresh_days']),
    show_activity: flagOf(wire['show_activity']),
    closed: flagOf(wire['closed']),
    longest: within(1, 480, wire['longest']),
    silence: within(0, 480, wire['silence']),
    chime: within(0, 480, wire['chime']),
    enhanced: flagOf(wire['enhanced'] ?? false), // sets that were kept from before do not say
    signer: bytesOf(wire['signer'], KEY_LENGTH),
    signature: bytesOf(wire['signature'], SIGNATURE_LENGTH),
  };
}

/** @param {Wire} wire @returns {Receipt} */
export function receiptOf(wire) {
  return {
    person: bytesOf(wire['person'], KEY_LENGTH),
    version: countOf(wire['version']),
    hash: bytesOf(wire['hash'], KEY_LENGTH),
    time: countOf(wire['time']),
    identity: bytesOf(wire['identity'], KEY_LENGTH),
    signature: bytesOf(wire['signature'], SIGNATURE_LENGTH),
  };
}

/** @param {Wire} wire @returns {Grant} */
function grantOf(wire) {
  return {
    receiver: bytesOf(wire['receiver'], KEY_LENGTH),
    household: keyOrNothing(wire['household']),
    mode: oneOf(MODES, wire['mode']),
    carer: flagOf(wire['carer']),
    since: countOf(wire['since']),
    until: countOf(wire['until']),
    hours: listOf(wire['hours'], MAX_HOURS, hoursOf),
    devices: listOf(wire['devices'], MAX_NAMED, keyOf),
  };
}

/** @param {Wire} wire @returns {Hours} */
function hoursOf({ days, begin, end }) {
  return { days: within(1, 127, days), begin: within(0, DAY_MINUTES - 1, begin), end: within(1, DAY_MINUTES, end) };
}

/** @template T @param {unknown} wire @param {number} limit @param {(part: Wire) => T} read @returns {T[]} */
function listOf(wire, limit, read) {
  require(Array.isArray(wire) && wire.length <= limit, 'too_many');
  return wire.map((part) => {
    require(part !== null && part !== undefined, 'malformed');
    return read(part);
  });
}

/** @param {unknown} text @returns {Bytes} */
const keyOf = (text) => bytesOf(text, KEY_LENGTH);

/** @param {unknown} text @returns {Bytes} */
const keyOrNothing = (text) => (text === '' ? fromBase64('') : keyOf(text));

/** @template {string} T @param {readonly T[]} words @param {unknown} said @returns {T} */
function oneOf(words, said) {
  const found = words.find((word) => word === said);
  if (found === undefined) throw new Untrusted('malformed');
  return found;
}

/** @param {number} least @param {number} most @param {unknown} said */
function within(least, most, said) {
  const number = countOf(said);
  require(number >= least && number <= most, 'malformed');
  return number;
}

/** @param {unknown} said */
function flagOf(said) {
  require(typeof said === 'boolean', 'malformed');
  return said;
}

// -- what is signed -------------------------------------------------------------------------------------

/** The signed bytes. @param {Omit<Grants, 'signature'>} set */
export function grantsBytes(set) {
  return statement(
    'kith/1 grants',
    set.person,
    ...pointFields(pointOf(set)),
    u64(set.version),
    u64(set.time),
    ...list(set.grants.map(grantBytes)),
    set.home,
    ...list(set.devices.map(({ identity, drop_in }) => statement('device', identity, drop_in))),
    ...list(set.quiet.map(({ identity, on, changed }) => statement('quiet', identity, flag(on), u64(changed)))),
    ...list(set.schedules.map((one) => statement('schedule', ...list(one.devices), ...times(one)))),
    set.zone,
    u64(set.frost),
    u64(set.fresh_days),
    flag(set.show_activity),
    flag(set.closed),
    u64(set.longest),
    u64(set.silence),
    u64(set.chime),
    ...(set.enhanced ? ['enhanced'] : []), // named only where it is on: sets signed before there was such a thing stay good
    set.signer,
  );
}

/** @param {Grant} grant */
function grantBytes({ receiver, household, mode, carer, since, until, hours, devices }) {
  const spans = hours.map((one) => statement('hours', ...times(one)));
  return statement('grant', receiver, household, mode, flag(carer), u64(since), u64(until), ...list(spans), ...list(devices));
}

/** How many there are, then each: where one list ends and the next begins is never a question. @param {readonly Bytes[]} parts */
const list = (parts) => [u64(parts.length), ...parts];

/** @param {Hours} when */
const times = ({ days, begin, end }) => [u64(days), u64(begin), u64(end)];

/** @param {boolean} on @returns {Bytes} */
const flag = (on) => Uint8Array.of(on ? 1 : 0);

/** @param {Pick<Grants, 'person_version' | 'person_head'>} set */
const pointOf = ({ person_version, person_head }) => ({ version: person_version, head: person_head });

/**
 * A new set of the person of `chain`, signed.
 * @param {Chain} chain @param {Omit<Grants, 'person' | 'person_version' | 'person_head' | 'signature'> & {sign: Sign}} what
 * @returns {Promise<Grants>}
 */
export async function signGrants({ root, version, head }, { sign, ...what }) {
  const set = { ...what, person: root, person_version: version, person_head: head };
  return { ...set, signature: await sign(grantsBytes(set)) };
}

// -- what is believed -----------------------------------------------------------------------------------

/**
 * The set, if an endpoint of the person that is theirs still signed it, and the newest one seen is not newer. Rejects
 * with Untrusted.
 * @param {Grants} set @param {Chain} chain @param {Grants | null} known the newest one seen
 */
export async function acceptGrants(set, chain, known) {
  await requireSigned(set, chain);
  require(activeAt(chain, set.signer, chain.version), 'not_active');
  requireNotOlder(set, known);
  return set;
}

/**
 * Rejects with Untrusted unless an endpoint of the person signed it while it was theirs, whether or not it is still.
 * @param {Grants} set @param {Chain} chain
 */
export async function requireSigned(set, chain) {
  requireSound(set);
  require(equal(set.person, chain.root), 'unknown_person');
  requireContains(chain, pointOf(set));
  require(activeAt(chain, set.signer, set.person_version), 'not_active');
  require(await verify(set.signer, set.signature, grantsBytes(set)), 'bad_signature');
}

/** Throws Untrusted if it goes back behind the newest one seen, or contradicts it. @param {Grants} set @param {Grants | null} known */
export function requireNotOlder(set, known) {
  if (known !== null) requireRisen(set, known, grantsBytes);
}

/** Throws Untrusted where the parts contradict each other or say a thing twice. @param {Grants} set */
function requireSound({ person, version, time, grants, devices, quiet, schedules }) {
  requireAscending(grants, (one, other) => compare(one.receiver, other.receiver) || compare(one.household, other.household));
  requireAscending(devices, (one, other) => compare(one.identity, other.identity));
  requireAscending(quiet, (one, other) => compare(one.identity, other.identity));
  for (const grant of grants) {
    require(!equal(grant.receiver, person), 'malformed');
    require(grant.since <= time, 'time_reversed');
    requireAscending(grant.devices, compare);
    require(!grant.carer || (grant.household.length === 0 && grant.mode === 'instant'), 'malformed'); // one named person, and what it is for
  }
  require(quiet.every(({ changed }) => changed <= version), 'malformed');
  for (const { devices: named } of schedules) requireAscending(named, compare);
  const spans = [...schedules, ...grants.flatMap(({ hours }) => hours)];
  require(spans.every(({ begin, end }) => begin !== end), 'malformed'); // nothing or the whole day, who could tell?
}

/** Each once, in one order only. @template T @param {readonly T[]} parts @param {(one: T, other: T) => number} order */
function requireAscending(parts, order) {
  require(parts.every((part, at) => at === 0 || order(/** @type {T} */ (parts[at - 1]), part) < 0), 'malformed');
}

// -- who has heard it -----------------------------------------------------------------------------------

/** The bytes that the device signs. @param {Omit<Receipt, 'signature'>} receipt */
export function receiptBytes({ person, version, hash, time, identity }) {
  return statement('kith/1 heard-grants', person, u64(version), hash, u64(time), identity);
}

/** Of the device `identity`, for a set that it has checked and stored. @param {Grants} set @param {{time: number, identity: Bytes, sign: Sign}} device @returns {Promise<Receipt>} */
export async function signReceipt(set, { time, identity, sign }) {
  const { person, version } = set;
  const receipt = { person, version, hash: await sha256(grantsBytes(set)), time, identity };
  return { ...receipt, signature: await sign(receiptBytes(receipt)) };
}

/**
 * Whether the device has heard this very set, or, if not, an older one. Rejects with Untrusted for what is neither.
 * Whose device it is, and whether it counts, is for whoever asks.
 * @param {Receipt} receipt @param {Grants} set
 */
export async function checkReceipt(receipt, set) {
  require(equal(receipt.person, set.person), 'unknown_person');
  require(await verify(receipt.identity, receipt.signature, receiptBytes(receipt)), 'bad_signature');
  require(receipt.version <= set.version, 'missing');
  if (receipt.version < set.version) return false;
  require(equal(receipt.hash, await sha256(grantsBytes(set))), 'forked');
  return true;
}
