/** Calls that were answered at this page, for those who live here to read. What is dropped in on writes for itself. */

/** @import {Store} from '../state/store.js' */
/** @import {State, Talk} from '../state/state.js' */
/** @import {Said} from '../trust/log.js' */

export class Record {
  #note;
  /** When each began that goes on, ms of this page's clock. @type {Map<string, number>} */ #begun = new Map();

  /** @param {Store} store @param {(said: Said) => void} note */
  constructor(store, note) {
    this.#note = note;
    store.subscribe((state) => this.#look(state));
  }

  /** @param {State} state */
  #look({ talks, endpoint }) {
    const at = endpoint?.name ?? '';
    for (const talk of talks) {
      if (!talk.mine || talk.role !== 'callee' || talk.kind !== 'call') continue;
      const begun = this.#begun.get(talk.id);
      if (begun === undefined && talk.ended === null && talk.since !== null) {
        this.#begun.set(talk.id, performance.now());
        this.#note({ ...about(talk, at), outcome: 'admitted' });
      } else if (begun !== undefined && talk.ended !== null) {
        this.#begun.delete(talk.id);
        const length = Math.round((performance.now() - begun) / 1_000);
        this.#note({ ...about(talk, at), outcome: 'ended', reason: talk.ended, length });
      }
    }
  }
}

/** @param {Talk} talk @param {string} at @returns {Said} */
function about({ id, person, name, view }, at) {
  return { what: 'call', call: id, person: person ?? '', name, device: view?.endpoint?.name ?? '', at };
}
