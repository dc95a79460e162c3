/** What this endpoint must still know after the browser was closed: who it is. IndexedDB, because it keeps keys. */

/** @import {Bytes} from '../core/bytes.js' */
/** @import {KeyPairs} from './keys.js' */

/**
 * @typedef {object} Identity
 * @property {string} endpoint
 * @property {Bytes} server  the server's identity key as it was at enrolment
 * @property {KeyPairs} keys
 */

const NAME = 'kith';
const STORE = 'own';
const IDENTITY = 'identity';

/** @returns {Promise<Identity | null>} */
export async function loadIdentity() {
  return (await run('readonly', (store) => store.get(IDENTITY))) ?? null;
}

/** @param {Identity} identity */
export async function saveIdentity(identity) {
  await run('readwrite', (store) => store.put(identity, IDENTITY));
}

export async function forgetIdentity() {
  await run('readwrite', (store) => store.delete(IDENTITY));
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>} once the transaction is on disk
 */
async function run(mode, ask) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: 'strict' });
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
