/** What is remembered of a person chain or household roster, and what one that is shown now is against it. Pure. */

import { equal } from '../core/bytes.js';
import { contains } from './links.js';
import { require } from './untrusted.js';

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

/**
 * What to remember next. Throws Untrusted for what was rolled back or forked; somebody who changed is not verified.
 * @param {Known | null} known @param {Reach} reach @returns {Known}
 */
export function believed(known, reach) {
  const outcome = reconcile(known, reach);
  require(outcome !== 'rolled_back', 'stale');
  require(outcome !== 'forked', 'forked');
  const { root, version, head } = reach;
  return { root, version, head, verified: outcome !== 'changed' && (known?.verified ?? false) };
}
