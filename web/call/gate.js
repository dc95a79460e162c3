/**
 * Who may drop in on this page: decided here, from the sets that were signed for this place and what was verified of the
 * caller. Nothing in it rests on the server's word but blocks, which can only refuse.
 */

import { claimOf } from '../policy/grants.js';
import { decide, gather } from '../policy/drop_in.js';
import { clearAfter } from '../policy/frost.js';
import { nameOf } from '../trust/links.js';

/** @import {Reason} from '../policy/drop_in.js' */
/** @import {Claim} from '../policy/grants.js' */
/** @import {Account} from '../session/account.js' */
/** @import {Said} from '../trust/log.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Admission} from './door.js' */
/** @import {Caller} from './vouching.js' */

export class Gate {
  #store;
  #account;
  /** Where each caller lives, as it was verified. @type {WeakMap<Caller, Claim>} */ #claims = new WeakMap();

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
    const { keys, root, person, home } = caller;
    const shared = person === null || !person.chain.spans.has(nameOf(keys.identity));
    const own = home.roster === null ? [] : [{ roster: home.roster, links: home.links }];
    const named = this.#account.sets.all().flatMap(({ grants }) => grants.map(({ household }) => household));
    const others = await this.#account.identities.rosters(named.filter(({ length }) => length > 0), own.map(({ roster }) => roster.root));
    this.#claims.set(caller, claimOf({ root, identity: keys.identity, shared }, [...own, ...others]));
  }

  /** @param {Caller} caller @param {{letIn: boolean, inside: boolean}} how @returns {Admission | Reason} */
  decide(caller, { letIn, inside }) {
    const claim = this.#claims.get(caller);
    if (!claim) return 'not_vouched';
    const { sets, quiet, identities } = this.#account;
    const { state } = this.#store;
    const { roster } = caller.home;
    const place = { identity: identities.own.keys.identity, shared: identities.identity.person === null, household: roster?.root ?? null, alone: roster?.members.size === 1 };
    const here = {
      own: quiet.own,
      dropIn: /** @type {const} */ ('on'),
      microphoneOff: false,
      ready: inside || state.unready === null,
      blocked: state.blocks.some(({ person }) => person !== null && person === caller.person?.id),
    };
    const decision = decide(gather(sets.all(), place, claim, here, sets.clock));
    if (!decision.admit) return decision.reason;
    const { mode, bounds } = decision;
    return mode === 'instant' || letIn ? { mode, ...bounds, frost: clearAfter(bounds.frost) } : 'not_given';
  }
}
