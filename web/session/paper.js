/**
 * The recovery key. It is made with the chain, and kept here only until a person says that it is on paper: from then on
 * it is nowhere else.
 */

import { newSeed, recoveryKey, writeRecovery } from '../trust/recovery.js';
import { amend, drop, load } from './database.js';

/** @import {Bytes} from '../core/bytes.js' */

const SEED = 'recovery';

/** @returns {Promise<{seed: Bytes, identity: Bytes}>} a new key: what is printed, and its public half */
export async function newPaper() {
  const seed = newSeed();
  return { seed, identity: (await recoveryKey(seed)).identity };
}

/** It waits to be written down. @param {Bytes} seed */
export async function keepPaper(seed) {
  await amend('own', SEED, () => ({ keep: seed }));
}

/** @returns {Promise<string | null>} what is to be written down, if anything is */
export async function paperToWrite() {
  const seed = /** @type {Bytes | null} */ (await load('own', SEED));
  return seed && writeRecovery(seed);
}

/** It is on paper: here it is forgotten. */
export async function paperWritten() {
  await drop('own', SEED);
}
