/**
 * A list that is too tall to be built whole: which of its rows a window shows. Pure; lengths in pixels.
 *
 * Rows are all of one height and headings of another, so that where each is needs no look at the page.
 */

/** @typedef {{row: number, heading: number}} Sizes */

/** @param {readonly {heading: string | null}[]} items @param {Sizes} sizes @returns {Float64Array} where each begins, and at the end where the last ends */
export function topsOf(items, { row, heading }) {
  const tops = new Float64Array(items.length + 1);
  items.forEach((item, index) => {
    tops[index + 1] = (tops[index] ?? 0) + row + (item.heading === null ? 0 : heading);
  });
  return tops;
}

/** @param {Float64Array} tops @param {number} from @param {number} to @returns {[number, number]} the first that is seen, and the first after it that is not */
export function seenBetween(tops, from, to) {
  const count = tops.length - 1;
  const first = Math.max(0, lastAtOrBefore(tops, from));
  const last = Math.min(count, lastAtOrBefore(tops, to) + 1);
  return [Math.min(first, count), Math.max(first, last)];
}

/** @param {Float64Array} tops rising @param {number} at @returns {number} -1 if all are beyond */
function lastAtOrBefore(tops, at) {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
