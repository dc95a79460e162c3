/** The own recovery key, from being made until it is on paper, and what is left to somebody who has lost it, too. */

import { keepPaper, newPaper, paperToWrite, paperWritten } from './paper.js';

/** @import {Store} from '../state/store.js' */
/** @import {Deeds} from './deeds.js' */
/** @import {Identities} from './identities.js' */
/** @import {Tending} from './tending.js' */

/** What is signed rejects with ProblemError or Untrusted. */
export class Recovery {
  #identities;
  #deeds;
  #tending;
  #store;

  /** @param {Identities} identities @param {Deeds} deeds @param {Tending} tending @param {Store} store */
  constructor(identities, deeds, tending, store) {
    this.#identities = identities;
    this.#deeds = deeds;
    this.#tending = tending;
    this.#store = store;
  }

  /** The key that is to be written down; null where it was. */
  unwritten() {
    return paperToWrite();
  }

  async written() {
    await paperWritten();
    this.#store.dispatch({ t: 'paper', unwritten: false });
  }

  /** Another key; what is on paper is worth nothing from then on. */
  async renew() {
    const { seed, identity } = await newPaper();
    await keepPaper(seed); // before it is in force: one that nobody can read would be worse than none
    await this.#deeds.renew(identity);
    this.#store.dispatch({ t: 'paper', unwritten: true });
  }

  /** Be somebody new, as far as others can tell: all devices and the key are lost. */
  async beginAnew() {
    const { seed, identity } = await newPaper();
    await keepPaper(seed);
    const { root } = await this.#deeds.beginAnew(identity);
    await this.#identities.belong(root);
    await this.#tending.tend();
  }
}
