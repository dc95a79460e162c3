/**
 * What follows by itself from what was signed: whether this endpoint is believed to be its person's, who waits to be
 * signed for, and what its person signs without being asked. Looked at after each sign-in and whenever more was signed.
 */

import { compare, concat, toBase64Url } from '../core/bytes.js';
import { publicKeysOf, sha256 } from '../trust/keys.js';
import { nameOf } from '../trust/links.js';
import { Untrusted } from '../trust/untrusted.js';
import { amend, drop, load } from './database.js';
import { keepPaper, newPaper, paperToWrite } from './paper.js';

/** @import {WaitingEndpoint} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Deeds} from './deeds.js' */
/** @import {Household, Identities, Person} from './identities.js' */

const DEMO = 'demo';
const SOON = 2_000; // milliseconds until what the server could not answer is looked at again
const LATEST = 900_000;
const DIGEST_LENGTH = 16;

/** The owner link names the keys of the demo devices, which nobody can scan. @param {string} digest */
export async function keepDemo(digest) {
  await amend('own', DEMO, () => ({ keep: digest }));
}

export class Tending {
  #identities;
  #deeds;
  #store;
  #due = false;
  #again = 0;
  #pause = SOON;
  /** @type {Promise<void> | null} */ #busy = null;

  /** @param {Identities} identities @param {Deeds} deeds @param {Store} store */
  constructor(identities, deeds, store) {
    this.#identities = identities;
    this.#deeds = deeds;
    this.#store = store;
  }

  /** Look again, once what is being looked at is done. @returns {Promise<void>} */
  tend() {
    this.#due = true;
    this.#busy ??= this.#work().finally(() => (this.#busy = null));
    return this.#busy;
  }

  async #work() {
    while (this.#due) {
      this.#due = false;
      clearTimeout(this.#again);
      await this.#look().then(() => (this.#pause = SOON), (error) => this.#unseen(error));
    }
  }

  /** What cannot be believed waits until more is signed; what the server did not answer is asked again. @param {unknown} error */
  #unseen(error) {
    if (error instanceof Untrusted) {
      console.warn(`not believed: ${error.reason}`);
      return;
    }
    this.#again = setTimeout(() => void this.tend(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LATEST);
  }

  async #look() {
    this.#store.dispatch({ t: 'paper', unwritten: (await paperToWrite()) !== null });
    const household = await this.#household();
    const { identity } = this.#identities;
    const own = household.people.find(({ id }) => id === identity.person) ?? null;
    if (identity.person && own === null && !this.#identities.vouched && identity.offered === undefined) await this.#beginChain();
    const confirmed = this.#confirmed(own, household);
    const sign = confirmed && own !== null && this.#store.state.registered;
    this.#store.dispatch({
      t: 'standing',
      standing: confirmed ? 'confirmed' : 'waiting',
      waiting: sign ? household.waiting : [],
      strangers: sign ? this.#strangers(household) : [],
      taken: sign && (household.offered?.members.has(nameOf(own.chain.root)) ?? false),
    });
    if (sign) await this.#sign(own, household);
  }

  /** What cannot be believed of the household is no reason not to be oneself. @returns {Promise<Household>} */
  async #household() {
    try {
      return await this.#identities.household();
    } catch (error) {
      if (!(error instanceof Untrusted) || this.#identities.identity.person === null) throw error;
      console.warn(`the household is not believed: ${error.reason}`);
      const { person } = this.#identities.identity;
      const people = person ? await this.#identities.people([person]) : new Map();
      return { roster: null, links: [], offered: null, people: [...people.values()], chains: new Map(), waiting: [] };
    }
  }

  /** A person from before there were chains. */
  async #beginChain() {
    const { seed, identity } = await newPaper();
    await keepPaper(seed);
    const chain = await this.#deeds.beginOwn(identity);
    await this.#identities.belong(chain.root);
    this.#due = true;
  }

  /** @param {Person | null} own @param {Household} household */
  #confirmed(own, { roster }) {
    const reach = this.#identities.identity.person ? (own?.chain ?? null) : roster;
    const { identity } = this.#identities.own.keys;
    if (!this.#identities.vouched) return false;
    // What is not shown, or cannot be believed, does not undo what was vouched for: only its own chain can.
    return reach === null || !this.#identities.isOwn(reach.root) || reach.active.has(nameOf(identity));
  }

  /** Who lives here by the server's word, and by nobody else's. @param {Household} household @returns {string[]} */
  #strangers({ roster, people }) {
    if (roster === null) return [];
    const home = this.#store.state.people.filter(({ household }) => household === this.#identities.identity.household).map(({ id }) => id);
    const here = people.filter(({ id, outcome }) => home.includes(id) && outcome !== 'rolled_back' && outcome !== 'forked');
    return here.filter(({ id, chain }) => id !== this.#identities.identity.person && !roster.members.has(nameOf(chain.root))).map(({ id }) => id);
  }

  /** @param {Person} own @param {Household} household */
  async #sign(own, { roster, offered, people, waiting }) {
    if (!this.#identities.isOwn(own.chain.root)) return;
    if (roster === null && offered === null && people.every(({ id }) => id === own.id)) await this.#deeds.begin();
    await this.#welcomeDemo(waiting);
    if (roster === null || !roster.members.has(nameOf(own.chain.root))) return;
    if ((roster.pins.get(nameOf(own.chain.root))?.version ?? 0) < own.chain.version) await this.#deeds.confirm();
    await this.#deeds.delegate({ own, roster });
  }

  /** @param {readonly WaitingEndpoint[]} waiting */
  async #welcomeDemo(waiting) {
    const wanted = /** @type {string | null} */ (await load('own', DEMO));
    const shared = waiting.filter((one) => one.shared).map(({ keys }) => publicKeysOf(keys));
    if (wanted === null || shared.length === 0) return;
    const identities = shared.map(({ identity }) => identity).sort(compare);
    const digest = (await sha256(concat(...identities))).slice(0, DIGEST_LENGTH);
    if (toBase64Url(digest) !== wanted) return; // not all of them are there, or others: a person decides
    await this.#deeds.addShared(shared);
    await drop('own', DEMO);
  }
}
