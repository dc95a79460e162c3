/**
 * A page that does many things at once is told to wait a moment: then it waits, and says the same again. What the server
 * has refused for being too much was not done.
 */

import { ProblemError } from './problem.js';

const MOMENT = 2; // seconds; whoever must wait longer is told so
const TRIES = 6; // at twice the pause each time: for what many ask at once

/**
 * Rejects with what `ask` rejects with in the end. @template T
 * @param {() => Promise<T>} ask @param {(seconds: number) => Promise<void>} [pause] @returns {Promise<T>}
 */
export async function patiently(ask, pause = passed) {
  for (let tried = 0; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      const seconds = waiting(error);
      if (seconds === null || tried + 1 >= TRIES) throw error;
      await pause(seconds * 2 ** tried);
    }
  }
}

/** Seconds until it may be asked again; null where that is no matter of a moment. @param {unknown} error */
function waiting(error) {
  if (!(error instanceof ProblemError) || error.code !== 'rate_limited') return null;
  const seconds = Number(error.data.retry_after ?? MOMENT);
  return seconds <= MOMENT ? seconds : null;
}

/** Problems that pass by themselves. @type {readonly string[]} */
const PASSING = ['offline', 'rate_limited', 'storage_unavailable', 'shutting_down', 'internal'];
/** Seconds: what is too much for a minute is not any more by then. Where it would be longer, a person is told instead. */
const A_WHILE = 120;

/**
 * In how many seconds something that a person wants done, whenever that will be, may be tried again by itself: 0 where the
 * server does not say; null where a person must see to it. Pure.
 * @param {unknown} error
 */
export function againIn(error) {
  if (!(error instanceof ProblemError)) return null;
  const { retry_after: after } = error.data;
  const seconds = typeof after === 'number' ? after : 0;
  if (error.code === 'quota_exceeded') return seconds > 0 && seconds <= A_WHILE ? seconds : null;
  return PASSING.includes(error.code) ? seconds : null;
}

/** @param {number} seconds @returns {Promise<void>} */
function passed(seconds) {
  return new Promise((goOn) => setTimeout(goOn, 1_000 * seconds));
}
