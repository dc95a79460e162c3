/** Whom this person does not want to hear of, and whom the server's operator should look at. */

/** @import {Why} from '../protocol.js' */
/** @import {Send} from './identities.js' */

const AT_ONCE = { within: 10_000 };

export class Blocks {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /** Of a contact everybody who has one of its numbers. @param {{contact: string} | {person: string}} whom */
  async block(whom) {
    await this.#send({ t: 'block', ...whom }, AT_ONCE);
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
