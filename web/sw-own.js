/**
 * What the service worker knows of this endpoint, and how it asks the server as that: without a page, signed with the same
 * key, which no script can read.
 */

/** @typedef {{endpoint: string, server: Uint8Array, keys: {identity: CryptoKeyPair}}} OwnIdentity */

const PATIENCE = 5_000;

/** A value of the app's own (web/session/database.js). @param {string} key @returns {Promise<any>} null where there is none */
async function loadOwn(key) {
  return ownStore('readonly', (store) => store.get(key)).catch(() => null);
}

/** @param {string} key @param {unknown} value */
async function saveOwn(key, value) {
  await ownStore('readwrite', (store) => store.put(value, key)).catch(() => {});
}

/** Opened for each use: one that is kept open would keep a newer page from bringing it to its version. */
/** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} use @returns {Promise<any>} */
function ownStore(mode, use) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('kith');
    opening.onupgradeneeded = () => opening.transaction?.abort(); // there is no app here, and none is made
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction('own', mode);
      const request = use(transaction.objectStore('own'));
      const done = (/** @type {() => void} */ then) => () => {
        database.close();
        then();
      };
      transaction.oncomplete = done(() => resolve(request.result ?? null));
      transaction.onerror = transaction.onabort = done(() => reject(transaction.error));
    };
  });
}

/**
 * One command, signed in for it alone. Null where the server cannot be reached, is another one, or says no.
 * @param {string} command @param {object} fields @returns {Promise<any>}
 */
async function ask(command, fields) {
  try {
    const identity = /** @type {OwnIdentity | null} */ (await loadOwn('identity'));
    if (identity === null) return null;
    const { nonce, server } = await post('challenge', {});
    if (server !== base64(identity.server)) return null;
    const statement = signIn(identity.server, location.origin, bytesOf(nonce), identity.endpoint);
    const signature = await crypto.subtle.sign({ name: 'Ed25519' }, identity.keys.identity.privateKey, statement);
    const { token } = await post('sign_in', { endpoint: identity.endpoint, nonce, signature: base64(new Uint8Array(signature)) });
    return await post(command, fields, token);
  } catch {
    return null;
  }
}

/** @param {string} command @param {object} fields @param {string} [token] @returns {Promise<any>} */
async function post(command, fields, token) {
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(`/v1/${command}`, { method: 'POST', headers, body: JSON.stringify(fields), signal });
  if (!response.ok) throw new Error(`${command}: ${response.status}`);
  return response.json();
}

/**
 * What is signed to sign in, as in web/core/statements.js.
 * @param {Uint8Array} server @param {string} origin @param {Uint8Array} nonce @param {string} endpoint
 */
function signIn(server, origin, nonce, endpoint) {
  const text = new TextEncoder();
  const fields = [server, text.encode(origin), nonce, text.encode(endpoint)];
  return new Uint8Array([...text.encode('kith/1 sign-in'), ...fields.flatMap((field) => [field.length >> 8, field.length & 255, ...field])]);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}
