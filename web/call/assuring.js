/**
 * What lets a call go on: it is known who the other side is. In a call a person may go on with another identity than before;
 * in a drop in nobody is asked who would have to be there.
 */

import { Untrusted } from '../trust/untrusted.js';

/** @import {CallView} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {DropIns} from './drop-ins.js' */
/** @import {Assurance} from './secured.js' */
/** @import {Vouching} from './vouching.js' */

export class Assuring {
  #store;
  #vouching;
  #dropIns;
  /** Calls that wait for a person to go on with a changed identity. @type {Map<string, () => void>} */
  #undecided = new Map();

  /** @param {Store} store @param {Vouching} vouching @param {DropIns} dropIns */
  constructor(store, vouching, dropIns) {
    this.#store = store;
    this.#vouching = vouching;
    this.#dropIns = dropIns;
  }

  /** Who the other side is; with another identity than before only by a person's deed. Rejects with Untrusted. @param {CallView} view @returns {Promise<Assurance>} */
  async assure(view) {
    const { assurance, acquaintance, caller, accept } = await this.#vouching.vouch(view);
    if (this.#dropIns.has(view.id)) {
      if (acquaintance.changed) throw new Untrusted('forked');
      await this.#dropIns.met(view.id, caller);
    }
    this.#store.dispatch({ t: 'acquainted', call: view.id, acquaintance });
    if (!acquaintance.changed) return assurance;
    await new Promise((resolve) => this.#undecided.set(view.id, () => resolve(null)));
    this.#undecided.delete(view.id);
    await accept();
    this.#store.dispatch({ t: 'acquainted', call: view.id, acquaintance: { ...acquaintance, changed: false, since: Date.now() / 1_000 } });
    return assurance;
  }

  /** A person was told of the change, and goes on. @param {string} call */
  goOn(call) {
    this.#undecided.get(call)?.();
  }

  /** @param {string} call */
  forget(call) {
    this.#undecided.delete(call);
  }
}
