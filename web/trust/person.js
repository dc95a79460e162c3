/**
 * The person chain: which endpoints are a person's, as those endpoints themselves signed it.
 *
 *     link = statement("kith/1 person-link", version, previous, time, action, *subject, signer)
 *
 * `begin` makes the person, whose name is its hash (`root`). An active endpoint signs `add`, `remove` and
 * `renew` (a new printed recovery key); the recovery key signs `recover`, after which only the endpoint
 * named there is active. A key serves once: no endpoint comes back, and no recovery key.
 */

import { equal } from '../core/bytes.js';
import { emptied, entered, left, NONE } from './endpoints.js';
import { bytesOf, KEY_LENGTH, publicKeysOf, smallOrder } from './keys.js';
import { following, framedOf, linkBytes, nameOf, reached, requireFollowing } from './links.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Endpoints} from './endpoints.js' */
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

/**
 * What the links say so far. `recovery` is the public half of the printed key; `recoveries` all there ever were, by `nameOf`.
 * @typedef {Endpoints & {recovery: Bytes, recoveries: ReadonlySet<string>}} Standing
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
  require(equal(link.signer, signerOf(chain, link)), link.action === 'recover' ? 'not_recovery' : 'not_active');
  const reach = await reached(chain, link, personLinkBytes(link));
  return { ...(await after(chain ?? NOBODY, link)), ...reach };
}

/** @param {readonly PersonLink[]} links from the first on @returns {Promise<Chain>} Rejects with Untrusted. */
export async function replay(links) {
  /** @type {Chain | null} */
  let chain = null;
  for (const link of links) chain = await extend(chain, link);
  require(chain, 'wrong_start');
  return chain;
}

// -- what each action asks for, and does -----------------------------------------------------------

/** Who must have signed: any active endpoint, but for the first link and a recovery. @param {Chain | null} chain @param {PersonLink} link @returns {Bytes} */
function signerOf(chain, link) {
  if (link.action === 'begin') {
    require(chain === null, 'wrong_start');
    return link.keys.identity;
  }
  require(chain !== null, 'wrong_start');
  if (link.action === 'recover') return chain.recovery;
  const signer = chain.active.get(nameOf(link.signer));
  require(signer, 'not_active');
  return signer.identity;
}

/** @type {Standing} */
const NOBODY = { ...NONE, recovery: new Uint8Array(0), recoveries: new Set() };

/** @param {Standing} standing @param {PersonLink} link @returns {Promise<Standing>} */
async function after(standing, link) {
  const { version } = link;
  switch (link.action) {
    case 'begin':
    case 'recover': {
      const renewed = printed(standing, link.recovery);
      return joined({ ...renewed, ...emptied(standing, version) }, link.keys, version);
    }
    case 'add':
      return joined(standing, link.keys, version);
    case 'remove': {
      const rest = left(standing, link.identity, version);
      require(rest.active.size > 0, 'last_one');
      return { ...standing, ...rest };
    }
    case 'renew':
      return printed(standing, link.recovery);
  }
}

/** @param {Standing} standing @param {PublicKeys} keys @param {number} version @returns {Promise<Standing>} */
async function joined(standing, keys, version) {
  require(!standing.recoveries.has(nameOf(keys.identity)), 'key_reused');
  return { ...standing, ...(await entered(standing, keys, version, ACTIVE_LIMIT)) };
}

/** Another key is on paper. @param {Standing} standing @param {Bytes} recovery @returns {Standing} */
function printed(standing, recovery) {
  const name = nameOf(recovery);
  require(!smallOrder(recovery), 'weak_key');
  require(!standing.spans.has(name) && !standing.recoveries.has(name), 'key_reused');
  return { ...standing, recovery, recoveries: new Set([...standing.recoveries, name]) };
}
