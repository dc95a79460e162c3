/** How frosted the picture of whoever is dropped in on is, from outlines to clear; policy/frost.py, in the browser. Pure. */

const OUTLINES = 20;
const SHAPES = 40;
const SHORTEST = 3;

/**
 * The pixels of width that a frame keeps, so many seconds after the first one of the call; null: all, as it is clear.
 * @param {number} elapsed @param {number} seconds until it is clear; a device keeps its own minimum
 * @returns {number | null}
 */
export function widthAt(elapsed, seconds) {
  const clear = Math.max(seconds, SHORTEST);
  if (elapsed >= clear) return null;
  const half = clear / 2;
  if (!(elapsed >= half)) return OUTLINES;
  return Math.min(SHAPES, OUTLINES + Math.floor(((SHAPES - OUTLINES) * (elapsed - half)) / half));
}

/** To how many pixels, wide and high, a frame is scaled down; null if it is clear. @param {number} elapsed @param {number} seconds @param {{width: number, height: number}} frame */
export function sizeAt(elapsed, seconds, { width, height }) {
  const keeps = widthAt(elapsed, seconds);
  if (keeps === null) return null;
  const wide = Math.min(keeps, width);
  return { width: wide, height: Math.max(1, Math.floor((wide * height) / Math.max(width, 1))) };
}

/** Seconds after the first frame at which it is clear. @param {number} seconds */
export const clearAfter = (seconds) => Math.max(seconds, SHORTEST);
