/** As much of IndexedDB as the app uses, in memory. What one transaction reads and then writes, nobody comes between. */

class Transaction {
  #stores;
  #pending = 0;

  constructor(stores) {
    this.#stores = stores;
    setImmediate(() => this.#completed());
  }

  objectStore(name) {
    const store = this.#stores.get(name);
    return {
      get: (key) => this.#request(() => store.get(key)),
      getAll: () => this.#request(() => [...store.values()]),
      put: (value, key) => void store.set(key, value),
      delete: (key) => void store.delete(key),
    };
  }

  abort() {
    this.oncomplete = undefined;
  }

  #request(read) {
    const request = {};
    this.#pending += 1;
    setImmediate(() => {
      request.result = read();
      request.onsuccess?.();
      this.#pending -= 1;
      setImmediate(() => this.#completed());
    });
    return request;
  }

  #completed() {
    if (this.#pending === 0) this.oncomplete?.();
  }
}

let database;

/** An empty database; what was open before is closed. Tells how often it was `opened`; a test may say that it was `closed`. */
export function emptyDatabase() {
  const stores = new Map();
  database?.onclose?.();
  const made = {
    createObjectStore: (name) => stores.set(name, new Map()),
    opened: 0,
    closed: false,
    transaction() {
      if (made.closed) throw new Error('it is closed');
      return new Transaction(stores);
    },
    close() {},
  };
  database = made;
  globalThis.indexedDB = {
    open() {
      const request = { result: made };
      made.opened += 1;
      made.closed = false;
      setImmediate(() => {
        if (stores.size === 0) request.onupgradeneeded({ oldVersion: 0 });
        request.onsuccess();
      });
      return request;
    },
  };
  return made;
}
