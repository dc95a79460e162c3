/** Every sound the app makes, as notes. Pure data and arithmetic; ringer.js plays it. */

/**
 * @typedef {object} Note
 * @property {number} at  seconds from the start of the round
 * @property {number} length  seconds
 * @property {number} hertz
 * @property {'bell' | 'flat'} shape  struck and dying away, or held
 */

/** @typedef {{notes: readonly Note[], round: number}} Tone  `round`: seconds until it starts again */

/** @param {number} at @param {number} hertz @param {number} [length] @returns {Note} */
const bell = (at, hertz, length = 1.2) => ({ at, hertz, length, shape: 'bell' });

/** @param {number} at @param {number} hertz @param {number} length @returns {Note} */
const flat = (at, hertz, length) => ({ at, hertz, length, shape: 'flat' });

/** Two pitches at once, as a telephone's bell has them. @param {number} at @param {number} length */
const trill = (at, length) => [flat(at, 480, length), flat(at, 620, length)];

/** Ring tones to choose from. @type {Readonly<Record<string, Tone>>} */
export const RING_TONES = {
  chime: { notes: [bell(0, 523.25), bell(0.25, 659.25), bell(0.5, 783.99), bell(1, 659.25, 1.6)], round: 3 },
  telephone: { notes: [...trill(0, 0.4), ...trill(0.6, 0.4)], round: 3 },
  birds: {
    notes: [bell(0, 1567.98, 0.3), bell(0.15, 1975.53, 0.3), bell(0.6, 1567.98, 0.3), bell(0.75, 2093, 0.4)],
    round: 2.4,
  },
  // Low, for ears that no longer hear the high ones.
  low: { notes: [bell(0, 261.63, 0.9), bell(0.4, 329.63, 0.9), bell(0.8, 261.63, 1.4)], round: 2.6 },
};

/** What a caller hears while it rings over there. @type {Tone} */
export const RINGING_THERE = { notes: [flat(0, 425, 1)], round: 4 };

/** Somebody else calls during a call. @type {Tone} */
export const CALL_WAITING = { notes: [flat(0, 440, 0.15), flat(0.3, 440, 0.15)], round: 5 };

/** The call is over; once. @type {Tone} */
export const CALL_OVER = { notes: [bell(0, 392, 0.5), bell(0.18, 311.13, 0.7)], round: 1 };

/** Somebody knocks: softer than a ring, and it leaves time to think. @type {Tone} */
export const KNOCKING = { notes: [bell(0, 392, 0.5), bell(0.28, 493.88, 0.9)], round: 3.5 };

/** Somebody drops in: heard to its end before anything leaves this device. @type {Tone} */
export const DROPPING_IN = { notes: [bell(0, 587.33, 0.4), bell(0.2, 739.99, 0.4), bell(0.4, 880, 0.4)], round: 0.8 };

/** A drop in goes on, and nobody should forget it. @type {Tone} */
export const STILL_HERE = { notes: [bell(0, 880, 0.6)], round: 0.8 };

/** Somebody at home is about to say something to everybody: as long as on other devices, where it sounds at the same time. @type {Tone} */
export const ANNOUNCING = { notes: [bell(0, 523.25, 0.25), bell(0, 659.25, 0.25), bell(0.25, 698.46, 0.35), bell(0.25, 880, 0.35)], round: 0.75 };

/** A message has come; once. @type {Tone} */
export const MESSAGE_HERE = { notes: [bell(0, 659.25, 0.5), bell(0.16, 987.77, 0.9)], round: 1.1 };

/** @param {string} id @returns {Tone} */
export function ringTone(id) {
  return RING_TONES[id] ?? /** @type {Tone} */ (RING_TONES.chime);
}
