/**
 * The signed sets by which somebody may drop in here: at a personal endpoint the own one, at a shared one those of all
 * members of the household. The newest that was ever seen of each is kept; the server can hold a newer one back, for as
 * long as the set says that it is to be believed, but it cannot bring an older one back.
 */

import { fromBase64 } from '../core/bytes.js';
import { optedIn } from '../policy/enhanced.js';
import { lapsed, termAt } from '../policy/grants.js';
import { acceptGrants, grantsOf, requireNotOlder, signReceipt } from '../trust/grants.js';
import { nameOf } from '../trust/links.js';
import { Untrusted } from '../trust/untrusted.js';
import { amend, load, loadAll } from './database.js';
import { now } from './identities.js';
import { receiptsToWire } from './wire.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PersonGrants} from '../protocol.js' */
/** @import {Admitting} from '../state/state.js' */
/** @import {Grants} from '../trust/grants.js' */
/** @import {Chain} from '../trust/person.js' */
/** @import {Identities, Send} from './identities.js' */

const PATIENCE = { within: 10_000 };
const SIGNED = 'signed-time';
const COUNTING = 'counting';
const SOON = 300; // seconds by which clocks may differ

export class Sets {
  #identities;
  #send;
  /** The newest of each person, by the name of their root. @type {Map<string, Grants>} */ #newest = new Map();
  /** Whose sets count here, by the name of their root, as they signed it; null for whom no chain can be believed now. @type {ReadonlyMap<string, Chain | null>} */ #counting = new Map();
  /** What the server was told to be here, in this session. @type {Map<string, number>} */ #told = new Map();
  /** The newest time that was signed in any of them, but for what is ahead of time. */ #signed = 0;
  #turn = Promise.resolve();
  /** Told when what counts here may have changed. */ changed = () => {};

  /** @param {Identities} identities @param {Send} send */
  constructor(identities, send) {
    this.#identities = identities;
    this.#send = send;
  }

  /** What was kept before. Until the chains are there, it forbids and opens nothing. */
  async load() {
    for (const set of /** @type {Grants[]} */ (await loadAll('grants'))) this.#newest.set(nameOf(set.person), set);
    this.#signed = (await load('own', SIGNED)) ?? 0;
    const names = /** @type {string[]} */ ((await load('own', COUNTING)) ?? []);
    this.#counting = new Map(names.map((name) => [name, null]));
    this.changed();
  }

  /** Those that count here now, with what is left of them. @returns {Grants[]} */
  all() {
    return [...this.#newest].flatMap(([person, set]) => {
      const chain = this.#counting.get(person);
      return chain === undefined ? [] : [chain?.active.has(nameOf(set.signer)) ? set : lapsed(set)];
    });
  }

  /** The newest that was ever seen of a person. @param {Bytes} root @returns {Grants | null} */
  of(root) {
    return this.#newest.get(nameOf(root)) ?? null;
  }

  /** Seconds since 1970; never behind what was signed already, however this device's clock is set. */
  get clock() {
    return Math.max(now(), this.#signed);
  }

  /** What they let anybody do. @returns {Admitting} */
  get admitting() {
    const sets = this.all();
    const open = sets.filter(({ closed, grants, home }) => !closed && (grants.length > 0 || home === 'knock' || home === 'instant'));
    const home = sets.some((set) => set.home === 'knock' || set.home === 'instant') && sets.every((set) => set.home !== 'off' && !set.closed);
    return { receptive: open.length > 0 && termAt(sets, this.#identities.own.keys.identity) !== 'off', home };
  }

  /** Whether all whose device this is let the server decrypt what is said in groups. */
  get enhanced() {
    const owners = [...this.#counting.keys()].map((name) => fromBase64(name));
    return optedIn(this.all(), owners, this.clock);
  }

  /** A new session: nobody there knows what is kept here. */
  begin() {
    this.#told.clear();
    return this.refresh();
  }

  /** Ask what is in force, keep what is newer, and sign that it was heard. */
  refresh() {
    this.#turn = this.#turn.then(() => this.#look()).catch(noted);
    return this.#turn;
  }

  /** A set of somebody whose chain this is. Rejects with Untrusted where an older one is kept. @param {Grants} set @param {Chain} chain */
  async meet(set, chain) {
    await acceptGrants(set, chain, null); // before the database is asked: its transactions wait for nobody
    await amend('grants', nameOf(set.person), (/** @type {Grants | null} */ there) => {
      requireNotOlder(set, there);
      return { keep: set };
    });
    this.#newest.set(nameOf(set.person), set);
    await this.#timed(set);
    this.changed();
  }

  /** Time goes on with what was signed in time: it does not run back, and nobody can push it ahead. @param {Grants} set */
  async #timed({ time }) {
    if (now() < this.#signed || time > now() + SOON || time <= this.#signed) return;
    this.#signed = time;
    await amend('own', SIGNED, () => ({ keep: time }));
  }

  async #look() {
    this.#counting = await this.#chains();
    await amend('own', COUNTING, () => ({ keep: [...this.#counting.keys()] }));
    this.changed();
    const reply = await this.#send({ t: 'show_grants' }, PATIENCE);
    if (reply.t !== 'grants_shown') return;
    for (const shown of reply.sets) await this.#heard(shown).catch(noted);
    await this.#sign();
  }

  /** Whose sets count here: that goes by roots that were signed, whatever ids the server gives them. @returns {Promise<Map<string, Chain | null>>} */
  async #chains() {
    const { identity, belonging } = this.#identities;
    if (!this.#identities.vouched || belonging === null) return new Map();
    if (identity.person) {
      const { chain, outcome } = await this.#identities.person(identity.person);
      const believed = outcome !== 'rolled_back' && outcome !== 'forked' && this.#identities.isOwn(chain.root);
      return new Map([[nameOf(belonging), believed ? chain : null]]);
    }
    const { roster, chains } = await this.#identities.household();
    return new Map([...(roster?.members ?? [])].map((name) => [name, chains.get(name) ?? null]));
  }

  /** @param {PersonGrants} shown */
  async #heard({ grants }) {
    const set = grantsOf({ ...grants });
    const chain = this.#counting.get(nameOf(set.person));
    if (chain) await this.meet(set, chain);
  }

  async #sign() {
    const { keys, sign } = this.#identities.own;
    const fresh = this.all().filter(({ person, version }) => this.#told.get(nameOf(person)) !== version);
    const receipts = await Promise.all(fresh.map((set) => signReceipt(set, { time: now(), identity: keys.identity, sign })));
    if (receipts.length === 0) return;
    await this.#send({ t: 'heard_grants', receipts: receiptsToWire(receipts) }, PATIENCE);
    for (const { person, version } of fresh) this.#told.set(nameOf(person), version);
  }
}

/** What cannot be believed leaves what is kept as it is; what the connection has cut off is asked for again. @param {unknown} error */
function noted(error) {
  if (error instanceof Untrusted) console.warn(`not believed: ${error.reason}`);
}
