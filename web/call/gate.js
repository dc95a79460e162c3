/**
 * Who may drop in on this page: decided here, from the sets that were signed for this place and what was verified of the
 * caller. Nothing in it rests on the server's word but blocks, which can only refuse.
 */

import { equal } from '../core/bytes.js';
import { claimOf } from '../policy/grants.js';
import { decide, gather, whyNotAlong } from '../policy/drop_in.js';
import { clearAfter } from '../policy/frost.js';
import { nameOf } from '../trust/links.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {DropInFacts, Reason} from '../policy/drop_in.js' */
/** @import {Claim} from '../policy/grants.js' */
/** @import {Account} from '../session/account.js' */
/** @import {Said} from '../trust/log.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Roster} from '../trust/roster.js' */
/** @import {Admission} from './door.js' */
/** @import {Home} from './party.js' */
/** @import {Caller} from './vouching.js' */

/** A caller, and the own household, as they were verified together. @typedef {{claim: Claim, roster: Roster | null}} Met */

export class Gate {
  #store;
  #account;
  /** @type {WeakMap<Caller, Met>} */ #met = new WeakMap();

  /** @param {Store} store @param {Account} account */
  constructor(store, account) {
    this.#store = store;
    this.#account = account;
  }

  /** Why nobody at all may come in now, as far as can be told before it is known who it is. @returns {Reason | null} */
  closed() {
    const { unready, quiet, admitting } = this.#store.state;
    const carers = this.#account.sets.all().some(({ grants }) => grants.some(({ carer }) => carer));
    if (!admitting.receptive) return 'not_given';
    if (quiet && !carers) return 'quiet';
    return unready === null ? null : 'not_ready';
  }

  /** @param {Said} said */
  note(said) {
    void this.#account.log.note(said);
  }

  /** Where they live: the own household's roster, and those that are named in a grant. Rejects with Untrusted. @param {Caller} caller */
  async meet(caller) {
    const { keys, root, person } = caller;
    const shared = person === null || !person.chain.spans.has(nameOf(keys.identity));
    const { roster, links } = await this.#home(caller);
    const own = roster === null ? [] : [{ roster, links }];
    const named = this.#account.sets.all().flatMap(({ grants }) => grants.map(({ household }) => household));
    const others = await this.#account.identities.rosters(named.filter(({ length }) => length > 0), own.map((one) => one.roster.root));
    this.#met.set(caller, { claim: claimOf({ root, identity: keys.identity, shared }, [...own, ...others]), roster });
  }

  /**
   * The own household as it was asked for while they rang. Where they do not live in it, as it is now: they may have moved in
   * since, and an answer that another one has overtaken is not believed. @param {Caller} caller @returns {Promise<Pick<Home, 'roster' | 'links'>>}
   */
  async #home({ home, root }) {
    if (home.roster !== null && lives(root, home.roster)) return home;
    const now = await this.#account.identities.household().catch(() => null); // then nothing newer is to be believed
    return now?.roster ? now : home;
  }

  /** @param {Caller} caller @param {{letIn: boolean, inside: boolean}} how @returns {Admission | Reason} */
  decide(caller, { letIn, inside }) {
    const facts = this.#facts(caller, inside);
    if (facts === null) return 'not_vouched';
    const decision = decide(facts);
    if (!decision.admit) return decision.reason;
    const { mode, bounds } = decision;
    return mode === 'instant' || letIn ? { mode, ...bounds, frost: clearAfter(bounds.frost) } : 'not_given';
  }

  /** Why this one may not be there beside somebody who may; null if they may. @param {Caller} caller @param {{letIn: boolean, inside: boolean}} how @returns {Reason | null} */
  keepsOut(caller, { letIn, inside }) {
    const facts = this.#facts(caller, inside);
    return facts === null ? 'not_vouched' : whyNotAlong(facts, { letIn });
  }

  /** What decides about somebody who was met. @param {Caller} caller @param {boolean} inside @returns {DropInFacts | null} */
  #facts(caller, inside) {
    const met = this.#met.get(caller);
    if (!met) return null;
    const { claim, roster } = met;
    const { sets, quiet, identities } = this.#account;
    const { state } = this.#store;
    const place = { identity: identities.own.keys.identity, shared: identities.identity.person === null, household: roster?.root ?? null, alone: roster?.members.size === 1 };
    const here = {
      own: quiet.own,
      dropIn: /** @type {const} */ ('on'),
      microphoneOff: false,
      ready: inside || state.unready === null,
      blocked: state.blocks.some(({ person }) => person !== null && person === caller.person?.id),
    };
    return gather(sets.all(), place, claim, here, sets.clock);
  }
}

/** A member, or the household itself. @param {Bytes} root @param {Roster} roster */
const lives = (root, roster) => equal(root, roster.root) || roster.members.has(nameOf(root));
