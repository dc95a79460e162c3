/**
 * Who is at the other end of a call, and for whom this endpoint speaks in it: asked while it rings, so that nothing
 * waits for it once the call is answered.
 */

import { equal } from '../core/bytes.js';
import { homeOf, now } from '../session/identities.js';
import { acknowledge } from '../session/known.js';
import { publicKeysOf } from '../trust/keys.js';
import { nameOf } from '../trust/links.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { requireShared, requireSpeaksFor } from './party.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {CallView} from '../protocol.js' */
/** @import {Identities, Person} from '../session/identities.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Party} from './body.js' */
/** @import {Home} from './party.js' */
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

/** Who is at the other end, verified: the endpoint, for whom it speaks (a null person: for its household), and the own household. @typedef {{keys: PublicKeys, root: Bytes, person: Person | null, home: Home}} Caller */

/** What a call looks like to whoever must be vouched for. @typedef {Pick<CallView, 'id' | 'own_person' | 'peer_person' | 'endpoint' | 'epoch'>} View */

/** A null person: the endpoint speaks for its household. @typedef {{own: Person | null, peer: Person | null, home: Home}} Found */

/**
 * What a call began as: whom somebody here wanted (a person or an endpoint), who it is with by the first view, and the
 * roots of both sides as they were first believed. Nothing that the server says later changes these.
 * @typedef {{to: string | null, own: string | null, peer: string | null, roots: [Bytes, Bytes] | null}} Pin
 */

export class Vouching {
  #identities;
  /** @type {Map<string, {about: string, found: Promise<Found>}>} by call */ #asked = new Map();
  /** @type {Map<string, string>} whom a call that was placed here is for */ #wanted = new Map();
  /** @type {Map<string, Pin>} by call */ #pins = new Map();

  /** @param {Identities} identities */
  constructor(identities) {
    this.#identities = identities;
  }

  /** A call is placed from here. @param {string} call @param {string} to a person, or an endpoint */
  expect(call, to) {
    if (to) this.#wanted.set(call, to);
  }

  /** Both sides called each other, and one call is left: it is with the same person. @param {string} asked @param {string} call */
  became(asked, call) {
    this.expect(call, this.#wanted.get(asked) ?? '');
  }

  /** It rings: ask who they are. @param {View} view */
  prepare(view) {
    this.#pin(view);
    void this.#ask(view).catch(() => {}); // told when the call is answered
  }

  /** For whom this endpoint speaks, before anybody else is there. Rejects with Untrusted. @param {string | null} person null: for its household */
  async own(person) {
    const asked = person === null ? new Map() : await this.#identities.people([person]);
    return this.#party({ own: person === null ? null : believed(asked.get(person)), peer: null, home: await homeOf(this.#identities) });
  }

  /** More was signed by somebody: what was asked is not of now. */
  changed() {
    this.#asked.clear();
  }

  /** @param {string} call */
  forget(call) {
    for (const map of [this.#asked, this.#wanted, this.#pins]) map.delete(call);
  }

  /**
   * What the two endpoints of an answered call must be to be believed, and what is known of the other. Rejects with Untrusted.
   * @param {View} view @returns {Promise<{assurance: Assurance, acquaintance: Acquaintance, caller: Caller, accept: () => Promise<void>}>}
   *   `accept`: a person was told of the change, and goes on
   */
  async vouch(view) {
    const { endpoint } = view;
    require(endpoint, 'unknown_person');
    const keys = publicKeysOf(endpoint.keys);
    const found = await this.#until(view, (known) => this.#check(known, keys, newest(known)));
    const party = this.#party(found);
    const [own, peer] = this.#pinRoots(view, party.root, newest(found).root);
    require(equal(own, party.root) && equal(peer, newest(found).root), 'forked');
    return {
      assurance: {
        own: { ...this.#identities.own, ...party },
        peer: { keys, vouch: async (said) => void (await this.#until(view, (known) => this.#check(known, keys, said, peer))) },
      },
      acquaintance: acquaintanceOf(found, view),
      caller: { keys, root: peer, person: found.peer, home: found.home },
      accept: async () => {
        if (found.peer) await acknowledge('persons', found.peer.id, found.peer.chain, now());
        this.#asked.delete(view.id);
      },
    };
  }

  /** What was asked while it rang may do; it may also have grown since. @param {View} view @param {(found: Found) => void} holds @returns {Promise<Found>} */
  async #until(view, holds) {
    try {
      const found = await this.#ask(view);
      holds(found);
      return found;
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      this.#asked.delete(view.id);
      const found = await this.#ask(view);
      holds(found);
      return found;
    }
  }

  /** @param {Found} found @param {PublicKeys} keys @param {Party} party @param {Bytes} [root] as it was when the call was connected first */
  #check({ peer, home }, keys, party, root = party.root) {
    require(equal(root, party.root), 'forked');
    if (peer) requireSpeaksFor(peer, home, keys, party);
    else requireShared(home, keys, party);
  }

  /** For whom this endpoint speaks. @param {Found} found @returns {Party} */
  #party({ own, home }) {
    const { own: ends, identity, vouched } = this.#identities;
    require(vouched, 'not_active');
    const reach = own ? own.chain : home.roster;
    require(reach, 'not_active');
    const party = { root: reach.root, point: { version: reach.version, head: reach.head } };
    if (identity.person !== null) {
      require(own?.id === identity.person && this.#identities.isOwn(reach.root), 'not_active');
    } else {
      require(home.roster && this.#identities.isOwn(home.roster.root), 'not_active');
      require(!own || home.roster.members.has(nameOf(own.chain.root)), 'not_a_member');
    }
    if (own) requireSpeaksFor(own, home, ends.keys, party);
    else requireShared(home, ends.keys, party);
    return party;
  }

  /** Throws Untrusted where the server changes its mind about whom a call is with. @param {View} view @returns {Pin} */
  #pin({ id, own_person: own, peer_person: peer }) {
    const pin = this.#pins.get(id) ?? { to: this.#wanted.get(id) ?? null, own, peer, roots: null };
    // A shared endpoint that was called acts for nobody yet: whoever answers there may act for a housemate.
    const next = { ...pin, own: pin.own ?? own, peer: pin.peer ?? (pin.to !== null && !pin.to.startsWith('p_') ? peer : null) };
    this.#pins.set(id, next);
    return next;
  }

  /** @param {View} view @param {Bytes} own @param {Bytes} peer @returns {[Bytes, Bytes]} */
  #pinRoots(view, own, peer) {
    const pin = this.#pin(view);
    const roots = pin.roots ?? [own, peer];
    this.#pins.set(view.id, { ...pin, roots });
    return roots;
  }

  /** @param {View} view @returns {Promise<Found>} */
  #ask(view) {
    const about = `${view.own_person}|${view.peer_person}|${view.epoch}`;
    const asked = this.#asked.get(view.id);
    if (asked?.about === about) return asked.found;
    const found = this.#find(view);
    this.#asked.set(view.id, { about, found });
    return found;
  }

  /** @param {View} view @returns {Promise<Found>} */
  async #find(view) {
    const { own_person, peer_person } = view;
    const pin = this.#pin(view);
    require(pin.own === own_person && pin.peer === peer_person, 'forked');
    const wanted = [own_person, peer_person].filter((id) => id !== null);
    const [people, home] = await Promise.all([
      wanted.length === 0 ? new Map() : this.#identities.people(wanted),
      homeOf(this.#identities),
    ]);
    const own = own_person === null ? null : believed(people.get(own_person));
    const peer = peer_person === null ? null : believed(people.get(peer_person));
    requireWanted(pin.to, peer, own_person, home);
    return { own, peer, home };
  }
}

/**
 * Throws Untrusted unless this is whom somebody here called: that person; or, for an endpoint, one of one's own, the
 * household's, or one that acts for a housemate.
 * @param {string | null} to @param {Person | null} peer @param {string | null} own @param {Home} home
 */
function requireWanted(to, peer, own, { roster }) {
  if (to === null) return;
  if (to.startsWith('p_')) require(peer?.id === to, 'forked');
  else require(peer === null || peer.id === own || roster?.members.has(nameOf(peer.chain.root)), 'not_a_member');
}

/** The newest that is believed of the other side. @param {Found} found @returns {Party} */
function newest({ peer, home }) {
  const reach = peer ? peer.chain : home.roster;
  require(reach, home.trouble ?? 'not_active');
  return { root: reach.root, point: { version: reach.version, head: reach.head } };
}

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
