/** How a drop in goes on: how long it may last, how long nobody may speak, and how often it reminds of itself. */

/** @import {Ringer} from '../sound/ringer.js' */

/** In minutes; 0 for never in the last two. @typedef {{longest: number, silence: number, chime: number}} Terms */

/** In milliseconds of one clock: when it began, when somebody spoke last, when it chimed last. @typedef {{began: number, spoke: number, chimed: number}} Times */

/** Louder than a quiet room, by the root of the mean square: a whisper at arm's length. */
const SPEECH = 0.01;

const MINUTE = 60_000;

/** What is due now. Pure. @param {Terms} terms @param {Times} times @param {number} now @returns {'over' | 'silence' | 'chime' | null} */
export function dueOf({ longest, silence, chime }, { began, spoke, chimed }, now) {
  if (now - began >= longest * MINUTE) return 'over';
  if (silence > 0 && now - spoke >= silence * MINUTE) return 'silence';
  return chime > 0 && now - chimed >= chime * MINUTE ? 'chime' : null;
}

/** How loud samples are, -1 to 1 each. Pure. @param {Float32Array} samples */
export function loudness(samples) {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));
}

/** Listens to one track, and to another when there is another. */
class Ear {
  #ringer;
  /** @type {MediaStreamTrack | null} */ #track = null;
  /** @type {AnalyserNode | null} */ #analyser = null;

  /** @param {Ringer} ringer */
  constructor(ringer) {
    this.#ringer = ringer;
  }

  /** Whether somebody speaks. @param {MediaStreamTrack | null} track */
  hears(track) {
    if (track !== this.#track) {
      this.#track = track;
      this.#analyser = track === null ? null : this.#ringer.listen(track);
    }
    if (this.#analyser === null) return false;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return loudness(samples) >= SPEECH;
  }
}

export class Course {
  #terms;
  #times;
  #ears;

  /** @param {Terms} terms @param {Ringer} ringer */
  constructor(terms, ringer) {
    const now = performance.now();
    this.#terms = terms;
    this.#times = { began: now, spoke: now, chimed: now };
    this.#ears = [new Ear(ringer), new Ear(ringer)];
  }

  /** @param {...(MediaStreamTrack | null)} tracks where somebody may speak @returns {'over' | 'silence' | 'chime' | null} */
  look(...tracks) {
    const now = performance.now();
    if (this.#ears.some((ear, at) => ear.hears(tracks[at] ?? null))) this.#times.spoke = now;
    const due = dueOf(this.#terms, this.#times, now);
    if (due === 'chime') this.#times.chimed = now;
    return due;
  }
}
