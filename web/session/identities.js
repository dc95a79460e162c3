/**
 * Who is who: chains and rosters as the server shows them, checked link by link and held against what this
 * endpoint remembers. Whatever is given out here was believed; what was not is an Untrusted.
 *
 * An endpoint that nobody has vouched for yet remembers nothing: what it is shown counts only once another endpoint
 * has named the root of its chain or roster.
 */

import { equal, fromBase64 } from '../core/bytes.js';
import { delegationsOf } from '../trust/delegations.js';
import { publicKeysOf, sha256 } from '../trust/keys.js';
import { reconcile } from '../trust/known.js';
import { nameOf } from '../trust/links.js';
import { extend, personLinkBytes, personLinkOf } from '../trust/person.js';
import { householdLinkOf, replay as replayRoster } from '../trust/roster.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { amend, load } from './database.js';
import { publicKeys, sign } from './keys.js';
import { continues, known, meet, meetDelegations } from './known.js';
import { expected } from './reply.js';

/** @import {Home} from '../call/party.js' */
/** @import {Bytes} from '../core/bytes.js' */
/** @import {PersonIdentity, Reply, RosterShown, RosterView, WaitingEndpoint} from '../protocol.js' */
/** @import {Delegations} from '../trust/delegations.js' */
/** @import {PublicKeys, Sign} from '../trust/keys.js' */
/** @import {Outcome, Remembered} from '../trust/known.js' */
/** @import {Chain} from '../trust/person.js' */
/** @import {HouseholdLink, Roster} from '../trust/roster.js' */
/** @import {Identity} from './database.js' */
/** @import {Draft} from './session.js' */

/** @typedef {(draft: Draft, options?: {within?: number}) => Promise<Reply>} Send */

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {Chain} chain
 * @property {Delegations | null} delegations  in force; null where there are none
 * @property {{version: number, time: number}} newestSet  in force or not; version -1 where there is none
 * @property {Outcome} outcome  against what was known before
 * @property {Remembered | null} known  what is remembered now
 * @property {Bytes | null} household  the root of the roster that they are in, by the server's word
 */

/**
 * @typedef {object} Household
 * @property {Roster | null} roster  null where nobody has begun one that can be believed
 * @property {readonly HouseholdLink[]} links  that `roster` is made of
 * @property {Roster | null} offered  one that is the own household's only if a person says so
 * @property {readonly Person[]} people  members, and whoever else the roster rests on, as they are now
 * @property {ReadonlyMap<string, Chain>} chains  by root: theirs, and those that they had before they lost everything
 * @property {readonly WaitingEndpoint[]} waiting
 */

/** This endpoint: its keys, and what signs and agrees for it. @typedef {{keys: PublicKeys, secret: CryptoKey, sign: Sign}} Own */

const BELONGING = 'belonging';
const PATIENCE = { within: 10_000 };
const ROSTERS = 8; // that one question may be about

export class Identities {
  #send;
  /** @type {Identity | null} */ #identity = null;
  /** @type {Own | null} */ #own = null;
  /** The root of the chain or roster that this endpoint is in, once it was vouched for. @type {Bytes | null} */ #belonging = null;
  /** What has been checked already, by root. @type {Map<string, Chain>} */ #chains = new Map();
  /** The newest roster that was believed. @type {Roster | null} */ roster = null;
  #turn = Promise.resolve();

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {Identity} identity whose endpoint this is */
  async become(identity) {
    this.#identity = identity;
    this.#own = await ownOf(identity);
    this.#belonging = await load('own', BELONGING);
  }

  /** The person lives elsewhere now, by the server's word: what is believed of that household begins anew. @param {string} household */
  moved(household) {
    this.#identity = { ...this.identity, household };
    this.roster = null;
  }

  /** @returns {Own} */
  get own() {
    if (this.#own === null) throw new Untrusted('not_active');
    return this.#own;
  }

  /** @returns {Identity} */
  get identity() {
    if (this.#identity === null) throw new Untrusted('not_active');
    return this.#identity;
  }

  /** Whether some root was vouched for. */
  get vouched() {
    return this.#belonging !== null && this.identity.person !== undefined;
  }

  /** This is the chain or roster to be in: begun here, or named by an endpoint that was compared with. @param {Bytes} root */
  async belong(root) {
    await amend('own', BELONGING, () => ({ keep: root }));
    this.#belonging = root;
  }

  /** The root of the own chain, or of the roster that this endpoint is in; null before somebody has vouched for it. */
  get belonging() {
    return this.#belonging;
  }

  /** Whether a root is that of the own chain or roster. @param {Bytes} root */
  isOwn(root) {
    return this.#belonging !== null && equal(this.#belonging, root);
  }

  /**
   * One thing after another that asks for, or adds to, what people signed: what was asked for is checked before anything
   * newer is known, against which it would seem to have been taken back. Never one of these inside another.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.then(nothing, nothing);
    return done;
  }

  /**
   * Persons as they are now. Whoever has no chain, or is not known here, is missing. Rejects with Untrusted or ProblemError.
   * @param {readonly string[]} ids @returns {Promise<Map<string, Person>>}
   */
  people(ids) {
    const persons = [...new Set(ids)];
    const ask = async () => expected('identities', await this.#send({ t: 'list_identities', persons }, PATIENCE));
    return this.shownBy(ask).then(({ people }) => people);
  }

  /**
   * Persons whom the reply to some question shows, and that reply. Rejects with Untrusted or ProblemError.
   * @template {{identities: readonly PersonIdentity[]}} R
   * @param {() => Promise<R>} ask @returns {Promise<{reply: R, people: Map<string, Person>}>}
   */
  shownBy(ask) {
    return this.inTurn(async () => {
      const reply = await ask();
      const found = await Promise.all(reply.identities.map((one) => this.#person(one)));
      return { reply, people: new Map(found.map((one) => [one.id, one])) };
    });
  }

  /** @param {string} id @returns {Promise<Person>} Rejects with Untrusted if the person has no chain. */
  async person(id) {
    const person = (await this.people([id])).get(id);
    require(person, 'unknown_person');
    return person;
  }

  /** The own household as it is now. Rejects with Untrusted or ProblemError. @returns {Promise<Household>} */
  household() {
    return this.inTurn(() => this.#home());
  }

  /** A person says that they live in the household that they are shown. @returns {Promise<void>} */
  moveIn() {
    return this.inTurn(async () => {
      const { offered } = await this.#home();
      if (offered) await meet('households', this.identity.household ?? '', offered, now());
    });
  }

  /** @returns {Promise<Household>} */
  async #home() {
    const { household = '' } = this.identity;
    const reply = expected('roster', await this.#send({ t: 'show_roster' }, PATIENCE));
    if (household !== (this.identity.household ?? '')) return this.#home(); // they moved while it was on its way
    const { people, chains } = await this.#housemates(reply.identities);
    const links = linksOf(reply);
    const shown = links.length === 0 ? null : await replayRoster(links, chains);
    const believed = await this.#believed(shown, reply, household);
    if (this.vouched && household === (this.identity.household ?? '')) this.roster = believed ? shown : null;
    return { roster: believed ? shown : null, links: believed ? links : [], offered: believed ? null : shown, people, chains, waiting: reply.waiting };
  }

  /** The chains are those that a roster may rest on: nothing that was held back, written anew or changed. @param {readonly PersonIdentity[]} shown */
  async #housemates(shown) {
    /** @type {Map<string, Person>} */ const people = new Map();
    /** @type {Map<string, Chain>} */ const chains = new Map();
    for (const one of shown) {
      // Who began anew is there twice: what they were before comes last, and is only what the roster rests on.
      const person = people.has(one.person) ? null : await this.#person(one).catch(nobody);
      const chain = person?.chain ?? (await this.#replay(one.links.map((link) => personLinkOf({ ...link }))).catch(nobody));
      if (person) people.set(person.id, person);
      if (chain && person?.outcome !== 'changed' && (await continues('persons', chain))) chains.set(nameOf(chain.root), chain);
    }
    return { people: [...people.values()], chains };
  }

  /**
   * Rosters of other households, by their roots. What cannot be believed is left out, as is what is not shown; nothing goes
   * back behind what was seen of it. @param {readonly Bytes[]} roots @param {readonly Bytes[]} but these
   * @returns {Promise<{roster: Roster, links: readonly HouseholdLink[]}[]>}
   */
  rosters(roots, but) {
    return this.inTurn(() => this.#rosters(roots, but));
  }

  /** @param {readonly Bytes[]} roots @param {readonly Bytes[]} but */
  async #rosters(roots, but) {
    const wanted = new Map(roots.filter((root) => !but.some((one) => equal(one, root))).map((root) => [nameOf(root), root]));
    const names = [...wanted.keys()];
    const asked = [...Array(Math.ceil(names.length / ROSTERS)).keys()].map((at) => this.#shown(names.slice(at * ROSTERS, (at + 1) * ROSTERS)));
    const found = await Promise.all((await Promise.all(asked)).flat().map((one) => this.#other(one).catch(nobody)));
    return found.flatMap((one) => (one !== null && wanted.has(nameOf(one.roster.root)) ? [one] : []));
  }

  /** @param {string[]} households roots, in base64 */
  async #shown(households) {
    return expected('rosters', await this.#send({ t: 'show_rosters', households }, PATIENCE)).rosters;
  }

  /** @param {RosterView} shown */
  async #other(shown) {
    const links = linksOf(shown);
    const roster = await replayRoster(links, (await this.#housemates(shown.identities)).chains);
    require(await continues('households', roster), 'stale');
    await meet('households', nameOf(roster.root), roster, now());
    return { roster, links };
  }

  /**
   * Whether the roster is that of the own household: it goes on from the one that is known. At first sight a person's
   * endpoint believes one that its own person has signed in; another one a person must have said is theirs.
   * Rejects with Untrusted for one that does not go on. @param {Roster | null} roster @param {RosterShown} shown @param {string} household
   */
  async #believed(roster, shown, household) {
    const before = await known('households', household);
    if (!this.vouched) return true;
    require(roster !== null || before === null, 'stale');
    if (roster === null) return true;
    if (before === null) require(await continues('households', roster), 'stale'); // one that was left stays left
    if (before === null && !this.#isOurs(roster, shown)) return false;
    const outcome = await meet('households', household, roster, now());
    require(outcome !== 'rolled_back', 'stale');
    require(outcome !== 'forked' && outcome !== 'changed', 'forked');
    return true;
  }

  /** Named by who vouched for this endpoint, or signed in by its own person. @param {Roster} roster @param {RosterShown} shown */
  #isOurs(roster, { links }) {
    return this.isOwn(roster.root) || links.some(({ person }) => this.isOwn(fromBase64(person)));
  }

  /** @param {PersonIdentity} shown @returns {Promise<Person>} */
  async #person({ person: id, links, delegations, household: home }) {
    const chain = await this.#replay(links.map((link) => personLinkOf({ ...link })));
    const outcome = await this.#outcome(id, chain);
    const set = delegations === null ? null : await this.#inForce(delegationsOf({ ...delegations }), chain);
    const { version = -1, time = 0 } = delegations ?? {};
    return { id, chain, delegations: set, newestSet: { version, time }, outcome, known: await known('persons', id), household: home ? fromBase64(home) : null };
  }

  /** Against what is known of this chain, by whatever id: the server hands ids out as it likes. @param {string} id @param {Chain} chain @returns {Promise<Outcome>} */
  async #outcome(id, chain) {
    if (!this.vouched) return 'new';
    if (await continues('persons', chain)) return meet('persons', id, chain, now());
    return reconcile(await known('persons', id), chain) === 'forked' ? 'forked' : 'rolled_back';
  }

  /** A set lapses with its signer: then nobody may act for the person until they sign another. @param {Delegations} set @param {Chain} chain */
  async #inForce(set, chain) {
    try {
      return await meetDelegations(set, chain);
    } catch (error) {
      if (error instanceof Untrusted && error.reason === 'not_active') return null;
      throw error;
    }
  }

  /** Only what has not been checked before is checked. @param {readonly import('../trust/person.js').PersonLink[]} links @returns {Promise<Chain>} */
  async #replay(links) {
    const [first] = links;
    require(first, 'wrong_start');
    const before = this.#chains.get(nameOf(await sha256(personLinkBytes(first))));
    const there = before && links[before.version];
    const goesOn = before && there && equal(await sha256(personLinkBytes(there)), before.head);
    /** @type {Chain | null} */ let chain = goesOn ? before : null;
    for (const link of links.slice(goesOn ? before.version + 1 : 0)) chain = await extend(chain, link);
    require(chain, 'wrong_start');
    this.#chains.set(nameOf(chain.root), chain);
    return chain;
  }
}

/** The own household as calls and messages go by it: without it nobody can tell who may act for a housemate; the others may go on. @param {Pick<Identities, 'household'>} identities @returns {Promise<Home>} */
export async function homeOf(identities) {
  try {
    const { roster, links } = await identities.household();
    return { roster, links, trouble: null };
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    return { roster: null, links: [], trouble: error.reason };
  }
}

/** @param {{links: RosterShown['links']}} shown @returns {HouseholdLink[]} */
const linksOf = ({ links }) => links.map((link) => householdLinkOf({ ...link }));

/** A housemate who cannot be believed is left out: what rests on them falls with them, and nothing else. @param {unknown} error */
function nobody(error) {
  if (error instanceof Untrusted) return null;
  throw error;
}

const nothing = () => {};

/** @param {Identity} identity @returns {Promise<Own>} */
export async function ownOf({ keys }) {
  return {
    keys: publicKeysOf(await publicKeys(keys)),
    secret: keys.sealing.privateKey,
    sign: (message) => sign(keys, message),
  };
}

/** Unix seconds, as they stand in signed links. */
export const now = () => Math.floor(Date.now() / 1_000);
