/** The own contacts: fetched as far as the server has them, changed here, brought from a file. */

import { Cards, partsOf } from '../contacts/cards.js';
import { withChanges } from '../contacts/list.js';
import { ProblemError } from './problem.js';
import { AT_ONCE, expected } from './reply.js';

/** @import {Changes} from '../contacts/list.js' */
/** @import {AddContact, ContactSaved} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Send} from './identities.js' */

const IN_A_WHILE = { within: 60_000 }; // a part of a file is hundreds of contacts

/** How many pages are shown together while a long list comes for the first time. */
const PAGES_TOGETHER = 10;

/** All that a contact consists of. @typedef {Omit<AddContact, 't' | 'id' | 'as'>} ContactFields */

/**
 * What became of a file, so far.
 * @typedef {object} Tally
 * @property {number} added
 * @property {number} updated
 * @property {number} unchanged
 * @property {{line: number, code: string}[]} problems  with the line of the file
 * @property {number} cards
 */

export class Contacts {
  #send;
  #store;
  #following = false;

  /** @param {Send} send @param {Store} store */
  constructor(send, store) {
    this.#send = send;
    this.#store = store;
  }

  /** Fetch what changed since it was last asked for. Whatever is said meanwhile is fetched in the same go. */
  async follow() {
    if (this.#following) return;
    this.#following = true;
    try {
      while (this.#behind()) await this.#fetch();
    } catch {
      // Asked again with the next change, and with the next session.
    } finally {
      this.#following = false;
    }
  }

  #behind() {
    const { own, contacts } = this.#store.state;
    return own !== null && (!contacts.whole || contacts.revision < own.contacts);
  }

  async #fetch() {
    /** @type {Changes[]} */
    const pages = [];
    let { revision: since } = this.#store.state.contacts;
    do {
      const page = expected('contacts', await this.#patiently({ t: 'list_contacts', since }));
      pages.push(page);
      since = page.revision;
    } while (pages.at(-1)?.more && pages.length < PAGES_TOGETHER);
    this.#store.dispatch({ t: 'contacts', contacts: withChanges(this.#store.state.contacts, pages) });
  }

  /**
   * A long list and a long file are more than may be asked at once: then the server says when to go on.
   * @type {(command: Parameters<Send>[0]) => ReturnType<Send>}
   */
  async #patiently(command) {
    for (;;) {
      try {
        return await this.#send(command, IN_A_WHILE);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== 'rate_limited') throw error;
        const seconds = Number(error.data.retry_after ?? 1);
        await new Promise((goOn) => setTimeout(goOn, 1000 * seconds));
      }
    }
  }

  // -- each rejects with ProblemError ----------------------------------------------------------------

  /** @param {ContactFields} fields @returns {Promise<ContactSaved>} */
  async add(fields) {
    return /** @type {ContactSaved} */ (await this.#send({ t: 'add_contact', ...fields }, AT_ONCE));
  }

  /** @param {string} contact @param {ContactFields} fields @returns {Promise<ContactSaved>} */
  async edit(contact, fields) {
    return /** @type {ContactSaved} */ (await this.#send({ t: 'edit_contact', contact, ...fields }, AT_ONCE));
  }

  /** @param {string} contact */
  async remove(contact) {
    await this.#send({ t: 'delete_contact', contact }, AT_ONCE);
  }

  /** @param {boolean} allowed off: everything imported is deleted at once */
  async allowImport(allowed) {
    await this.#send({ t: 'set_contact_import', allowed }, AT_ONCE);
  }

  /** A number is somebody else's now, and the owner calls it all the same. @param {string} contact @param {string} number */
  async acceptMoved(contact, number) {
    await this.#send({ t: 'accept_moved', contact, number }, AT_ONCE);
  }

  /**
   * Bring the contacts of a vCard file, part after part.
   * @param {Blob} file @param {Tally} tally filled as it goes, and true where it ends early
   * @param {(share: number) => void} progress 0 to 1
   */
  async bring(file, tally, progress) {
    const cards = new Cards();
    const read = (/** @type {number} */ bytes) => progress(file.size === 0 ? 1 : bytes / file.size);
    for await (const { text, lines, cards: count } of partsOf(file.stream(), cards, read)) {
      const done = expected('contacts_imported', await this.#patiently({ t: 'import_contacts', first_line: 1, text }));
      tally.added += done.added;
      tally.updated += done.updated;
      tally.unchanged += done.unchanged;
      tally.cards += count;
      tally.problems.push(...done.problems.map(({ line, code }) => ({ line: lines[line - 1] ?? 0, code })));
    }
    tally.problems.push(...cards.troubles);
    tally.cards += cards.troubles.length;
  }
}
