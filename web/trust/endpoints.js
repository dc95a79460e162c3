/** The endpoints that a chain or roster lists, and from which of its versions to which. Named by `nameOf` their identity key. Pure. */

import { consistent } from './keys.js';
import { nameOf } from './links.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys} from './keys.js' */

/** In it from version `from` until before version `until`. @typedef {{keys: PublicKeys, from: number, until: number}} Span */

/**
 * @typedef {object} Endpoints
 * @property {ReadonlyMap<string, PublicKeys>} active
 * @property {ReadonlyMap<string, Span>} spans  of all that ever were in it; each enters once
 */

/** @type {Endpoints} */
export const NONE = { active: new Map(), spans: new Map() };

/** With one more. Rejects with Untrusted for a key that was used, cannot be, or is one too many. @param {Endpoints} endpoints @param {PublicKeys} keys @param {number} version @param {number} limit @returns {Promise<Endpoints>} */
export async function entered({ active, spans }, keys, version, limit) {
  const name = nameOf(keys.identity);
  require(active.size < limit, 'too_many');
  require(await consistent(keys), 'weak_key');
  require(!spans.has(name), 'key_reused');
  const span = { keys, from: version, until: Infinity };
  return { active: new Map([...active, [name, keys]]), spans: new Map([...spans, [name, span]]) };
}

/** Without it from here on. Throws Untrusted if it is not in. @param {Endpoints} endpoints @param {Bytes} identity @param {number} version @returns {Endpoints} */
export function left({ active, spans }, identity, version) {
  const gone = nameOf(identity);
  require(active.has(gone), 'not_there');
  return {
    active: new Map([...active].filter(([name]) => name !== gone)),
    spans: new Map([...spans].map(([name, span]) => [name, name === gone ? { ...span, until: version } : span])),
  };
}

/** Without anybody. @param {Endpoints} endpoints @param {number} version @returns {Endpoints} */
export function emptied({ active, spans }, version) {
  const ended = (/** @type {string} */ name, /** @type {Span} */ span) => (active.has(name) ? { ...span, until: version } : span);
  return { active: new Map(), spans: new Map([...spans].map(([name, span]) => [name, ended(name, span)])) };
}

/**
 * Whether an endpoint was in once the link of this number stood.
 * @param {Endpoints & {version: number}} reached @param {Bytes} identity @param {number} version
 */
export function activeAt({ spans, version: newest }, identity, version) {
  const span = spans.get(nameOf(identity));
  return span !== undefined && version <= newest && span.from <= version && version < span.until;
}

/** Those that are out for good. @param {Endpoints} endpoints @returns {Set<string>} */
export function former({ active, spans }) {
  return new Set([...spans.keys()].filter((name) => !active.has(name)));
}
