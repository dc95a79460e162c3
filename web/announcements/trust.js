/**
 * Whom this page believes that they announce something at home, and whom it lets hear what it announces: by the household's
 * roster and the chains of its members, and by nothing that the server says. Pure, and the twin of
 * kith/endpoint/announce_trust.py.
 */

import { equal } from '../core/bytes.js';
import { publicKeysOf, verify } from '../trust/keys.js';
import { nameOf, requireContains } from '../trust/links.js';
import { envelopeBytes, requireSender } from '../trust/message.js';
import { require } from '../trust/untrusted.js';

/** @import {HouseholdDevice} from '../protocol.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Envelope} from '../trust/message.js' */
/** @import {Chain} from '../trust/person.js' */
/** @import {Roster} from '../trust/roster.js' */

/** Somebody of the household, as they are known. @typedef {{id: string, chain: Chain}} Housemate */

/** Seconds by which one may be older than it should be by the own clock. */
const STALE = 600;

/**
 * The keys of the device that announces this: one that the household shares, or a member's own. Rejects with Untrusted.
 * @param {Envelope} envelope @param {Roster} roster @param {readonly Housemate[]} housemates @returns {Promise<PublicKeys>}
 */
export async function speaker(envelope, roster, housemates) {
  require(envelope.kind === 'announcement', 'out_of_turn');
  require(equal(envelope.to_root, roster.root), 'not_a_member');
  const name = nameOf(envelope.identity);
  if (envelope.person === null) {
    require(await verify(envelope.identity, envelope.signature, await envelopeBytes(envelope)), 'bad_signature');
    require(equal(envelope.root, roster.root), 'unknown_person');
    requireContains(roster, envelope);
    const shared = roster.active.get(name);
    require(shared, 'not_active');
    return shared;
  }
  const person = housemates.find(({ id }) => id === envelope.person);
  require(person, 'unknown_person');
  await requireSender(envelope, person.chain);
  require(roster.members.has(nameOf(person.chain.root)), 'not_a_member');
  const own = person.chain.active.get(name);
  require(own, 'not_active');
  return own;
}

/**
 * Nobody plays one twice, nor at an hour for which it was not meant. Throws Untrusted.
 * @param {Envelope} envelope @param {number} last of the same device, ms @param {number} now ms
 */
export function requireRecent({ sent }, last, now) {
  require(sent > last && sent >= now - STALE * 1_000, 'stale');
}

/**
 * Those of the devices that are the household's, with the keys that were signed for.
 * @param {readonly HouseholdDevice[]} devices @param {Roster} roster @param {readonly Housemate[]} housemates
 * @returns {{endpoint: string, keys: PublicKeys}[]}
 */
export function listeners(devices, roster, housemates) {
  return devices.flatMap(({ endpoint, person, shared, keys }) => {
    const shown = publicKeysOf({ ...keys });
    const name = nameOf(shown.identity);
    const whose = housemates.find(({ id }) => id === person);
    const member = whose && roster.members.has(nameOf(whose.chain.root)) ? whose.chain : null;
    const signed = shared ? roster.active.get(name) : member?.active.get(name);
    return signed && same(signed, shown) ? [{ endpoint, keys: signed }] : [];
  });
}

/** @param {PublicKeys} one @param {PublicKeys} other */
function same(one, other) {
  return equal(one.identity, other.identity) && equal(one.sealing, other.sealing) && equal(one.sealing_signature, other.sealing_signature);
}
