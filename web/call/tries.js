/**
 * Another connection for one that did not come up, and another for that: each after a longer pause, and beside none that
 * may still come.
 */

import { backoff } from '../session/backoff.js';

/** Milliseconds a connection may take to come up. A relay over TLS needs three seconds of them. */
const SETTLE = 8_000;

export class Tries {
  #again;
  #failures = 0;
  #timer = 0;
  #waiting = false;

  /** @param {() => void} again  begin another one, and say so */
  constructor(again) {
    this.#again = again;
  }

  /** One was begun. */
  begun() {
    this.#wait(SETTLE, () => this.failed());
  }

  /** It will not come up. What was not begun here is nobody's concern. */
  failed() {
    if (!this.#waiting) return;
    this.#failures += 1;
    this.#wait(1_000 * backoff(this.#failures, Math.random()), this.#again);
  }

  /** It is up. */
  done() {
    this.#failures = 0;
    this.stop();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#waiting = false;
  }

  /** @param {number} milliseconds @param {() => void} then */
  #wait(milliseconds, then) {
    clearTimeout(this.#timer);
    this.#waiting = true;
    this.#timer = setTimeout(then, milliseconds);
  }
}
