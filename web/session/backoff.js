/** How long to wait before the next try to connect. Pure. */

const FIRST = 0.5;
const LONGEST = 15; // a person who looks at the screen after a power cut should not wait longer

/**
 * @param {number} failures  tries that have failed in a row, at least 1
 * @param {number} random  in [0, 1): spreads a household's devices after the server comes back
 * @returns {number} seconds
 */
export function backoff(failures, random) {
  const step = Math.min(LONGEST, FIRST * 2 ** (failures - 1));
  return step * (0.5 + random / 2);
}
