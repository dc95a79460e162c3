/** What comes back for a command: how soon it is wanted, and of which kind it must be. */

import { ProblemError } from './problem.js';

/** @import {Reply} from '../protocol.js' */

/** Milliseconds: a person is waiting in front of the button. */
export const AT_ONCE = { within: 10_000 };

/**
 * The reply, which is of this kind. Throws ProblemError for another one.
 * @template {Reply['t']} T
 * @param {T} type @param {Reply} reply
 * @returns {Extract<Reply, {t: T}>}
 */
export function expected(type, reply) {
  if (reply.t !== type) throw new ProblemError('internal');
  return /** @type {Extract<Reply, {t: T}>} */ (reply);
}
