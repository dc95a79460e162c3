/** The own history at the server: a page of it at a time, deleting some of it, and for how long it is kept. */

import { AT_ONCE, expected } from './reply.js';

/** @import {DeleteHistory, History, HistoryEntry} from '../protocol.js' */
/** @import {Send} from './identities.js' */

/** Some of a history: of one device, or of one day (its first moment, in the time of this place), or both. @typedef {{endpoint: string | null, day: Date | null}} Filter */

export class OwnHistory {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /** @param {Filter} filter @param {number | null} before @returns {Promise<History>} */
  async page(filter, before) {
    return expected('history', await this.#send({ t: 'list_history', before, ...wanted(filter) }, AT_ONCE));
  }

  /** @param {HistoryEntry} entry */
  async remove({ number }) {
    await this.#send({ t: 'delete_history', entry: number }, AT_ONCE);
  }

  /** What a filter shows, and nothing else; all where it filters nothing. @param {Filter} filter */
  async removeAll(filter) {
    const some = wanted(filter);
    await this.#send({ t: 'delete_history', ...(Object.keys(some).length === 0 ? { all: true } : some) }, AT_ONCE);
  }

  /** @param {0 | 3 | 18 | null} months */
  async keep(months) {
    await this.#send({ t: 'keep_history', months }, AT_ONCE);
  }
}

/** @param {Filter} filter @returns {Pick<DeleteHistory, 'endpoint' | 'since' | 'until'>} */
export function wanted({ endpoint, day }) {
  if (day === null) return endpoint === null ? {} : { endpoint };
  const next = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1); // a day may have 23 hours
  return { since: day.getTime() / 1_000, until: next.getTime() / 1_000, ...(endpoint === null ? {} : { endpoint }) };
}
