/** Whom this person does not want to hear of, and whom the server's operator should look at. */

import { AT_ONCE } from './reply.js';

/** @import {Why} from '../protocol.js' */
/** @import {Send} from './identities.js' */

export class Blocks {
  #send;
  #forget;

  /** @param {Send} send @param {(persons: readonly string[]) => Promise<void>} forget takes back what they were granted */
  constructor(send, forget) {
    this.#send = send;
    this.#forget = forget;
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /**
   * Of a contact everybody who has one of its numbers. What they were granted is taken back in the same deed: the
   * server would let none of it count any more, but a device believes what is signed.
   * @param {{contact: string} | {person: string}} whom @param {readonly string[]} persons who that is
   */
  async block(whom, persons) {
    await this.#send({ t: 'block', ...whom }, AT_ONCE);
    await this.#forget(persons);
  }

  /** @param {readonly string[]} blocks */
  async unblock(blocks) {
    for (const block of blocks) await this.#send({ t: 'unblock', block }, AT_ONCE);
  }

  /** Tell whoever runs the server. @param {string} person @param {Why} why @param {string} text */
  async report(person, why, text) {
    await this.#send({ t: 'report_person', person, why, text }, AT_ONCE);
  }
}
