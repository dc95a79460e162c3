/**
 * The lock of this one app: a PIN that its owner chose, asked for when the app was not used for a while. It hides what
 * is shown, from whoever picks the telephone up; it encrypts nothing, and says so. Calls come in all the same.
 *
 * What is kept is the PIN stretched by PBKDF2: slow to try, here and for whoever copies the browser's files. Each
 * wrong one makes the next wait longer, also after the page was loaded anew.
 */

import { equal, utf8 } from '../core/bytes.js';
import { GRACE, isLocked, waitAfter } from '../policy/lock.js';
import { amend, drop, load } from './database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Store} from '../state/store.js' */

/**
 * @typedef {object} Kept
 * @property {Bytes} salt
 * @property {Bytes} hash  of the PIN
 * @property {number} rounds
 * @property {boolean} rule  whether what is shown is hidden at all
 * @property {boolean} locked  it was asked for, and nobody has typed it yet
 * @property {number} failures  wrong PINs in a row
 * @property {number} until  before that none is tried, ms
 */

const LOCK = 'lock';
const USED = 'lock-used';
const ROUNDS = 600_000; // half a second on a telephone: nobody waits for it, and a million tries take a week
const KEEP_USED = 60_000; // how exactly it is known after a restart when the app was last used

export class AppLock {
  #store;
  /** @type {Kept | null} */ #kept = null;
  #used = 0;
  #saved = 0;
  #timer = 0;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** Before anything is shown. */
  async open() {
    this.#kept = await load('own', LOCK);
    this.#used = (await load('own', USED)) ?? 0;
    this.look();
  }

  /** Whether there is a PIN, and whether it is asked for. @returns {{pin: boolean, rule: boolean}} */
  get chosen() {
    return { pin: this.#kept !== null, rule: this.#kept?.rule === true };
  }

  /** Somebody touched the app. */
  touched() {
    if (this.#store.state.locked) return;
    this.#used = Date.now();
    if (this.#kept !== null && this.#used - this.#saved >= KEEP_USED) void this.#keepUsed();
  }

  /** Is it time? Asked when the time is near, and whenever the page comes to the front. */
  look() {
    clearTimeout(this.#timer);
    const now = Date.now();
    const kept = this.#kept;
    const was = this.#store.state.locked;
    // Once locked, only the PIN opens: neither a page that is loaded anew nor a clock that is set back does.
    const locked = kept !== null && kept.rule && (was || kept.locked || now < this.#used || isLocked(now - this.#used));
    if (locked && kept && !kept.locked) void this.#keep({ ...kept, locked });
    if (locked !== was) this.#store.dispatch({ t: 'locked', locked });
    if (kept?.rule && !locked) this.#timer = setTimeout(() => this.look(), Math.max(0, this.#used + GRACE - now) + 1);
  }

  /** The page goes to the background, or away. */
  hidden() {
    if (this.#kept !== null) void this.#keepUsed();
  }

  /** @param {string} pin @returns {Promise<{open: boolean, wait: number}>} `wait`: until another one may be tried, ms */
  async unlock(pin) {
    const kept = this.#kept;
    if (kept === null) return { open: true, wait: 0 };
    const left = kept.until - Date.now();
    if (left > 0) return { open: false, wait: left };
    const failures = kept.failures + 1; // counted before it is looked at: two at once are two
    await this.#keep({ ...kept, failures, until: Date.now() + waitAfter(failures) });
    if (!(await matches(kept, pin))) return { open: false, wait: waitAfter(failures) };
    await this.#keep({ ...kept, failures: 0, until: 0, locked: false });
    await this.#begin();
    return { open: true, wait: 0 };
  }

  /** A PIN, or another one. @param {string} pin */
  async choose(pin) {
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const hash = await stretched(pin, salt, ROUNDS);
    await this.#keep({ salt, hash, rounds: ROUNDS, rule: true, locked: false, failures: 0, until: 0 });
    await this.#begin();
  }

  /** Whether the app hides what it shows when it was not used for a while. @param {boolean} rule */
  async setRule(rule) {
    if (this.#kept) await this.#keep({ ...this.#kept, rule });
    await this.#begin();
  }

  /** No PIN any more. */
  async remove() {
    this.#kept = null;
    await drop('own', LOCK);
    this.look();
  }

  async #begin() {
    this.#used = Date.now();
    await this.#keepUsed();
    this.#store.dispatch({ t: 'locked', locked: false });
    this.look();
  }

  /** @param {Kept} kept */
  async #keep(kept) {
    this.#kept = kept;
    await amend('own', LOCK, () => ({ keep: kept }));
  }

  async #keepUsed() {
    this.#saved = this.#used;
    await amend('own', USED, () => ({ keep: this.#used }));
  }
}

/** @param {Kept} kept @param {string} pin */
async function matches({ salt, hash, rounds }, pin) {
  return equal(hash, await stretched(pin, salt, rounds));
}

/** @param {string} pin @param {Bytes} salt @param {number} iterations @returns {Promise<Bytes>} 32 bytes */
async function stretched(pin, salt, iterations) {
  const key = await crypto.subtle.importKey('raw', utf8(pin), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256));
}
