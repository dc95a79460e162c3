/** Whether those whose device this is let the server decrypt what is said; policy/enhanced.py, in the browser. Pure. */

import { equal } from '../core/bytes.js';
import { notBehind } from './drop_in.js';
import { isStale, timely } from './grants.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Grants} from '../trust/grants.js' */

/**
 * Whether all of them do, by the sets in force here. A set that is not fresh does not count: a newer one that opts out may
 * have been held back.
 * @param {readonly Grants[]} sets @param {readonly Bytes[]} owners their roots @param {number} now Unix seconds
 */
export function optedIn(sets, owners, now) {
  const every = timely(sets, now);
  const time = notBehind(every, now);
  const on = every.filter((set) => set.enhanced && !set.closed && !isStale(set, time));
  return owners.length > 0 && owners.every((owner) => on.some(({ person }) => equal(person, owner)));
}
