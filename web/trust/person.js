/**
 * The person chain: which endpoints are a person's, as those endpoints themselves signed it.
 *
 *     link = statement("kith/1 person-link", version, previous, time, action, *subject, signer)
 *
 * `begin` makes the person, whose name is its hash (`root`). An active endpoint signs `add`, `remove` and
 * `renew` (a new printed recovery key); the recovery key signs `recover`, after which only the endpoint
 * named there is active. What was out once never comes back.
 */

import { bytesOf, consistent, KEY_LENGTH, publicKeysOf, smallOrder } from './keys.js';
import { following, framedOf, linkBytes, nameOf, reached, requireFollowing } from './links.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys, Sign} from './keys.js' */
/** @import {Framed, Reach, Unsigned} from './links.js' */

export const LINK_LIMIT = 1_024;
export const ACTIVE_LIMIT = 32;

/** @typedef {{action: 'begin' | 'recover', keys: PublicKeys, recovery: Bytes}} Beginning */
/** @typedef {{action: 'add', keys: PublicKeys}} Adding */
/** @typedef {{action: 'remove', identity: Bytes}} Removing */
/** @typedef {{action: 'renew', recovery: Bytes}} Renewing */
/** What a link does. @typedef {Beginning | Adding | Removing | Renewing} Deed */
/** @typedef {Framed & Deed} PersonLink */

/** Active from version `from` until before version `until`. @typedef {{from: number, until: number}} Span */

/**
 * What the links say so far. Endpoints are named by `nameOf` their identity key.
 * @typedef {object} Standing
 * @property {ReadonlyMap<string, PublicKeys>} active
 * @property {ReadonlyMap<string, Span>} spans  of every endpoint there ever was
 * @property {Bytes} recovery  the public key of the printed one, 32 bytes
 * @property {ReadonlySet<string>} recoveries  every recovery key there ever was
 */
/** @typedef {Reach & Standing} Chain */

/** @param {Record<string, unknown>} wire as JSON carries it @returns {PersonLink} Throws Untrusted. */
export function personLinkOf(wire) {
  return { ...framedOf(wire), ...deedOf(wire) };
}

/** @param {Record<string, unknown>} wire @returns {Deed} */
function deedOf(wire) {
  const { action } = wire;
  const keys = () => publicKeysOf(/** @type {any} */ (wire));
  const recovery = () => bytesOf(wire['recovery'], KEY_LENGTH);
  switch (action) {
    case 'begin':
    case 'recover':
      return { action, keys: keys(), recovery: recovery() };
    case 'add':
      return { action, keys: keys() };
    case 'remove':
      return { action, identity: bytesOf(wire['identity'], KEY_LENGTH) };
    case 'renew':
      return { action, recovery: recovery() };
    default:
      throw new Untrusted('malformed');
  }
}

/** The bytes that are hashed and signed. @param {Unsigned<PersonLink>} link */
export function personLinkBytes(link) {
  return linkBytes('kith/1 person-link', link, ...subject(link), link.signer);
}

/** @param {Deed} deed @returns {Bytes[]} */
function subject(deed) {
  switch (deed.action) {
    case 'begin':
    case 'recover':
      return [...fields(deed.keys), deed.recovery];
    case 'add':
      return fields(deed.keys);
    case 'remove':
      return [deed.identity];
    case 'renew':
      return [deed.recovery];
  }
}

/** As they follow each other in a link. @param {PublicKeys} keys */
export function fields({ identity, sealing, sealing_signature }) {
  return [identity, sealing, sealing_signature];
}

/**
 * The next link of a chain, signed. Whether it is allowed is for `extend` to say.
 * @param {Chain | null} chain @param {Deed} deed
 * @param {{time: number, signer: Bytes, sign: Sign}} by when, in Unix seconds, and who
 * @returns {Promise<PersonLink>}
 */
export async function signPersonLink(chain, deed, { time, signer, sign }) {
  const link = { ...following(chain, time), ...deed, signer };
  return { ...link, signature: await sign(personLinkBytes(link)) };
}

/**
 * The chain with one more link. Rejects with Untrusted, and nothing has changed.
 * @param {Chain | null} chain null before the first link @param {PersonLink} link @returns {Promise<Chain>}
 */
export async function extend(chain, link) {
  requireFollowing(chain, link, LINK_LIMIT);
  const standing = await after(chain, link);
  return { ...(await reached(chain, link, personLinkBytes(link))), ...standing };
}

/** @param {readonly PersonLink[]} links from the first on @returns {Promise<Chain>} Rejects with Untrusted. */
export async function replay(links) {
  /** @type {Chain | null} */
  let chain = null;
  for (const link of links) chain = await extend(chain, link);
  require(chain, 'malformed');
  return chain;
}

/**
 * Whether an endpoint was one of the person's at this version of their chain.
 * @param {Chain} chain @param {Bytes} identity @param {number} version
 */
export function activeAt(chain, identity, version) {
  const span = chain.spans.get(nameOf(identity));
  return span !== undefined && version <= chain.version && span.from <= version && version < span.until;
}

/** The endpoints that are out for good. @param {Chain} chain @returns {Set<string>} */
export function former(chain) {
  return new Set([...chain.spans.keys()].filter((name) => !chain.active.has(name)));
}

// -- what each action asks for, and does -----------------------------------------------------------

/** @param {Chain | null} chain @param {PersonLink} link @returns {Promise<Standing>} */
async function after(chain, link) {
  if (chain === null) {
    require(link.action === 'begin', 'wrong_action');
    require(nameOf(link.signer) === nameOf(link.keys.identity), 'wrong_signer');
    return joined(printed(EMPTY, link.recovery), link.keys, link.version);
  }
  if (link.action === 'recover') require(nameOf(link.signer) === nameOf(chain.recovery), 'wrong_signer');
  else require(chain.active.has(nameOf(link.signer)), 'wrong_signer');
  switch (link.action) {
    case 'begin':
      throw new Untrusted('wrong_action');
    case 'add':
      require(chain.active.size < ACTIVE_LIMIT, 'too_many');
      return joined(chain, link.keys, link.version);
    case 'remove':
      require(chain.active.has(nameOf(link.identity)), 'not_active');
      require(chain.active.size > 1, 'last_one');
      return left(chain, [nameOf(link.identity)], link.version);
    case 'recover': {
      const nobody = left(chain, [...chain.active.keys()], link.version);
      return joined(printed(nobody, link.recovery), link.keys, link.version);
    }
    case 'renew':
      return printed(chain, link.recovery);
  }
}

/** @type {Standing} */
const EMPTY = { active: new Map(), spans: new Map(), recovery: new Uint8Array(0), recoveries: new Set() };

/** @param {Standing} standing @param {PublicKeys} keys @param {number} version @returns {Promise<Standing>} */
async function joined({ active, spans, recovery, recoveries }, keys, version) {
  const name = nameOf(keys.identity);
  require(!active.has(name), 'already_active');
  require(!spans.has(name), 'was_removed');
  require(!recoveries.has(name), 'bad_recovery');
  require(await consistent(keys), 'bad_keys');
  return {
    active: new Map([...active, [name, keys]]),
    spans: new Map([...spans, [name, { from: version, until: Infinity }]]),
    recovery,
    recoveries,
  };
}

/** @param {Standing} standing @param {readonly string[]} names @param {number} version @returns {Standing} */
function left({ active, spans, recovery, recoveries }, names, version) {
  const out = new Set(names);
  return {
    active: new Map([...active].filter(([name]) => !out.has(name))),
    spans: new Map([...spans].map(([name, span]) => [name, out.has(name) ? { ...span, until: version } : span])),
    recovery,
    recoveries,
  };
}

/** @param {Standing} standing @param {Bytes} recovery @returns {Standing} */
function printed({ active, spans, recoveries }, recovery) {
  const name = nameOf(recovery);
  require(!smallOrder(recovery) && !spans.has(name), 'bad_recovery');
  return { active, spans, recovery, recoveries: new Set([...recoveries, name]) };
}
