/** What this endpoint must still know after the browser was closed: who it is, and whom it knows. IndexedDB, because it keeps keys. */

import { database } from '../core/database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Versions} from '../core/database.js' */
/** @import {KeyPairs} from './keys.js' */

/**
 * @typedef {object} Identity
 * @property {string} endpoint
 * @property {Bytes} server  the server's identity key as it was at enrolment
 * @property {KeyPairs} keys
 * @property {string | null} [person]  whose endpoint it is, null for a shared one
 * @property {string} [household]
 * @property {string | null} [offered]  the endpoint that asked for the pairing code; absent where there was none
 * @property {{code: string, secret: Bytes | null}} [pairing]  the code, and what the link had beside it
 */

/** @typedef {'own' | 'persons' | 'households' | 'delegations' | 'grants' | 'log'} StoreName */

const NAME = 'kith';
const IDENTITY = 'identity';

/** @type {Versions<StoreName>} */
const VERSIONS = [['own'], ['persons', 'households', 'delegations'], ['grants'], ['log']];

const { get: load, all: loadAll, remove: drop, amend, clear } = database(NAME, VERSIONS);

export { amend, drop, load, loadAll };

/** @returns {Promise<Identity | null>} */
export async function loadIdentity() {
  return load('own', IDENTITY);
}

/** @param {Identity} identity */
export async function saveIdentity(identity) {
  await amend('own', IDENTITY, () => ({ keep: identity }));
}

/** What was said is kept beside this: messages/database.js opens it. */
export const MESSAGES = 'kith.messages';

/** Who this was, everybody that it knew, and what they said. */
export async function forgetIdentity() {
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(MESSAGES);
    request.onsuccess = request.onerror = request.onblocked = resolve;
  });
  await clear();
}
