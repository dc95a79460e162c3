/**
 * One tab of a browser at a time is the endpoint: two with the same key would push each other out of the
 * server again and again. The first keeps the place until it is closed or a person says "here".
 */

const LOCK = 'kith.endpoint';

export class Place {
  #taken;
  #lost;
  /** @type {AbortController | null} */ #queue = null;

  /** @param {() => void} taken the place is ours @param {() => void} lost another tab has it */
  constructor(taken, lost) {
    this.#taken = taken;
    this.#lost = lost;
  }

  /** Take the place if it is free, else wait for it to be. */
  claim() {
    if (!navigator.locks) {
      this.#taken();
      return;
    }
    void navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
      if (lock) return this.#hold();
      this.#lost();
      this.#wait();
      return undefined;
    }).catch(() => this.#lost());
  }

  /** Take the place from whichever tab has it. */
  take() {
    this.#queue?.abort();
    navigator.locks.request(LOCK, { steal: true }, () => this.#hold()).catch(() => {
      this.#lost();
      this.#wait();
    });
  }

  #wait() {
    const queue = new AbortController();
    this.#queue = queue;
    navigator.locks
      .request(LOCK, { signal: queue.signal }, () => this.#hold())
      .catch(() => {
        if (!queue.signal.aborted) this.#lost();
      });
  }

  /** Never resolves: the lock is held until the page goes away or another tab takes it. @returns {Promise<never>} */
  #hold() {
    this.#taken();
    return new Promise(() => {});
  }
}
