/** Somebody is at the page: told to the server, which tells whoever may drop in that somebody was recently active. */

/** @import {Send} from './identities.js' */

/** Between two tellings: what is told of it turns at whole minutes. */
const EVERY = 20_000;

export class Near {
  #send;
  #now;
  #told = -Infinity;

  /** @param {Send} send @param {() => number} [now] in ms, from whenever */
  constructor(send, now = () => performance.now()) {
    this.#send = send;
    this.#now = now;
  }

  /** A finger or a key: nothing else that a page does says that somebody is there. */
  used() {
    if (this.#now() - this.#told < EVERY) return;
    this.#told = this.#now();
    this.#send({ t: 'touch', kind: 'interaction' }, { within: 5_000 }).catch(() => {
      this.#told = -Infinity; // not signed in, or away: it may be said again
    });
  }
}
