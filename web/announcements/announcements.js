/** Announcements at this page: made, and heard. Fetched by the page when the first one comes, or is to be made. */

import { Hearing } from './hearing.js';
import { Sending } from './sending.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Event as ServerEvent} from '../protocol.js' */
/** @import {Parts} from '../components/view.js' */

/** @typedef {{text: string} | {seconds: number, pieces: readonly Bytes[]}} Said */

class Announcements {
  #parts;
  #sending;
  #hearing;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { account, store, ringer, chosen, language } = parts;
    const send = account.send.bind(account);
    this.#sending = new Sending(account.identities, send);
    this.#hearing = new Hearing(account.identities, send, store, ringer, () => chosen.values.volume, language);
  }

  /** Say it at home. Rejects with Untrusted or ProblemError. @param {Said} said @param {Bytes | null} to the device with this identity; null for all @returns {Promise<number>} for how many it is */
  announce(said, to) {
    return this.#sending.send(said, to);
  }

  /** @param {ServerEvent} event */
  heard(event) {
    if (event.t === 'announcement') {
      void this.#hearing.arrived(event);
      void import('../components/announcement.js').then(({ showAnnouncements }) => showAnnouncements(this.#parts));
    }
    if (event.t === 'announcement_plays') this.#hearing.plays(event);
  }
}

/** @type {Announcements | null} */
let made = null;

/** The one of this page. @param {Parts} parts */
export function announcementsOf(parts) {
  made ??= new Announcements(parts);
  return made;
}
