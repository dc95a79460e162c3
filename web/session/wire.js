/** Signed structs as the wire carries them: what their `...Of` functions read. Pure. */

import { toBase64 } from '../core/bytes.js';

/** @import {Delegations as WireDelegations, ExtendHousehold, ExtendPerson, Grants as WireGrants, HouseholdLeave, MessageEnvelope, PersonBegin, PersonRecover, Receipt as WireReceipt} from '../protocol.js' */
/** @import {Delegations} from '../trust/delegations.js' */
/** @import {Grants, Receipt} from '../trust/grants.js' */
/** @import {Envelope} from '../trust/message.js' */
/** @import {PersonLink} from '../trust/person.js' */
/** @import {HouseholdLink} from '../trust/roster.js' */

/** Keys lie among the other fields, bytes are base64. @param {object} struct @returns {any} */
function written(struct) {
  const { keys = {}, ...rest } = /** @type {{keys?: object}} */ (struct);
  return Object.fromEntries(Object.entries({ ...rest, ...keys }).map(([name, value]) => [name, plain(value)]));
}

/** @param {unknown} value @returns {unknown} */
function plain(value) {
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? written(value) : value;
}

/** @param {readonly PersonLink[]} links @returns {ExtendPerson['links']} */
export function personLinksToWire(links) {
  return links.map(written);
}

/** @param {PersonLink} link one that begins a chain @returns {PersonBegin} */
export function beginToWire(link) {
  return written(link);
}

/** @param {PersonLink} link @returns {PersonRecover} */
export function recoverToWire(link) {
  return written(link);
}

/** @param {readonly HouseholdLink[]} links @returns {ExtendHousehold['links']} */
export function householdLinksToWire(links) {
  return links.map(written);
}

/** @param {HouseholdLink} link @returns {HouseholdLeave} */
export function leaveToWire(link) {
  return written(link);
}

/** @param {Delegations} set @returns {WireDelegations} */
export function delegationsToWire(set) {
  return written(set);
}

/** @param {Grants} set @returns {WireGrants} */
export function grantsToWire(set) {
  return written(set);
}

/** @param {readonly Receipt[]} receipts @returns {WireReceipt[]} */
export function receiptsToWire(receipts) {
  return receipts.map(written);
}

/** @param {Envelope} envelope @returns {MessageEnvelope} */
export function envelopeToWire(envelope) {
  return written(envelope);
}
