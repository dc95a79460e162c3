/**
 * The person's own signed set: what they let whom do, made and signed here and nowhere else.
 *
 * Every change makes the next version of the whole set. It is built on the newest set that this endpoint has ever
 * seen, not on what the server shows: a server that shows an old one would have a revoked grant signed anew. Apps sign
 * again whenever they are opened, at most once an hour: a device trusts a set only for some days.
 */

import { fromBase64 } from '../core/bytes.js';
import { contentsOf, forbidden, grantTo, shut, unsigned, withoutGrants } from '../granting/contents.js';
import { lapsed } from '../policy/grants.js';
import { checkReceipt, grantsOf, receiptOf, requireSigned, signGrants } from '../trust/grants.js';
import { nameOf } from '../trust/links.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { now } from './identities.js';
import { ProblemError } from './problem.js';
import { AT_ONCE, expected } from './reply.js';
import { grantsToWire } from './wire.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Contents} from '../granting/contents.js' */
/** @import {OwnDevice, Receiver, Terms} from '../granting/terms.js' */
/** @import {EnrolledEndpoint, Event as ServerEvent, Grants as WireGrants, HeardView, PersonGrants} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Grants} from '../trust/grants.js' */
/** @import {Chain} from '../trust/person.js' */
/** @import {Deeds} from './deeds.js' */
/** @import {Identities, Send} from './identities.js' */
/** @import {Sets} from './sets.js' */

const AGAIN_AFTER = 3_600; // seconds
const TRIES = 3;
const FURTHEST = 1_000_000;

/** What one more choice makes of the terms; `version` is the one that will say so. @typedef {(contents: Contents, version: number) => Contents} Edit */

/**
 * What is in force. `newest`: the version of the newest that was ever seen, `lapsed`: that its signer is gone, `base`: what the
 * next one begins with.
 * @typedef {{chain: Chain, set: Grants | null, newest: number, shown: PersonGrants | null, lapsed: boolean, base: Contents}} Seen
 */

export class Granting {
  #identities;
  #deeds;
  #send;
  #store;
  #sets;
  /** Of the own chain, once it was seen. @type {Bytes | null} */ #root = null;
  /** What was last sent from here: what comes back of it is no news. */ #signing = -1;
  /** Somebody asked, and what they asked for has not begun. */ #due = false;
  /** One change after another: each is built on the one before. */ #last = Promise.resolve();

  /** @param {Identities} identities @param {Deeds} deeds @param {Send} send @param {Store} store @param {Sets} sets */
  constructor(identities, deeds, send, store, sets) {
    this.#deeds = deeds;
    this.#identities = identities;
    this.#send = send;
    this.#store = store;
    this.#sets = sets;
  }

  /** Whenever more was signed, or a session begins: what is in force, and signed again if that was long ago. Never rejects. */
  open() {
    if (this.#due) return;
    this.#due = true;
    void this.#inTurn(() => this.#renew()).catch(unsaid);
  }

  async #renew() {
    this.#due = false;
    if (!this.#mine()) return;
    const seen = await this.#look();
    const { set, chain } = seen;
    this.#put({ ...(await this.#devices(chain)), ...(await this.#said(seen)) });
    if (seen.lapsed) await this.#forbid(set);
    else if (set !== null && now() - set.time >= AGAIN_AFTER) await this.#sign((contents) => contents);
  }

  /** What a device that is gone had signed has ended; what it forbade is signed anew, if this page knew it. @param {Grants | null} set */
  async #forbid(set) {
    if (set !== null) await this.#sign((contents) => contents);
    this.#store.dispatch({ t: 'notice', notice: { key: 'grant.lapsed', values: {} } });
  }

  /**
   * Somebody was granted, refused, silenced. Rejects with ProblemError or Untrusted.
   * @param {Edit} edit @param {Receiver} [named] who is new in it @returns {Promise<void>}
   */
  change(edit, named) {
    return this.#inTurn(() => this.#sign(edit, { named }));
  }

  /**
   * Whoever is blocked has no grant from then on. Rejects with ProblemError or Untrusted.
   * @param {readonly string[]} persons @returns {Promise<void>}
   */
  async forget(persons) {
    if (!this.#mine()) return;
    if (this.#store.state.terms === null) await this.#inTurn(() => this.#renew());
    const known = await this.#identities.people(persons).catch(nobody); // or else by what they are called in the set
    const named = (this.#store.state.terms?.receivers ?? []).filter(({ person }) => persons.includes(person));
    const roots = [...[...known.values()].map(({ chain }) => chain.root), ...named.map(({ root }) => root)];
    const { terms } = this.#store.state;
    if (roots.some((root) => terms && grantTo(terms.contents, root))) await this.change((contents) => withoutGrants(contents, roots));
  }

  /** Nobody comes in any more, and no other endpoint of the person's is left. Rejects with ProblemError or Untrusted. @returns {Promise<void>} */
  closeEverything() {
    return this.#inTurn(() => this.#sign(shut, { put: (grants, chain) => this.#close(grants, chain) }));
  }

  /** @param {ServerEvent} event */
  heard(event) {
    if (event.t === 'grants_heard') void this.#inTurn(() => this.#hear(event.heard)).catch(unsaid);
    else if (event.t === 'grants_changed' && this.#isNews(event)) this.open();
  }

  /** Who may be granted something: the root of their chain. @param {string} person @returns {Promise<{root: Bytes, household: Bytes | null}>} Rejects with Untrusted. */
  async receiver(person) {
    const { chain, outcome, household } = await this.#identities.person(person);
    require(outcome !== 'rolled_back' && outcome !== 'forked', 'stale');
    return { root: chain.root, household };
  }

  // -- one set after another -------------------------------------------------------------------------

  /** Whether there is a person here who signs. */
  #mine() {
    const { endpoint, registered, standing } = this.#store.state;
    return endpoint !== null && !endpoint.shared && registered && standing === 'confirmed';
  }

  /** Another own device has signed. @param {{person: string, grants: {version: number}}} event */
  #isNews({ person, grants }) {
    return person === this.#identities.identity.person && grants.version > Math.max(this.#signing, this.#store.state.terms?.version ?? -1);
  }

  /** @param {() => Promise<void>} work @returns {Promise<void>} */
  #inTurn(work) {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** @param {Edit} edit @param {{put?: (grants: WireGrants, chain: Chain) => Promise<void>, named?: Receiver | undefined}} [how] the server is told */
  async #sign(edit, { put = (grants) => this.#set(grants), named } = {}) {
    for (let left = TRIES; ; left -= 1) {
      const seen = await this.#look();
      const { chain, set, newest, base } = seen;
      const version = newest + 1;
      const contents = edit(base, version);
      const { keys, sign } = this.#identities.own;
      const time = Math.max(now(), chain.time, set?.time ?? 0, ...contents.grants.map(({ since }) => since));
      const next = await signGrants(chain, { ...contents, version, time, signer: keys.identity, sign });
      this.#signing = version;
      try {
        await put(grantsToWire(next), chain);
      } catch (error) {
        if (left > 1 && error instanceof ProblemError && error.code === 'untrusted') continue; // another own device was faster
        throw error;
      }
      await this.#sets.meet(next, chain);
      const said = await this.#said({ ...seen, set: next, base: contents });
      this.#put({ ...said, receivers: named ? [...said.receivers, named] : said.receivers });
      return;
    }
  }

  /** @param {WireGrants} grants */
  async #set(grants) {
    await this.#send({ t: 'set_grants', grants }, AT_ONCE);
  }

  /** @param {WireGrants} grants @param {Chain} chain */
  async #close(grants, chain) {
    const { links, delegations } = await this.#deeds.alone(chain);
    await this.#send({ t: 'panic', grants, links, ...(delegations ? { delegations } : {}) }, AT_ONCE);
  }

  /** What is in force now, as far as this endpoint has ever seen. @returns {Promise<Seen>} */
  async #look() {
    const { person } = this.#identities.identity;
    const { chain } = await this.#identities.person(person ?? '');
    require(this.#identities.isOwn(chain.root), 'forked');
    this.#root = chain.root;
    const reply = expected('grants_shown', await this.#send({ t: 'show_grants' }, AT_ONCE));
    const shown = reply.sets.find((one) => one.person === person) ?? null;
    const offered = shown && grantsOf({ ...shown.grants });
    if (offered !== null) await this.#sets.meet(offered, chain).catch(unbelieved);
    const set = this.#sets.of(chain.root);
    // A newer one may have been signed by an endpoint that is gone. It may have been a thief's by then, and signed at a
    // point of the chain that is long past: it says how far versions go, and what is in it is worth nothing.
    const former = offered !== null && isFurther(offered, set) && (await isSigned(offered, chain)) ? offered : null;
    const gone = former !== null || (set !== null && !chain.active.has(nameOf(set.signer)));
    const known = set ? contentsOf(set) : former ? forbidden(contentsOf(former), zone()) : unsigned(zone());
    const newest = Math.max(set?.version ?? -1, former?.version ?? -1);
    return { chain, set, newest, shown, lapsed: gone, base: gone ? lapsed(known) : known };
  }

  // -- what the screens show -------------------------------------------------------------------------

  /** The devices that act by the set: the person's own, and those that the household shares. @param {Chain} chain */
  async #devices(chain) {
    const reply = expected('endpoints', await this.#send({ t: 'list_endpoints' }, AT_ONCE));
    const { roster } = this.#identities;
    const active = (/** @type {string} */ identity) => chain.active.has(identity) || roster?.active.has(identity);
    return { devices: reply.endpoints.filter(({ identity }) => active(identity)).map(deviceOf) };
  }

  /** @param {Seen} seen @returns {Promise<Omit<Terms, 'devices'>>} */
  async #said({ set, shown, base }) {
    return {
      contents: base,
      version: set?.version ?? -1,
      time: set?.time ?? 0,
      heard: await heardBy(set, shown?.heard ?? []),
      receivers: (shown?.receivers ?? []).map(({ root, person, name }) => ({ root: fromBase64(root), person, name })),
    };
  }

  /** @param {readonly HeardView[]} heard */
  async #hear(heard) {
    const set = this.#root && this.#sets.of(this.#root);
    if (set) this.#put({ heard: await heardBy(set, heard) });
  }

  /** @param {Partial<Terms>} change what is not in it stays */
  #put(change) {
    const terms = { ...NOTHING, ...this.#store.state.terms, ...change };
    this.#store.dispatch({ t: 'terms', terms });
  }
}

/** What the connection has cut off is looked at after the next sign-in. @param {unknown} error */
function unsaid(error) {
  if (error instanceof Untrusted) console.warn(`not believed: ${error.reason}`);
}

/** Nobody signs so often: what goes further would only use the numbers up. @param {Grants} offered @param {Grants | null} set */
function isFurther({ version }, set) {
  const known = set?.version ?? -1;
  return version > known && version - known < FURTHEST;
}

/** @param {Grants} set @param {Chain} chain */
function isSigned(set, chain) {
  return requireSigned(set, chain).then(() => true, () => false);
}

/** @returns {Map<string, import('./identities.js').Person>} */
const nobody = () => new Map();

/** A set that is older than what is kept, or nobody's any more, changes nothing. @param {unknown} error */
function unbelieved(error) {
  if (!(error instanceof Untrusted)) throw error;
  console.warn(`grants not believed: ${error.reason}`);
}

/** @param {EnrolledEndpoint} endpoint @returns {OwnDevice} */
function deviceOf({ id, identity, name, shared, online, current }) {
  return { id, identity: fromBase64(identity), name, shared, online, current };
}

/**
 * Which devices have signed that they hold which version. What a server says of it without their signature is nothing.
 * @param {Grants | null} set @param {readonly HeardView[]} heard @returns {Promise<Map<string, number>>} by identity
 */
async function heardBy(set, heard) {
  const versions = new Map();
  if (set === null) return versions;
  for (const { receipt: wire } of heard) {
    const receipt = receiptOf({ ...wire });
    const holds = await checkReceipt(receipt, set).then(() => true, () => false);
    if (holds) versions.set(nameOf(receipt.identity), receipt.version);
  }
  return versions;
}

/** @type {Terms} */
const NOTHING = { contents: unsigned('UTC'), version: -1, time: 0, heard: new Map(), devices: [], receivers: [] };

/** Where this device is, as far as it knows. */
function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}
