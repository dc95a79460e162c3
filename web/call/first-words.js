/**
 * What begins another connection of a pair: words that the other one has sealed for it. For anything else nothing is made, and
 * nothing is remembered; and for what is theirs at most one a second.
 */

/** Epochs whose first words are looked at, and bodies that wait for each. */
const EPOCHS = 8;
const BODIES = 32;

const EVERY = 1_000;

export class FirstWords {
  #read;
  #begin;
  /** @type {Map<number, string[]>} by epoch */ #waiting = new Map();
  #next = -Infinity;
  #over = false;

  /** @param {{read: (epoch: number, body: string) => Promise<boolean>, begin: (epoch: number, bodies: readonly string[]) => void}} ways `read`: whether they sealed it */
  constructor({ read, begin }) {
    this.#read = read;
    this.#begin = begin;
  }

  /** @param {number} epoch in which there is no connection yet @param {string} body */
  hear(epoch, body) {
    const there = this.#waiting.get(epoch);
    if (there && there.length < BODIES) there.push(body);
    if (there || this.#waiting.size >= EPOCHS) return;
    const bodies = [body];
    this.#waiting.set(epoch, bodies);
    void this.#look(epoch, bodies);
  }

  close() {
    this.#over = true;
  }

  /** @param {number} epoch @param {readonly string[]} bodies */
  async #look(epoch, bodies) {
    const theirs = await this.#read(epoch, bodies[0] ?? '');
    if (theirs) await this.#turn();
    this.#waiting.delete(epoch);
    if (theirs && !this.#over) this.#begin(epoch, bodies);
  }

  async #turn() {
    const now = performance.now();
    const turn = Math.max(this.#next, now);
    this.#next = turn + EVERY;
    if (turn > now) await new Promise((resolve) => setTimeout(resolve, turn - now));
  }
}
