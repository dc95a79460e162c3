/** Tells the server that somebody uses this page: that they do, coarsely, and nothing of what or how. */

/** @import {Reply} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Draft} from './session.js' */

/** Seconds that make no difference to whoever may see it. */
const COARSE = 30_000;

export class Touches {
  #store;
  #send;
  #told = -Infinity;

  /** @param {Store} store @param {(draft: Draft) => Promise<Reply>} send */
  constructor(store, send) {
    this.#store = store;
    this.#send = send;
  }

  touched() {
    const { connection, standing } = this.#store.state;
    const now = performance.now();
    if (connection !== 'online' || standing !== 'confirmed' || now - this.#told < COARSE) return;
    this.#told = now;
    this.#send({ t: 'touch', kind: 'interaction' }).catch(() => {}); // the next touch tells it
  }
}
