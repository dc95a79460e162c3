/** The list as it is read: by name, with letters as headings. Pure. */

import { firstWay } from './reach.js';
import { fold, matcher } from './search.js';

/** @import {ContactView} from '../protocol.js' */

/** What begins with no letter comes last, under this. */
export const OTHER = '#';

const LETTER = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]/u;

/** @typedef {{contact: ContactView, letter: string}} Placed */
/** @typedef {{contact: ContactView, heading: string | null}} Item  `heading`: the letter that begins with this one */

/** The letter under which one looks for a name. @param {string} name */
export function letterOf(name) {
  const first = [...fold(name.trim())][0] ?? '';
  return LETTER.test(first) ? first.toLocaleUpperCase() : OTHER;
}

/** @param {Iterable<ContactView>} contacts @param {string} language @returns {Placed[]} */
export function inOrder(contacts, language) {
  const { compare } = new Intl.Collator(language, { sensitivity: 'base', numeric: true });
  const placed = [...contacts].map((contact) => ({ contact, letter: letterOf(contact.name) }));
  return placed.sort(
    (one, other) =>
      Number(one.letter === OTHER) - Number(other.letter === OTHER) ||
      compare(one.contact.name, other.contact.name) ||
      (one.contact.id < other.contact.id ? -1 : 1),
  );
}

/**
 * @param {readonly Placed[]} placed in order @param {{typed: string, reachable: boolean, self: string}} wanted
 * @returns {Item[]}
 */
export function choose(placed, { typed, reachable, self }) {
  const matches = matcher(typed);
  /** @type {Item[]} */
  const items = [];
  let letter = '';
  for (const { contact, letter: its } of placed) {
    if (!matches(contact) || (reachable && firstWay(contact, self) === null)) continue;
    items.push({ contact, heading: its === letter ? null : its });
    letter = its;
  }
  return items;
}
