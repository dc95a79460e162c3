/** Ids that this endpoint makes: a call's and a message's (who begins it names it) and a command's. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base32: no i, l, o, u to misread
const LENGTH = 20; // 100 bits

/** @returns {string} a new call id, `c_` and 20 characters */
export const newCall = () => `c_${random()}`;

/** @returns {string} a new message id: a message that is sent again is the same one. It begins with the time (kith/core/ids.py) */
export const newMessage = () => `m_${written(Date.now())}${random(11)}`;

/** @param {number} length */
function random(length = LENGTH) {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => ALPHABET[byte & 31]).join('');
}

/** @param {number} time in milliseconds; more than the 32 bits that `>>` can take @returns {string} nine signs */
function written(time) {
  return Array.from({ length: 9 }, (_, place) => ALPHABET[Math.floor(time / 32 ** (8 - place)) % 32]).join('');
}

/** @returns {string} a new command id */
export function newRequest() {
  return crypto.randomUUID();
}
