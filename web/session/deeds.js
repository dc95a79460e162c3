/**
 * What this personal endpoint signs: into its person's chain, into the household's roster, and who may act for
 * the person. Everything is signed on top of what is newest, and once more if somebody was faster.
 */

import { compare } from '../core/bytes.js';
import { signDelegations } from '../trust/delegations.js';
import { nameOf } from '../trust/links.js';
import { extend, signPersonLink } from '../trust/person.js';
import { extend as extendRoster, signHouseholdLink } from '../trust/roster.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { now } from './identities.js';
import { meet, meetDelegations } from './known.js';
import { ProblemError } from './problem.js';
import { AT_ONCE } from './reply.js';
import { beginToWire, delegationsToWire, householdLinksToWire, leaveToWire, personLinksToWire } from './wire.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Delegations} from '../trust/delegations.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Chain, Deed as PersonDeed} from '../trust/person.js' */
/** @import {Deed as HouseholdDeed, Roster} from '../trust/roster.js' */
/** @import {Household, Identities, Person, Send} from './identities.js' */

const TRIES = 3;

export class Deeds {
  #identities;
  #send;
  /** Shared endpoints that are about to be in the roster, by name of their identity. @type {Map<string, Bytes>} */ #coming = new Map();

  /** @param {Identities} identities @param {Send} send */
  constructor(identities, send) {
    this.#identities = identities;
    this.#send = send;
  }

  /** An endpoint that was compared with. @param {PublicKeys} keys @returns {Promise<Chain>} with it */
  async addOwn(keys) {
    const chain = await this.#extendPerson((person) => {
      return person.chain.active.has(nameOf(keys.identity)) ? [] : [{ action: 'add', keys }];
    });
    await this.confirm();
    return chain;
  }

  /** The first link of a person who has none. @param {Bytes} recovery the public half of the printed key @returns {Promise<Chain>} */
  async beginOwn(recovery) {
    const { keys, sign } = this.#identities.own;
    const link = await signPersonLink(null, { action: 'begin', keys, recovery }, { time: now(), signer: keys.identity, sign });
    await this.#send({ t: 'extend_person', links: personLinksToWire([link]) }, AT_ONCE);
    return extend(null, link);
  }

  /** Everything is lost, the recovery key too: another identity. @param {Bytes} recovery @returns {Promise<Chain>} */
  async beginAnew(recovery) {
    const { keys, sign } = this.#identities.own;
    const link = await signPersonLink(null, { action: 'begin', keys, recovery }, { time: now(), signer: keys.identity, sign });
    await this.#send({ t: 'begin_anew', link: beginToWire(link) }, AT_ONCE);
    return extend(null, link);
  }

  /** An endpoint of one's own goes. @param {Bytes} identity */
  async removeOwn(identity) {
    const itself = nameOf(identity) === nameOf(this.#identities.own.keys.identity);
    await this.#extendPerson(({ chain }) => {
      return chain.active.has(nameOf(identity)) && chain.active.size > 1 ? [{ action: 'remove', identity }] : [];
    });
    if (!itself) await this.confirm();
  }

  /**
   * What makes this endpoint the only one of its person: signed here, and sent by whoever asks.
   * @param {Chain} chain as it is now @returns {Promise<{links: ReturnType<typeof personLinksToWire>, delegations: ReturnType<typeof delegationsToWire> | null}>}
   */
  async alone(chain) {
    const { own, identity } = this.#identities;
    const others = [...chain.active.values()].filter(({ identity: key }) => nameOf(key) !== nameOf(own.keys.identity));
    const links = [];
    let last = chain;
    for (const { identity: key } of others) {
      const link = await signPersonLink(last, { action: 'remove', identity: key }, { time: now(), signer: own.keys.identity, sign: own.sign });
      last = await extend(last, link);
      links.push(link);
    }
    const person = await this.#identities.person(identity.person ?? '');
    const anew = lapses(person.delegations, last);
    const set = anew ? await this.#sign(last, person.delegations?.endpoints ?? [], person.newestSet) : null;
    return { links: personLinksToWire(links), delegations: set && delegationsToWire(set) };
  }

  /** Another recovery key is printed. @param {Bytes} recovery its public half */
  async renew(recovery) {
    await this.#extendPerson(({ chain }) => (nameOf(chain.recovery) === nameOf(recovery) ? [] : [{ action: 'renew', recovery }]));
  }

  /**
   * Endpoints that were compared with, for everybody. They may act for the own person first: once they are in the
   * roster, they may call at once. @param {readonly PublicKeys[]} all @returns {Promise<Roster>} with them
   */
  async addShared(all) {
    await this.begin();
    for (const { identity } of all) this.#coming.set(nameOf(identity), identity);
    try {
      await this.delegate();
      const roster = await this.#extendHousehold((standing) => {
        const missing = all.filter(({ identity }) => !standing?.active.has(nameOf(identity)));
        return missing.map((keys) => /** @type {HouseholdDeed} */ ({ action: 'add', keys }));
      });
      require(roster, 'wrong_start');
      return roster;
    } finally {
      for (const { identity } of all) this.#coming.delete(nameOf(identity));
    }
  }

  /** @param {Bytes} identity */
  async removeShared(identity) {
    await this.#extendHousehold((standing) => (standing?.active.has(nameOf(identity)) ? [{ action: 'remove', identity }] : []));
    await this.delegate();
  }

  /** Somebody moved in, as a person here says. @param {string} id */
  async join(id) {
    const { chain } = await this.#identities.person(id);
    const { root: member, version: member_version, head: member_head } = chain;
    await this.#extendHousehold((standing) => {
      return standing?.members.has(nameOf(member)) ? [] : [{ action: 'join', member, member_version, member_head }];
    });
  }

  /** @returns {Promise<Roster>} */
  async begin() {
    const roster = await this.#extendHousehold((standing) => (standing === null ? [BEGIN] : []));
    require(roster, 'wrong_start');
    return roster;
  }

  /**
   * Leave the household, or for good: signed, so that nobody has to believe the server about it. Whoever remembers
   * the roster as it is then is not shown an older one.
   * @param {'leave_household' | 'deregister'} t
   */
  async leave(t) {
    const household = this.#identities.identity.household ?? ''; // another one, once the server has heard
    for (let left = TRIES; ; left -= 1) {
      const { link, after, set } = await this.#farewell().catch((error) => unsigned(error, t));
      const farewell = link ? { link } : {};
      const delegations = set && delegationsToWire(set);
      const draft = t === 'deregister' ? { t, ...farewell } : { t, ...farewell, ...(delegations ? { delegations } : {}) };
      const stays = t === 'leave_household' ? after : null;
      if (await this.#sent(draft, left, async () => stays && meet('households', household, stays, now()))) return;
    }
  }

  /** What is to be signed: nothing where the roster has nobody else, or not the own person. */
  async #farewell() {
    const { own, chains, roster: believed, offered } = await this.#home();
    const roster = believed ?? offered;
    const { keys, sign } = this.#identities.own;
    const set = own.delegations && (await this.#sign(own.chain, [], own.newestSet));
    const signs = roster !== null && roster.members.has(nameOf(own.chain.root)) && roster.members.size > 1;
    if (!signs) return { link: null, after: null, set };
    const by = { chain: own.chain, time: now(), signer: keys.identity, sign };
    const signed = await signHouseholdLink(roster, { action: 'leave', member: own.chain.root }, by);
    const after = await extendRoster(roster, signed, chains);
    return { link: leaveToWire(signed), after, set };
  }

  /** Pin the own chain in the roster as it is now: keys that it has removed sign nothing there from then on. */
  async confirm() {
    await this.#extendHousehold((standing, { chain }) => {
      const pin = standing?.pins.get(nameOf(chain.root));
      return standing?.members.has(nameOf(chain.root)) && pin && pin.version < chain.version ? [{ action: 'confirm' }] : [];
    });
  }

  /** Every shared endpoint of the household, and every one that is about to be, may act for the own person; no other. */
  async delegate(shown = /** @type {{roster: Roster | null, own: Person} | null} */ (null)) {
    for (let left = TRIES; ; left -= 1) {
      const { roster, own } = (left === TRIES && shown) || (await this.#home());
      const set = roster && (await this.#due(own, roster));
      if (!set) return;
      if (await this.#sent({ t: 'delegate', delegations: delegationsToWire(set) }, left, () => meetDelegations(set, own.chain))) return;
    }
  }

  /** The set that is to be signed, if there is any. @param {Person} own @param {Roster} roster @returns {Promise<Delegations | null>} */
  async #due({ chain, delegations, newestSet }, roster) {
    if (!roster.members.has(nameOf(chain.root))) return null;
    const shared = [...roster.active.values()].map(({ identity }) => identity);
    const coming = [...this.#coming.values()].filter((identity) => !roster.active.has(nameOf(identity)));
    const wanted = [...shared, ...coming].sort(compare);
    const there = delegations?.endpoints ?? [];
    if (wanted.map(nameOf).join() === there.map(nameOf).join()) return null;
    return this.#sign(chain, wanted, newestSet);
  }

  /** @param {Chain} chain @param {readonly Bytes[]} endpoints @param {{version: number, time: number}} before */
  #sign(chain, endpoints, before) {
    const { keys, sign } = this.#identities.own;
    const [version, time] = [before.version + 1, Math.max(now(), chain.time, before.time)];
    return signDelegations(chain, { version, time, endpoints, signer: keys.identity, sign });
  }

  /** The household as it stands, and oneself in it. @returns {Promise<Household & {own: Person}>} */
  async #home() {
    const household = await this.#identities.household();
    const own = household.people.find(({ id }) => id === this.#identities.identity.person);
    require(own && this.#identities.isOwn(own.chain.root), 'unknown_person');
    return { ...household, own };
  }

  /**
   * @param {(person: Person) => readonly PersonDeed[]} deeds what is still to be done
   * @returns {Promise<Chain>} with it
   */
  async #extendPerson(deeds) {
    const { own, identity } = this.#identities;
    const by = { signer: own.keys.identity, sign: own.sign };
    for (let left = TRIES; ; left -= 1) {
      const person = await this.#identities.person(identity.person ?? '');
      require(this.#identities.isOwn(person.chain.root), 'forked');
      let chain = person.chain;
      const links = [];
      for (const deed of deeds(person)) {
        const link = await signPersonLink(chain, deed, { time: now(), ...by });
        chain = await extend(chain, link);
        links.push(link);
      }
      if (links.length === 0) return chain;
      const anew = lapses(person.delegations, chain) && chain.active.has(nameOf(by.signer));
      const set = anew ? await this.#sign(chain, person.delegations?.endpoints ?? [], person.newestSet) : null;
      const delegations = set && delegationsToWire(set);
      const last = chain;
      const draft = /** @type {const} */ ({ t: 'extend_person', links: personLinksToWire(links), delegations });
      if (await this.#sent(draft, left, () => meet('persons', person.id, last, now()))) return chain;
    }
  }

  /**
   * @param {(roster: Roster | null, own: Person) => readonly HouseholdDeed[]} deeds what is still to be done
   * @returns {Promise<Roster | null>} with it
   */
  async #extendHousehold(deeds) {
    const { own: ends } = this.#identities;
    for (let left = TRIES; ; left -= 1) {
      const { own, chains, roster: standing } = await this.#home();
      let roster = standing;
      const links = [];
      for (const deed of deeds(standing, own)) {
        const by = { chain: own.chain, time: now(), signer: ends.keys.identity, sign: ends.sign };
        const link = await signHouseholdLink(roster, deed, by);
        roster = await extendRoster(roster, link, chains);
        links.push(link);
      }
      if (links.length === 0 || roster === null) return roster;
      const last = roster;
      const { household = '' } = this.#identities.identity;
      const draft = /** @type {const} */ ({ t: 'extend_household', links: householdLinksToWire(links) });
      if (await this.#sent(draft, left, () => meet('households', household, last, now()))) return roster;
    }
  }

  /**
   * What was sent is known here before anything else is asked for.
   * @param {import('./session.js').Draft} draft @param {number} left tries @param {() => Promise<unknown>} remember
   * @returns {Promise<boolean>} false if somebody was faster: sign anew
   */
  async #sent(draft, left, remember) {
    try {
      await this.#identities.inTurn(async () => {
        await this.#send(draft, AT_ONCE);
        await remember();
      });
      return true;
    } catch (error) {
      if (left > 1 && error instanceof ProblemError && error.code === 'untrusted') return false;
      throw error;
    }
  }
}

/** @type {HouseholdDeed} */
const BEGIN = { action: 'begin' };

/** Who goes for good goes also from what cannot be believed. @param {unknown} error @param {'leave_household' | 'deregister'} t */
function unsigned(error, t) {
  if (t === 'deregister' && error instanceof Untrusted) return { link: null, after: null, set: null };
  throw error;
}

/** Whether the set's signer is not in the chain any more. @param {Delegations | null} set @param {Chain} chain */
function lapses(set, chain) {
  return set !== null && !chain.active.has(nameOf(set.signer));
}
