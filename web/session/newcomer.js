/** Whoever has opened the page and is nobody here yet: the link that they came with, and their ways of becoming somebody. */

import { deviceName } from './devices.js';
import { Joining } from './joining.js';
import { lookUpInvitation } from './open.js';
import { enterByPasskey } from './passkeys.js';
import { codeOf } from './problem.js';
import { keepDemo } from './tending.js';

/** @import {Store} from '../state/store.js' */
/** @import {Joined} from './joining.js' */
/** @import {Link} from './link.js' */

export class Newcomer {
  #store;
  #become;
  #joining = new Joining();

  /** @param {Store} store @param {(joined: Joined) => Promise<void>} become */
  constructor(store, become) {
    this.#store = store;
    this.#become = become;
  }

  /** With an invitation or without. @param {Link} link */
  async arrive({ secret, demo, code }) {
    this.#store.dispatch({ t: 'newcomer', secret, demo, code });
    if (secret === null) return;
    try {
      this.#store.dispatch({ t: 'invitation', details: await lookUpInvitation(secret) });
    } catch (error) {
      this.#store.dispatch({ t: 'invitation_problem', problem: codeOf(error) });
    }
  }

  /** Who is expected may have changed. */
  async lookAgain() {
    const { secret } = this.#store.state.join;
    if (secret === null) return;
    const details = await lookUpInvitation(secret).catch(() => null);
    if (details) this.#store.dispatch({ t: 'invitation', details });
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /** @param {{name: string, mobile: string, profile: string | null}} person who accepts the guidelines */
  async signUp(person) {
    const { secret, demo } = this.#store.state.join;
    if (demo) await keepDemo(demo);
    const { codeSent, ...joined } = await this.#joining.signUp({ ...person, secret });
    await this.#become(joined);
    if (!codeSent) this.#store.dispatch({ t: 'notice', notice: { key: 'problem.code_not_sent', values: {} } });
  }

  /** @param {{code: string, name: string}} device */
  async pair(device) {
    await this.#become(await this.#joining.pair(device));
  }

  /** Go on as the person whose recovery key was typed. Rejects with Untrusted, too. @param {string} typed */
  async recover(typed) {
    await this.#become(await this.#joining.recover(typed));
  }

  /** Come in with a passkey. */
  async enterByPasskey() {
    const identity = await enterByPasskey(await this.#joining.keys());
    await this.#become({ identity: { ...identity, offered: null } }); // another endpoint has to sign for it
  }

  /** The name that a pairing gives this browser if the person chooses none. */
  get deviceName() {
    return deviceName(navigator.userAgent);
  }
}
