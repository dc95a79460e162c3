/** What this person has told the server of themselves: their name, their number, and what they agreed to. */

import { VERSION } from '../core/guidelines.js';
import { AT_ONCE } from './reply.js';

/** @import {Send} from './identities.js' */

const BY_GATEWAY = { within: 30_000 }; // one that sends codes may take its time

/** Everything rejects with ProblemError. */
export class Registration {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {string} code */
  async verify(code) {
    await this.#send({ t: 'verify', code }, AT_ONCE);
  }

  async resendCode() {
    await this.#send({ t: 'resend_code' }, BY_GATEWAY);
  }

  /** Another number is to be confirmed. @param {string} mobile */
  async changeMobile(mobile) {
    await this.#send({ t: 'change_mobile', mobile }, BY_GATEWAY);
  }

  /** The guidelines that wait. */
  async acceptGuidelines() {
    await this.#send({ t: 'accept_guidelines', version: VERSION }, AT_ONCE);
  }

  /** @param {string} name */
  async rename(name) {
    await this.#send({ t: 'rename', name }, AT_ONCE);
  }
}
