/** Ids that this endpoint makes: a call's and a message's (who begins it names it) and a command's. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base32: no i, l, o, u to misread
const LENGTH = 20; // 100 bits

/** @returns {string} a new call id, `c_` and 20 characters */
export const newCall = () => `c_${random()}`;

/** @returns {string} a new message id: a message that is sent again is the same one */
export const newMessage = () => `m_${random()}`;

function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => ALPHABET[byte & 31]).join('');
}

/** @returns {string} a new command id */
export function newRequest() {
  return crypto.randomUUID();
}
