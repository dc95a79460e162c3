/**
 * Who is at the other end of a call, and for whom this endpoint speaks in it: asked while it rings, so that nothing
 * waits for it once the call is answered.
 */

import { equal } from '../core/bytes.js';
import { now } from '../session/identities.js';
import { acknowledge } from '../session/known.js';
import { publicKeysOf } from '../trust/keys.js';
import { require } from '../trust/untrusted.js';
import { requireShared, requireSpeaksFor } from './party.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {CallView} from '../protocol.js' */
/** @import {Identities, Person} from '../session/identities.js' */
/** @import {Roster} from '../trust/roster.js' */
/** @import {Party} from './body.js' */
/** @import {Assurance} from './secured.js' */

/**
 * What a person may be told of the other side.
 * @typedef {object} Acquaintance
 * @property {'person' | 'own' | 'household'} sort  another person, an endpoint of one's own, or one of the household's
 * @property {boolean} changed  another identity goes by this name than before
 * @property {boolean} verified  the safety number was compared
 * @property {number | null} since  when this identity was first seen, Unix seconds
 * @property {{own: Bytes, other: Bytes} | null} roots  of the two persons, to be compared
 */

/** What a call looks like to whoever must be vouched for. @typedef {Pick<CallView, 'id' | 'own_person' | 'peer_person' | 'endpoint' | 'epoch'>} View */

export class Vouching {
  #identities;
  /** @type {Map<string, {about: string, found: Promise<Found>}>} by call */ #asked = new Map();

  /** @param {Identities} identities */
  constructor(identities) {
    this.#identities = identities;
  }

  /** It rings: ask who they are. @param {View} view */
  prepare(view) {
    void this.#ask(view).catch(() => {}); // told when the call is answered
  }

  /** @param {string} call */
  forget(call) {
    this.#asked.delete(call);
  }

  /**
   * What the two endpoints of an answered call must be to be believed, and what is known of the other. Rejects with Untrusted.
   * @param {View} view @returns {Promise<{assurance: Assurance, acquaintance: Acquaintance, accept: () => Promise<void>}>}
   *   `accept`: a person was told of the change, and goes on
   */
  async vouch(view) {
    const { endpoint } = view;
    require(endpoint, 'unknown_person');
    const found = await this.#ask(view);
    const keys = publicKeysOf(endpoint.keys);
    const party = this.#party(found);
    const check = (/** @type {Found} */ known, /** @type {Party} */ said) => {
      if (known.peer) requireSpeaksFor(known.peer, this.#identities.roster, keys, said);
      else requireShared(known.roster, keys, said);
    };
    const vouch = async (/** @type {Party} */ said) => {
      try {
        check(found, said);
      } catch {
        check(await this.#askAgain(view, found), said); // it may have grown since it was asked for
      }
    };
    const { own } = this.#identities;
    return {
      assurance: { own: { ...own, ...party }, peer: { keys, vouch } },
      acquaintance: acquaintanceOf(found, view),
      accept: async () => {
        if (found.peer) await acknowledge('persons', found.peer.id, found.peer.chain, now());
        this.forget(view.id);
      },
    };
  }

  /** For whom this endpoint speaks. @param {Found} found @returns {Party} */
  #party({ own, roster }) {
    const reach = own ? own.chain : roster;
    require(reach, 'not_active');
    const { keys } = this.#identities.own;
    const party = { root: reach.root, point: { version: reach.version, head: reach.head } };
    if (own) requireSpeaksFor(own, this.#identities.roster, keys, party);
    else requireShared(roster, keys, party);
    return party;
  }

  /** @param {View} view @returns {Promise<Found>} */
  #ask(view) {
    const about = aboutOf(view);
    const asked = this.#asked.get(view.id);
    if (asked?.about === about) return asked.found;
    const found = this.#find(view);
    this.#asked.set(view.id, { about, found });
    return found;
  }

  /** @param {View} view @param {Found} before @returns {Promise<Found>} */
  async #askAgain(view, before) {
    const found = await this.#find(view);
    const [one, other] = [before.peer?.chain, found.peer?.chain];
    require(one === other || (one && other && equal(one.root, other.root)), 'forked');
    this.#asked.set(view.id, { about: aboutOf(view), found: Promise.resolve(found) });
    return found;
  }

  /** @param {View} view @returns {Promise<Found>} */
  async #find({ own_person, peer_person }) {
    const wanted = [own_person, peer_person].filter((id) => id !== null);
    const forHousehold = own_person === null || peer_person === null;
    const [people, household] = await Promise.all([
      wanted.length === 0 ? new Map() : this.#identities.people(wanted),
      forHousehold ? this.#identities.household() : null,
    ]);
    const own = own_person === null ? null : believed(people.get(own_person));
    const peer = peer_person === null ? null : believed(people.get(peer_person));
    if (own && own.id === this.#identities.identity.person) require(this.#identities.isOwn(own.chain.root), 'forked');
    return { own, peer, roster: household?.roster ?? null };
  }
}

/** Null: the endpoint speaks for its household. @typedef {{own: Person | null, peer: Person | null, roster: Roster | null}} Found */

/** Each epoch asks anew. @param {View} view */
const aboutOf = ({ own_person, peer_person, epoch }) => `${own_person}|${peer_person}|${epoch}`;

/** Throws Untrusted for whom something is held back or made up. @param {Person | undefined} person @returns {Person} */
function believed(person) {
  require(person, 'unknown_person');
  require(person.outcome !== 'rolled_back', 'stale');
  require(person.outcome !== 'forked', 'forked');
  return person;
}

/** @param {Found} found @param {View} view @returns {Acquaintance} */
function acquaintanceOf({ own, peer }, { own_person }) {
  const nothing = { changed: false, verified: false, since: null, roots: null };
  if (peer === null) return { sort: 'household', ...nothing };
  if (peer.id === own_person) return { sort: 'own', ...nothing };
  const changed = peer.outcome === 'changed';
  return {
    sort: 'person',
    changed,
    verified: !changed && (peer.known?.verified ?? false),
    since: changed ? null : (peer.known?.since ?? null),
    roots: own && { own: own.chain.root, other: peer.chain.root },
  };
}
