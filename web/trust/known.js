/** What is remembered of a person chain or household roster, and what one that is shown now is against it. Pure. */

import { equal } from '../core/bytes.js';
import { contains } from './links.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Reach} from './links.js' */

/**
 * @typedef {object} Known
 * @property {Bytes} root
 * @property {number} version  the highest seen
 * @property {Bytes} head  the hash of the link at that version
 * @property {boolean} verified  whether the safety number was compared
 */

/**
 * `new`: never seen. `same`: as it was. `extended`: it went on. `changed`: another person or household goes
 * by this name. `rolled_back`: the newest links are withheld. `forked`: the past was written anew.
 * @typedef {'new' | 'same' | 'extended' | 'changed' | 'rolled_back' | 'forked'} Outcome
 */

/** @param {Known | null} known @param {Reach} reach replayed, hence well signed @returns {Outcome} */
export function reconcile(known, reach) {
  if (known === null) return 'new';
  if (!equal(known.root, reach.root)) return 'changed';
  if (reach.version < known.version) return 'rolled_back';
  if (!contains(reach, known)) return 'forked';
  return reach.version === known.version ? 'same' : 'extended';
}

/** With when this root was first seen, in Unix seconds. @typedef {Known & {since: number}} Remembered */

/**
 * What becomes of what was remembered, now that `reach` is shown. What was rolled back, forked or changed
 * leaves it as it is: a change is one until somebody has been told of it (`acknowledged`).
 * @param {Remembered | null} known @param {Reach} reach @param {number} now Unix seconds
 * @returns {{answer: Outcome, keep?: Remembered}}
 */
export function met(known, reach, now) {
  const answer = reconcile(known, reach);
  if (answer !== 'new' && answer !== 'extended') return { answer };
  const { root, version, head } = reach;
  return { answer, keep: { root, version, head, verified: known?.verified ?? false, since: known?.since ?? now } };
}

/**
 * Somebody was told that another root goes by this name now, and goes on with it, unverified.
 * @param {Remembered | null} known @param {Reach} reach @param {number} now Unix seconds
 * @returns {{keep?: Remembered}}
 */
export function acknowledged(known, reach, now) {
  return met(reconcile(known, reach) === 'changed' ? null : known, reach, now);
}

/**
 * The safety number was compared: it was alike, or not. It is that of `root`, so nothing is said of another.
 * @param {Remembered | null} known @param {Bytes} root @param {boolean} verified
 * @returns {{answer: boolean, keep?: Remembered}} whether it was that root's
 */
export function compared(known, root, verified) {
  if (known === null || !equal(known.root, root)) return { answer: false };
  return { answer: true, keep: { ...known, verified } };
}
