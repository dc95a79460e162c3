/**
 * What this browser keeps of messages, in IndexedDB: beside who it is (session/database.js), as it grows otherwise.
 *
 *     items       [with, seq]    a message
 *     places      id             where a message is: no id is believed twice
 *     voices      [id, index]    a piece of a recording
 *     outgoing    id             what has not been sent yet
 *     transcripts id             what was said in a voice message, until it expires
 *     about       name           how far the inbox was read; the conversations as they stood
 */

import { MESSAGES } from '../session/database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {ConversationView, MessageEnvelope, SealedKey} from '../protocol.js' */
/** @import {Voice} from '../trust/message.js' */

/** How much of a recording there is. @typedef {Omit<Voice, 'hashes'>} Sound */

/**
 * A message, as it is kept. `changed`: another identity went by the sender's name than before. `envelope` and `key` are
 * there to be shown to the operator, where somebody reports it; `partial`: recorded elsewhere, and not sent here.
 * @typedef {object} Item
 * @property {string} id
 * @property {string} with  the other person
 * @property {number} seq
 * @property {number} at  when the server took it, ms
 * @property {boolean} mine
 * @property {string} [text]
 * @property {Sound} [voice]
 * @property {boolean} [changed]
 * @property {boolean} [partial]
 * @property {MessageEnvelope} [envelope]
 * @property {Bytes} [key]
 */

/** @typedef {'waiting' | 'changed' | 'unsafe' | 'refused'} Hindrance */

/**
 * A message on its way. It is sealed once: what goes out again is the same, byte for byte.
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {string} with
 * @property {number} at  ms
 * @property {string} [text]
 * @property {Sound} [voice]
 * @property {Bytes} key
 * @property {string | null} as  for whom a shared endpoint speaks
 * @property {boolean} ready  false while it is being recorded
 * @property {MessageEnvelope} [envelope]
 * @property {SealedKey[]} [keys]
 * @property {Hindrance} standing
 * @property {string} [problem]  the code of what the server said
 */

/** @typedef {{text: string, expires: number}} Transcript  `expires` in Unix ms */
/** @typedef {'items' | 'places' | 'voices' | 'outgoing' | 'transcripts' | 'about'} StoreName */
/** @typedef {{view: ConversationView[]}} Views */

/** What each version brought. Never change a line: browsers out there stand between any two. @type {readonly StoreName[][]} */
const VERSIONS = [['items', 'places', 'voices', 'outgoing', 'transcripts', 'about']];

const MOST = Number.MAX_SAFE_INTEGER;

/** All of one conversation, or of it from one number to another. @param {string} other @param {number} [from] @param {number} [upTo] */
export const between = (other, from = 0, upTo = MOST) => IDBKeyRange.bound([other, from], [other, upTo]);

/** @template T @param {StoreName} store @param {IDBValidKey} key @returns {Promise<T | null>} */
export function get(store, key) {
  return within([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).get(key);
    return () => request.result ?? null;
  });
}

/** @template T @param {StoreName} store @param {IDBKeyRange} [range] @param {number} [most] @returns {Promise<T[]>} in the order of their keys */
export function all(store, range, most) {
  return within([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).getAll(range, most);
    return () => request.result;
  });
}

/** @param {StoreName} store @param {IDBKeyRange} [range] @returns {Promise<IDBValidKey[]>} */
export function keys(store, range) {
  return within([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).getAllKeys(range);
    return () => request.result;
  });
}

/** The last within a range. @template T @param {StoreName} store @param {IDBKeyRange} range @returns {Promise<T | null>} */
export function last(store, range) {
  return within([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).openCursor(range, 'prev');
    return () => request.result?.value ?? null;
  });
}

/** @param {StoreName} store @param {IDBValidKey} key @param {unknown} value */
export async function put(store, key, value) {
  await change([store], (stores) => void stores(store).put(value, key));
}

/** @param {StoreName} store @param {IDBValidKey | IDBKeyRange} key */
export async function remove(store, key) {
  await change([store], (stores) => void stores(store).delete(key));
}

/**
 * Several writes that are all on disk once this resolves, or none of them.
 * @param {readonly StoreName[]} stores @param {(of: (store: StoreName) => IDBObjectStore) => void} work
 */
export async function change(stores, work) {
  await within(stores, 'readwrite', (transaction) => {
    work((store) => transaction.objectStore(store));
    return () => undefined;
  });
}

/**
 * @template R
 * @param {readonly StoreName[]} stores @param {IDBTransactionMode} mode @param {(transaction: IDBTransaction) => () => R} ask
 * @returns {Promise<R>} once the transaction is on disk
 */
async function within(stores, mode, ask) {
  const begin = (/** @type {IDBDatabase} */ database) => database.transaction([...stores], mode, { durability: 'strict' });
  /** @type {IDBTransaction} */ let transaction;
  try {
    transaction = begin(await opened());
  } catch {
    open = null; // some browsers close it by themselves when the page was away for long
    transaction = begin(await opened());
  }
  return new Promise((resolve, reject) => {
    const outcome = ask(transaction);
    transaction.oncomplete = () => resolve(outcome());
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** @type {Promise<IDBDatabase> | null} */
let open = null;

function opened() {
  open ??= openAnew();
  return open;
}

/** @returns {Promise<IDBDatabase>} */
function openAnew() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(MESSAGES, VERSIONS.length);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const store of VERSIONS.slice(oldVersion).flat()) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      const { result } = request;
      result.onclose = () => (open = null);
      result.onversionchange = () => {
        result.close(); // it is to be deleted, or a newer page waits
        open = null;
      };
      resolve(result);
    };
    request.onerror = () => {
      open = null;
      reject(request.error);
    };
  });
}
