/**
 * The own contacts as this page knows them. Pure.
 *
 * The server counts the changes of a person's list. Whoever knows it up to a revision asks for what changed
 * since, page by page; each page says up to where everything is known then. A page that is `whole` begins anew.
 */

/** @import {ContactView} from '../protocol.js' */

/**
 * @typedef {object} Contacts
 * @property {number} revision  up to which everything is known; 0 for nothing
 * @property {boolean} whole  every page has come
 * @property {ReadonlyMap<string, ContactView>} all  by id
 */

/** @typedef {{contacts: readonly ContactView[], removed: readonly string[], revision: number, whole: boolean, more: boolean}} Changes */

/** @type {Contacts} */
export const NO_CONTACTS = { revision: 0, whole: false, all: new Map() };

/** @param {Contacts} known @param {readonly Changes[]} pages what changed since `known`, in order @returns {Contacts} */
export function withChanges(known, pages) {
  /** @type {Map<string, ContactView>} */
  const all = new Map(known.all);
  for (const { contacts, removed, whole } of pages) {
    if (whole) all.clear();
    for (const id of removed) all.delete(id);
    for (const contact of contacts) all.set(contact.id, contact);
  }
  const last = pages.at(-1);
  return last ? { revision: last.revision, whole: !last.more, all } : known;
}
