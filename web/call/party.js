/**
 * Whether an endpoint may speak for a person, or for a household: docs/trust.md, sections 6 and 9. Pure.
 * Each function throws Untrusted unless it may.
 */

import { equal } from '../core/bytes.js';
import { requireDelegated } from '../trust/delegations.js';
import { activeAt } from '../trust/endpoints.js';
import { nameOf, requireContains } from '../trust/links.js';
import { require, Untrusted } from '../trust/untrusted.js';

/** @import {Delegations} from '../trust/delegations.js' */
/** @import {Endpoints} from '../trust/endpoints.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Reach} from '../trust/links.js' */
/** @import {Chain} from '../trust/person.js' */
/** @import {HouseholdLink, Roster} from '../trust/roster.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Party} from './body.js' */

/** The viewer's own household: its roster if it has one, with the links that it is made of; or why it cannot be believed. @typedef {{roster: Roster | null, links: readonly HouseholdLink[], trouble: Reason | null}} Home */

/**
 * @param {{chain: Chain, delegations: Delegations | null}} person @param {Home} home without which nobody can tell who may act for a housemate
 * @param {PublicKeys} keys @param {Party} party for whom the endpoint says that it speaks
 */
export function requireSpeaksFor({ chain, delegations }, { roster, trouble }, keys, party) {
  requireParty(chain, party);
  if (chain.spans.has(nameOf(keys.identity))) {
    requireIn(chain, keys, party);
    return;
  }
  if (trouble !== null) throw new Untrusted(trouble);
  require(delegations, 'not_delegated');
  require(delegations.endpoints.some((one) => equal(one, keys.identity)), 'not_delegated');
  if (roster?.members.has(nameOf(chain.root))) {
    requireDelegated(delegations, keys.identity, roster);
    requireSame(roster, keys);
  }
}

/** @param {Home} home @param {PublicKeys} keys @param {Party} party */
export function requireShared({ roster, trouble }, keys, party) {
  if (trouble !== null) throw new Untrusted(trouble);
  require(roster, 'not_active');
  requireParty(roster, party);
  requireIn(roster, keys, party);
}

/** @param {Reach} reach @param {Party} party */
function requireParty(reach, { root, point }) {
  require(equal(reach.root, root), 'forked');
  requireContains(reach, point);
}

/** Then, and still. @param {Reach & Endpoints} reach @param {PublicKeys} keys @param {Party} party */
function requireIn(reach, keys, { point }) {
  require(activeAt(reach, keys.identity, point.version), 'not_active');
  requireSame(reach, keys);
}

/** The server has no other keys of it than the ones that were signed. @param {Endpoints} endpoints @param {PublicKeys} keys */
function requireSame({ active }, { identity, sealing }) {
  const signed = active.get(nameOf(identity));
  require(signed, 'not_active');
  require(equal(signed.sealing, sealing), 'weak_key');
}
