/** Address books elsewhere that this person lets the server follow. */

import { AT_ONCE, expected } from './reply.js';

/** @import {BookView} from '../protocol.js' */
/** @import {Send} from './identities.js' */

const ELSEWHERE = { within: 60_000 }; // a server of somebody else's is asked

/** The version of what is shown before a book is linked: `books.terms.*` in the texts. */
export const TERMS = 1;

export class Books {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /** @returns {Promise<readonly BookView[]>} */
  async list() {
    return expected('books', await this.#send({ t: 'list_books' }, AT_ONCE)).books;
  }

  /** Only after the terms were shown and acknowledged. @param {{url: string, account: string, password: string}} book */
  async link(book) {
    await this.#send({ t: 'link_book', ...book, acknowledged: TERMS }, ELSEWHERE);
  }

  /** @param {string} book */
  async unlink(book) {
    await this.#send({ t: 'unlink_book', book }, AT_ONCE);
  }

  /** @param {string} book */
  async sync(book) {
    await this.#send({ t: 'sync_book', book }, AT_ONCE);
  }
}
