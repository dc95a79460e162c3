/** The server's clock, as this page knows it: asked for in rounds, when it is about to be needed. */

import { heard, middleOf, until, withinOf } from './clock-sync.js';

/** @import {Send} from '../session/identities.js' */
/** @import {RoundTrip} from './clock-sync.js' */

const TRIPS = 5;
const FRESH = 60;
const GOOD = 0.02;
const PATIENCE = { within: 2_000 };

/** Seconds of a clock that only ever goes on. */
const steady = () => performance.now() / 1_000;

export class Timekeeper {
  #send;
  /** @type {readonly RoundTrip[]} */ #rounds = [];
  /** @type {Promise<void> | null} */ #asking = null;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** When the server's clock shows `time`, in ms of this page's; null where that cannot be said. @param {number} time Unix seconds @returns {number | null} */
  momentOf(time) {
    const left = until(this.#rounds, time, steady());
    return left === null ? null : performance.now() + left * 1_000;
  }

  /** Ask, unless what is known is good. Never rejects: without an answer what was known stays. */
  async refresh() {
    this.#asking ??= this.#round().finally(() => (this.#asking = null));
    await this.#asking;
  }

  async #round() {
    const newest = this.#rounds.at(-1);
    if (newest && steady() - middleOf(newest) <= FRESH && withinOf(newest) <= GOOD) return;
    /** @type {RoundTrip[]} */ const trips = [];
    for (let trip = 0; trip < TRIPS; trip += 1) {
      const sent = steady();
      const reply = await this.#send({ t: 'tell_time' }, PATIENCE).catch(() => null);
      if (reply?.t !== 'time') break;
      trips.push({ sent, received: steady(), server: reply.now });
    }
    this.#rounds = heard(this.#rounds, trips);
  }
}
