/** Ids that this endpoint makes: a call's (its caller names it) and a command's. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base32: no i, l, o, u to misread
const LENGTH = 20; // 100 bits

/** @returns {string} a new call id, `c_` and 20 characters */
export function newCall() {
  const random = crypto.getRandomValues(new Uint8Array(LENGTH));
  return 'c_' + Array.from(random, (byte) => ALPHABET[byte & 31]).join('');
}

/** @returns {string} a new command id */
export function newRequest() {
  return crypto.randomUUID();
}
