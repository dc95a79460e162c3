/**
 * What this page remembers of announcements, so that none plays twice: when each device last announced something, and when
 * this one did, in Unix ms. It outlives the page: whoever replays one may wait until then.
 */

import { amend } from '../session/database.js';
import { nameOf } from '../trust/links.js';
import { requireRecent } from './trust.js';

/** @import {Envelope} from '../trust/message.js' */

/** @typedef {{heard: Map<string, number>, sent: number}} Kept */

const ANNOUNCED = 'announced';
const MOST = 256;

/** An announcement that is believed is about to be played. Rejects with Untrusted where one so old, or older, was. @param {Envelope} envelope */
export async function note(envelope) {
  const name = nameOf(envelope.identity);
  await amend('own', ANNOUNCED, (/** @type {Kept | null} */ kept) => {
    const heard = new Map(kept?.heard);
    requireRecent(envelope, heard.get(name) ?? -1, Date.now());
    heard.set(name, envelope.sent);
    const newest = [...heard].sort(([, one], [, other]) => other - one).slice(0, MOST);
    return { keep: { heard: new Map(newest), sent: kept?.sent ?? 0 } };
  });
}

/** When what is announced now was sent: after all that was before, whatever the clock says. @returns {Promise<number>} */
export async function next() {
  const sent = await amend('own', ANNOUNCED, (/** @type {Kept | null} */ kept) => {
    const at = Math.max(Date.now(), (kept?.sent ?? 0) + 1);
    return { keep: { heard: kept?.heard ?? new Map(), sent: at }, answer: at };
  });
  return sent ?? Date.now();
}
