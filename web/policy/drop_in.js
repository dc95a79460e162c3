/**
 * May this drop in happen at this page, and how? policy/drop_in.py, as far as a page can know, in the same order. Pure.
 *
 * The law of this file is the table RULES, from top to bottom: the first rule that applies is the true reason.
 */

import { AT_DEVICE, nextTurn, quietBy } from './quiet.js';
import { standing, strictest, termAt, timely } from './grants.js';

/** @import {DropInTerm, Grants, Mode} from '../trust/grants.js' */
/** @import {Claim, Place, Standing, Why} from './grants.js' */
/** @import {Switch} from './quiet.js' */

/** Seconds of frost; minutes at the most, of silence, and between chimes, 0 for never. @typedef {{frost: number, longest: number, silence: number, chime: number}} Bounds */

/** What the page says of itself. @typedef {{own: Switch | null, dropIn: DropInTerm, microphoneOff: boolean, ready: boolean, blocked: boolean}} Here */

/**
 * @typedef {object} DropInFacts
 * @property {Standing} standing
 * @property {DropInTerm} term
 * @property {boolean} closed
 * @property {ReadonlySet<string>} quietBy
 * @property {boolean} onePersons  whether what is said at the device is that one person's word
 * @property {boolean} microphoneOff
 * @property {boolean} ready
 * @property {boolean} blocked
 * @property {Bounds} bounds
 */

/** @typedef {'blocked' | 'microphone_off' | 'device_off' | 'device_household' | 'closed' | 'quiet' | Exclude<Why, 'given' | 'home'> | 'not_ready'} Reason */
/** @typedef {{admit: true, mode: Mode, bounds: Bounds} | {admit: false, reason: Reason}} Decision */

/** @param {DropInFacts} facts */
function quiet({ standing: { carer, giver }, quietBy: saying, onePersons }) {
  const passed = carer ? [giver, ...(onePersons ? [AT_DEVICE] : [])] : [];
  return [...saying].some((one) => !passed.includes(one));
}

/** @param {Exclude<Why, 'given' | 'home'>} why @returns {[Reason, (facts: DropInFacts) => boolean]} */
const missing = (why) => [why, (facts) => facts.standing.mode === null && facts.standing.why === why];

/** @type {readonly [Reason, (facts: DropInFacts) => boolean][]} */
export const RULES = [
  ['blocked', (facts) => facts.blocked],
  ['microphone_off', (facts) => facts.microphoneOff],
  ['device_off', (facts) => facts.term === 'off'],
  ['device_household', (facts) => facts.term === 'household' && !facts.standing.own],
  ['closed', (facts) => facts.closed],
  ['quiet', quiet],
  missing('home_off'),
  missing('home_unset'),
  missing('not_given'),
  missing('not_vouched'),
  missing('person_only'),
  missing('other_device'),
  missing('expired'),
  missing('out_of_hours'),
  ['not_ready', (facts) => !facts.ready],
];

/** Decide one attempt at this page. @param {DropInFacts} facts @returns {Decision} */
export function decide(facts) {
  const refused = RULES.find(([, applies]) => applies(facts));
  if (refused) return { admit: false, reason: refused[0] };
  const { mode, carer } = facts.standing;
  if (mode === null) return { admit: false, reason: 'not_given' };
  return { admit: true, mode: carer ? 'instant' : mode, bounds: facts.bounds };
}

/** What only means that nobody has allowed it beforehand. All else forbids. @type {ReadonlySet<Reason>} */
const UNASKED = new Set(/** @type {const} */ (['home_unset', 'not_given', 'not_vouched', 'person_only', 'other_device', 'expired', 'out_of_hours']));

/**
 * Why this one may not be there beside somebody who may drop in, as in a group; null if they may. Who lives here may, where
 * nobody has said that the household may not; somebody else where they were allowed to come straight in themselves, or where a
 * person here has let all of them in. @param {DropInFacts} facts @param {{letIn: boolean}} how @returns {Reason | null}
 */
export function whyNotAlong(facts, { letIn }) {
  const decision = decide(facts);
  const welcome = letIn || facts.standing.own;
  if (!decision.admit) return welcome && UNASKED.has(decision.reason) ? null : decision.reason;
  return welcome || decision.mode === 'instant' ? null : 'not_given';
}

/** What decides, by the sets that count at this place. @param {readonly Grants[]} shown @param {Place} place @param {Claim} caller @param {Here} here @param {number} now Unix seconds @returns {DropInFacts} */
export function gather(shown, place, caller, here, now) {
  const sets = timely(shown, now);
  const time = notBehind(sets, now);
  return {
    standing: standing(sets, place, caller, time),
    term: strictest([here.dropIn, termAt(sets, place.identity)]),
    closed: sets.some(({ closed }) => closed),
    quietBy: quietBy(sets, place.identity, here.own, time),
    onePersons: place.alone || !place.shared,
    microphoneOff: here.microphoneOff,
    ready: here.ready,
    blocked: here.blocked,
    bounds: boundsOf(sets),
  };
}

/** The strictest of all: the longest frost, the shortest of the times, of which 0 is never. @param {readonly Grants[]} sets @returns {Bounds} */
export function boundsOf(sets) {
  if (sets.length === 0) return { frost: 10, longest: 60, silence: 10, chime: 5 };
  const shortest = (/** @type {number[]} */ times) => (times.some(Boolean) ? Math.min(...times.filter(Boolean)) : 0);
  return {
    frost: Math.max(...sets.map(({ frost }) => frost)),
    longest: Math.min(...sets.map(({ longest }) => longest)),
    silence: shortest(sets.map(({ silence }) => silence)),
    chime: shortest(sets.map(({ chime }) => chime)),
  };
}

/** The time by a clock that never runs behind anything signed. @param {readonly Grants[]} sets @param {number} now */
export const notBehind = (sets, now) => Math.max(now, ...sets.map(({ time }) => time));

/** When to decide anew about a drop in that goes on, if nothing else happens. @param {readonly Grants[]} shown @param {Place} place @param {Claim} caller @param {number} now */
export function nextChange(shown, place, caller, now) {
  const sets = timely(shown, now);
  const time = notBehind(sets, now);
  const moments = [standing(sets, place, caller, time).ends, nextTurn(sets, place.identity, time)];
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** The key of the text that tells a reason to whoever was to be dropped in on. @param {string} reason of policy/drop_in.py */
export const reasonText = (reason) => `reason.${reason}`;
