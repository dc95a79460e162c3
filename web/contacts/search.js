/** Finding a contact by what somebody types: without accents, by the beginning of any word, by digits. Pure. */

/** @import {ContactView} from '../protocol.js' */

/** Letters that Unicode takes apart into nothing simpler. @type {Readonly<Record<string, string>>} */
const PLAIN = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ı: 'i' };

/** From this length on a typed word is looked for in the middle of words, too. */
const WITHIN = 3;

/** @param {string} text @returns {string} small letters without marks */
export function fold(text) {
  const bare = text.normalize('NFD').replace(/\p{M}+/gu, '').toLowerCase();
  return bare.replace(/[ßæœøđðłþı]/gu, (letter) => PLAIN[letter] ?? letter);
}

/** @typedef {{words: string, digits: readonly string[]}} Prepared */

/** @type {WeakMap<ContactView, Prepared>} */
const prepared = new WeakMap();

/** @param {ContactView} contact @returns {Prepared} */
function prepare(contact) {
  const known = prepared.get(contact);
  if (known) return known;
  const { name, nickname, organization, numbers } = contact;
  const words = fold(`${name} ${nickname} ${organization}`).split(/[^\p{L}\p{N}]+/u);
  const made = { words: ` ${words.join(' ')}`, digits: numbers.map(({ number }) => number.replace(/\D/g, '')) };
  prepared.set(contact, made);
  return made;
}

/** @param {string} typed @returns {(contact: ContactView) => boolean} whether a contact is meant by it */
export function matcher(typed) {
  if (/^[\d\s()+./-]*\d[\d\s()+./-]*$/.test(typed)) return byDigits(typed);
  const words = fold(typed).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  return (contact) => {
    const { words: known } = prepare(contact);
    return words.every((word) => known.includes(word.length < WITHIN && /^[a-z]/.test(word) ? ` ${word}` : word));
  };
}

/** A number is known with its country and typed without, often with zeros before it. @param {string} typed @returns {(contact: ContactView) => boolean} */
function byDigits(typed) {
  const digits = typed.replace(/\D/g, '').replace(/^0+(?=\d)/, '');
  return (contact) => {
    const known = prepare(contact);
    return known.digits.some((number) => number.includes(digits)) || known.words.includes(` ${digits}`);
  };
}
