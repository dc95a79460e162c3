/** When the app asks for its PIN. Pure. */

/** For so long after its last use an app shows what it knows without being asked, ms. Shorter, and people would do without a PIN. */
export const GRACE = 30 * 60_000;

/** Wrong PINs that cost nothing but typing: fingers slip. */
const FREE = 4;
const [FIRST_WAIT, LONGEST_WAIT] = [30_000, 3_600_000];

/** @param {number} idle since the last use, ms @returns {boolean} */
export function isLocked(idle) {
  return idle > GRACE;
}

/**
 * How long nobody may try again after so many wrong PINs in a row: four digits then last for more than a year.
 * @param {number} failures @returns {number} ms
 */
export function waitAfter(failures) {
  return failures < FREE ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - FREE));
}
