/**
 * Do Not Disturb at this very page. What was switched here is kept here, and is the truth: the server is told, and
 * can neither switch it on nor off. What a person has signed for this page, or for all, counts as well, and what comes
 * by a schedule.
 */

import { nextTurn, quietBy } from '../policy/quiet.js';
import { nameOf } from '../trust/links.js';
import { amend, load } from './database.js';

/** @import {Switch} from '../policy/quiet.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Identities} from './identities.js' */
/** @import {Log} from './log.js' */
/** @import {Sets} from './sets.js' */

const QUIET = 'quiet';

/** Timers take no more, in ms; looking too early costs nothing. */
const LONGEST = 2_000_000_000;

export class Quiet {
  #identities;
  #sets;
  #store;
  #log;
  #timer = 0;
  /** What was last said here. @type {Switch | null} */ own = null;

  /** @param {Identities} identities @param {Sets} sets @param {Store} store @param {Log} log */
  constructor(identities, sets, store, log) {
    this.#identities = identities;
    this.#sets = sets;
    this.#store = store;
    this.#log = log;
  }

  async load() {
    this.own = await load('own', QUIET);
  }

  /** Somebody here says so. It overrides what this page has heard, and nothing that is said later. @param {boolean} on */
  async set(on) {
    const heard = new Map(this.#sets.all().map(({ person, version }) => [nameOf(person), version]));
    const own = { on, at: this.#sets.clock, heard };
    await amend('own', QUIET, () => ({ keep: own }));
    this.own = own;
    this.look();
    void this.#log.note({ what: 'quiet', outcome: on ? 'on' : 'off', at: this.#store.state.endpoint?.name ?? '' });
  }

  /** Something may have changed that says so. */
  look() {
    clearTimeout(this.#timer);
    const { identity } = this.#identities.own.keys;
    const [sets, now] = [this.#sets.all(), this.#sets.clock];
    this.#store.dispatch({ t: 'quiet', quiet: quietBy(sets, identity, this.own, now).size > 0 });
    const turn = nextTurn(sets, identity, now);
    if (turn !== null) this.#timer = setTimeout(() => this.look(), Math.min((turn - now) * 1_000, LONGEST));
  }
}
