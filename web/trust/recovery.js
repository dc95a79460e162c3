/**
 * The recovery key, as it is printed: the seed of an Ed25519 key and two bytes that show a slip of the
 * pen, in Crockford's base32, by fives. It is nowhere but on paper, so reading it forgives what it can.
 */

import { concat, equal, fromBase64Url, utf8 } from '../core/bytes.js';
import { sha256 } from './keys.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SEED_LENGTH = 32;
const CHECK_LENGTH = 2;
const SYMBOLS = 55; // of five bits each: three bits more than 34 bytes have
const GROUP = 5;
const ED25519 = { name: 'Ed25519' };

/** RFC 8410, section 7: a PKCS #8 wrapping of an Ed25519 seed, up to where the seed begins. */
const PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/** @returns {Bytes} the seed of a new recovery key */
export function newSeed() {
  return crypto.getRandomValues(new Uint8Array(SEED_LENGTH));
}

/** What is printed. @param {Bytes} seed 32 bytes @returns {Promise<string>} */
export async function writeRecovery(seed) {
  const symbols = toBase32(concat(seed, await check(seed)));
  return symbols.match(new RegExp(`.{1,${GROUP}}`, 'g'))?.join('-') ?? '';
}

/** The seed in what was typed. Rejects with Untrusted ("mistyped"). @param {string} text @returns {Promise<Bytes>} */
export async function readRecovery(text) {
  const bytes = fromBase32(text);
  require(bytes, 'mistyped');
  const seed = bytes.slice(0, SEED_LENGTH);
  require(equal(bytes.slice(SEED_LENGTH), await check(seed)), 'mistyped');
  return seed;
}

/** @param {Bytes} seed @returns {Promise<{identity: Bytes, sign: Sign}>} its public key, and what signs with it */
export async function recoveryKey(seed) {
  const read = (/** @type {boolean} */ extractable) =>
    crypto.subtle.importKey('pkcs8', concat(PKCS8, seed), ED25519, extractable, ['sign']);
  const [key, open] = await Promise.all([read(false), read(true)]);
  const { x } = await crypto.subtle.exportKey('jwk', open); // there is no other way to the public half
  const sign = async (/** @type {Bytes} */ message) => new Uint8Array(await crypto.subtle.sign(ED25519, key, message));
  return { identity: fromBase64Url(x ?? ''), sign };
}

/** @param {Bytes} seed */
async function check(seed) {
  return (await sha256(concat(utf8('kith/1 recovery'), seed))).slice(0, CHECK_LENGTH);
}

/** @param {Bytes} bytes */
function toBase32(bytes) {
  let [text, waiting, bits] = ['', 0, 0];
  for (const byte of bytes) {
    waiting = (waiting << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(waiting >> (bits - 5)) & 31];
    waiting &= 31;
  }
  return bits === 0 ? text : text + ALPHABET[(waiting << (5 - bits)) & 31];
}

/** @param {string} text @returns {Bytes | null} 34 bytes, null if it cannot be a recovery key */
function fromBase32(text) {
  if (/[^ -~]/.test(text)) return null; // only ASCII has one upper case everywhere
  const plain = text.replace(/[ -]/g, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  const values = Array.from(plain, (symbol) => ALPHABET.indexOf(symbol));
  if (values.length !== SYMBOLS || values.includes(-1)) return null;
  const bytes = new Uint8Array(SEED_LENGTH + CHECK_LENGTH);
  let [at, waiting, bits] = [0, 0, 0];
  for (const value of values) {
    waiting = ((waiting & 255) << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = waiting >> bits;
      at += 1;
    }
  }
  return (waiting & ((1 << bits) - 1)) === 0 ? bytes : null;
}
