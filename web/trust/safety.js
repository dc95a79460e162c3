/** The safety number of two persons: equal on both sides' screens if nobody stands between them. */

import { compare, concat, toBase64Url } from '../core/bytes.js';
import { statement } from '../core/statements.js';
import { sha256 } from './keys.js';

/** @import {Bytes} from '../core/bytes.js' */

export const SAFETY_PREFIX = 'kith-safety:1:';

const ROUNDS = 5_200; // what a forger must pay for each key tried; a fraction of a second here
const GROUPS = 6;
const GROUP_BYTES = 5;

/** One person's half: 30 digits. @param {Bytes} root @returns {Promise<string>} */
async function safetyHalf(root) {
  let hash = await sha256(statement('kith/1 safety', root));
  for (let round = 0; round < ROUNDS; round += 1) hash = await sha256(concat(hash, root));
  const groups = Array.from({ length: GROUPS }, (_, at) => digits(hash.subarray(at * GROUP_BYTES, (at + 1) * GROUP_BYTES)));
  return groups.join('');
}

/** Five bytes as five digits. @param {Uint8Array} bytes */
function digits(bytes) {
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0); // below 2^40: exact
  return String(number % 100_000).padStart(5, '0');
}

/** 60 digits, the same whoever asks. @param {Bytes} one @param {Bytes} other roots @returns {Promise<string>} */
export async function safetyNumber(one, other) {
  const halves = await Promise.all([safetyHalf(one), safetyHalf(other)]);
  return halves.sort().join('');
}

/** What the QR code says. @param {Bytes} one @param {Bytes} other roots */
export function safetyCode(one, other) {
  const sorted = [one, other].sort(compare);
  return `${SAFETY_PREFIX}${toBase64Url(concat(...sorted))}`;
}
