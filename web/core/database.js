/**
 * A database of this browser, in IndexedDB: brought to its version, kept open, and asked in transactions. Whatever writes
 * is on disk once its promise resolves; whatever fails has changed nothing.
 */

/**
 * The stores that each version of a database brought. Never change a line: browsers out there stand between any two.
 * @template {string} S
 * @typedef {readonly (readonly S[])[]} Versions
 */

/** Where one thing is, or several. @typedef {IDBValidKey | IDBKeyRange} Where */

/**
 * What can be asked of a database with these stores.
 * @template {string} S
 * @param {string} name @param {Versions<S>} versions
 */
export function database(name, versions) {
  const kept = new Kept(name, versions);

  /** @template R @param {S} store @param {(objects: IDBObjectStore) => IDBRequest<R>} ask */
  const read = (store, ask) => {
    return kept.within([store], 'readonly', (transaction) => {
      const request = ask(transaction.objectStore(store));
      return () => request.result;
    });
  };

  /** @template T @param {S} store @param {IDBValidKey} key @returns {Promise<T | null>} */
  const get = async (store, key) => (await read(store, (objects) => objects.get(key))) ?? null;

  /** In the order of their keys. @template T @param {S} store @param {IDBKeyRange} [range] @param {number} [most] @returns {Promise<T[]>} */
  const all = (store, range, most) => read(store, (objects) => objects.getAll(range, most));

  /** @param {S} store @param {IDBKeyRange} [range] @returns {Promise<IDBValidKey[]>} */
  const keys = (store, range) => read(store, (objects) => objects.getAllKeys(range));

  /** The one with the highest key. @template T @param {S} store @param {IDBKeyRange} range @returns {Promise<T | null>} */
  const last = async (store, range) => (await read(store, (objects) => objects.openCursor(range, 'prev')))?.value ?? null;

  /** Several writes: all of them or none. @param {readonly S[]} stores @param {(of: (store: S) => IDBObjectStore) => void} work */
  const change = (stores, work) => {
    return kept.within(stores, 'readwrite', (transaction) => {
      work((store) => transaction.objectStore(store));
      return () => undefined;
    });
  };

  /** @param {S} store @param {IDBValidKey} key @param {unknown} value */
  const put = (store, key, value) => change([store], (of) => void of(store).put(value, key));

  /** @param {S} store @param {Where} where */
  const remove = (store, where) => change([store], (of) => void of(store).delete(where));

  /** Everything. */
  const clear = () => {
    const stores = versions.flat();
    return change(stores, (of) => stores.forEach((store) => of(store).clear()));
  };

  /**
   * Read, decide and write, with nobody else in between, in no tab. What `decide` says to `keep` is put in the place of
   * what is there; if it throws, that is thrown here and nothing changes.
   * @template T, R
   * @param {S} store @param {IDBValidKey} key
   * @param {(there: T | null) => {keep?: T, answer?: R}} decide
   * @returns {Promise<R | undefined>} the answer
   */
  const amend = (store, key, decide) => {
    return kept.within([store], 'readwrite', (transaction, fail) => {
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
  };

  return { get, all, keys, last, change, put, remove, clear, amend };
}

/** To open a database costs more than to use it. @template {string} S */
class Kept {
  #name;
  #versions;
  /** @type {Promise<IDBDatabase> | null} */ #open = null;

  /** @param {string} name @param {Versions<S>} versions */
  constructor(name, versions) {
    this.#name = name;
    this.#versions = versions;
  }

  /**
   * One transaction.
   * @template R
   * @param {readonly S[]} stores @param {IDBTransactionMode} mode
   * @param {(transaction: IDBTransaction, fail: (error: unknown) => void) => () => R} ask says what came of it, once it is done
   * @returns {Promise<R>}
   */
  async within(stores, mode, ask) {
    const begin = (/** @type {IDBDatabase} */ database) => database.transaction([...stores], mode, { durability: 'strict' });
    /** @type {IDBTransaction} */ let transaction;
    try {
      transaction = begin(await this.#opened());
    } catch {
      this.#open = null; // some browsers close it by themselves when the page was away for long
      transaction = begin(await this.#opened());
    }
    return new Promise((resolve, reject) => {
      const outcome = ask(transaction, reject);
      transaction.oncomplete = () => resolve(outcome());
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  #opened() {
    this.#open ??= this.#openAnew();
    return this.#open;
  }

  /** @returns {Promise<IDBDatabase>} */
  #openAnew() {
    const forget = () => (this.#open = null);
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name, this.#versions.length);
      request.onupgradeneeded = ({ oldVersion }) => {
        for (const store of this.#versions.slice(oldVersion).flat()) request.result.createObjectStore(store);
      };
      request.onsuccess = () => {
        const { result } = request;
        result.onclose = forget;
        result.onversionchange = () => {
          result.close(); // it is to be deleted, or a newer page waits to bring it to its version
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
}
