/** Who can be called by a contact. Pure. */

/** @import {ContactNumber, ContactView} from '../protocol.js' */

/**
 * A number with somebody behind it. `moved`: it was another person's when the contact was met, so the owner
 * is asked before it is called.
 * @typedef {{person: string, number: ContactNumber, moved: boolean}} Way
 */

/** Every number by which somebody can be reached here, those that need no question first. @param {ContactView} contact @param {string} self the own person @returns {Way[]} */
export function waysOf(contact, self) {
  const ways = contact.numbers.flatMap((number) => {
    const { person, moved } = number;
    return person && person !== self ? [{ person, number, moved: moved === true }] : [];
  });
  return ways.sort((one, other) => Number(one.moved) - Number(other.moved));
}

/** @param {ContactView} contact @param {string} self @returns {Way | null} */
export function firstWay(contact, self) {
  return waysOf(contact, self)[0] ?? null;
}

/** The contact by which each person is known, the first of several. @param {Iterable<ContactView>} contacts @returns {Map<string, ContactView>} by person */
export function byPerson(contacts) {
  /** @type {Map<string, ContactView>} */
  const found = new Map();
  for (const contact of contacts) {
    for (const { person, moved } of contact.numbers) {
      if (person && !moved && !found.has(person)) found.set(person, contact);
    }
  }
  return found;
}
