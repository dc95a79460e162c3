/** What this endpoint must still know after the browser was closed: who it is, and whom it knows. IndexedDB, because it keeps keys. */

/** @import {Bytes} from '../core/bytes.js' */
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

/** What each version of the database brought. Never change a line: browsers out there stand between any two. @type {readonly StoreName[][]} */
const VERSIONS = [['own'], ['persons', 'households', 'delegations'], ['grants'], ['log']];

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
  const stores = VERSIONS.flat();
  await within(stores, 'readwrite', (transaction) => {
    for (const store of stores) transaction.objectStore(store).clear();
    return () => undefined;
  });
}

/** @template T @param {StoreName} store @param {string} key @returns {Promise<T | null>} */
export function load(store, key) {
  return within([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).get(key);
    return () => request.result ?? null;
  });
}

/**
 * Read, decide and write, with nobody else in between, in no tab. What `decide` says to `keep` is put in
 * the place of what is there; if it throws, that is thrown here and nothing changes.
 * @template T, R
 * @param {StoreName} store @param {string} key
 * @param {(there: T | null) => {keep?: T, answer?: R}} decide
 * @returns {Promise<R | undefined>} the answer, once it is on disk
 */
export function amend(store, key, decide) {
  return within([store], 'readwrite', (transaction, fail) => {
    const objects = transaction.objectStore(store);
    const request = objects.get(key);
    /** @type {R | undefined} */ let answer;
    request.onsuccess = () => {
      try {
        const decided = decide(request.result ?? null);
        answer = decided.answer;
        if (decided.keep !== undefined) objects.put(decided.keep, key);
      } catch (error) {
        fail(error);
        transaction.abort();
      }
    };
    return () => answer;
  });
}

/** Everything in a store. @template T @param {StoreName} store @returns {Promise<T[]>} */
export function loadAll(store) {
  return within([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).getAll();
    return () => request.result;
  });
}

/** @param {StoreName} store @param {string} key */
export async function drop(store, key) {
  await within([store], 'readwrite', (transaction) => {
    transaction.objectStore(store).delete(key);
    return () => undefined;
  });
}

/**
 * @template R
 * @param {readonly StoreName[]} stores @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction, fail: (error: unknown) => void) => () => R} ask says what came of it, once it is done
 * @returns {Promise<R>} once the transaction is on disk
 */
async function within(stores, mode, ask) {
  const begin = (/** @type {IDBDatabase} */ database) => database.transaction([...stores], mode, { durability: 'strict' });
  const database = await opened();
  /** @type {IDBTransaction} */ let transaction;
  try {
    transaction = begin(database);
  } catch {
    forget(); // some browsers close it by themselves when the page was away for long
    transaction = begin(await opened());
  }
  return new Promise((resolve, reject) => {
    const outcome = ask(transaction, reject);
    transaction.oncomplete = () => resolve(outcome());
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** Kept open: to open it costs more than to use it. @type {Promise<IDBDatabase> | null} */
let open = null;

function opened() {
  open ??= openAnew();
  return open;
}

function forget() {
  open = null;
}

/** @returns {Promise<IDBDatabase>} */
function openAnew() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSIONS.length);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const store of VERSIONS.slice(oldVersion).flat()) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      const { result } = request;
      result.onclose = forget;
      result.onversionchange = () => {
        result.close(); // a newer page waits to bring it to its version
        forget();
      };
      resolve(result);
    };
    request.onerror = () => {
      forget();
      reject(request.error);
    };
  });
}
