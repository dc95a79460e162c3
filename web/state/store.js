/** Holds the one state; whoever subscribed is told after each change. */

import { reduce } from './reduce.js';
import { START } from './state.js';

/** @import {Action} from './reduce.js' */
/** @import {State} from './state.js' */

/** @typedef {(state: State, before: State) => void} Listener */

export class Store {
  /** @type {State} */ state = START;
  /** @type {Set<Listener>} */ #listeners = new Set();
  /** @type {Action[]} */ #waiting = [];
  #busy = false;

  /**
   * One action is carried through to every listener before the next begins, even one that a listener asks for.
   * @param {Action} action
   */
  dispatch(action) {
    this.#waiting.push(action);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#carryOut(next);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Action} action */
  #carryOut(action) {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    for (const listener of this.#listeners) listener(this.state, before);
  }

  /** @param {Listener} listener told at once and after each change, until it calls what is returned */
  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.state, this.state);
    return () => void this.#listeners.delete(listener);
  }
}
