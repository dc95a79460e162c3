/** Finding what was said: on this browser's own disk, as nobody else can read it. */

import { fold } from '../contacts/search.js';
import * as disk from './database.js';

/** @import {Item, Transcript} from './database.js' */

/** Read together: few enough that typing goes on while it is looked through. */
const PAGE = 1_000;

/** @typedef {{item: Item, words: string}} Found  `words`: what was said, or the text of a voice */

/** The latest first. @param {string} typed @param {readonly string[]} others with whom @param {number} most @param {AbortSignal} signal @returns {Promise<Found[]>} */
export async function search(typed, others, most, signal) {
  const wanted = fold(typed).split(/\s+/u).filter((word) => word !== '');
  if (wanted.length === 0) return [];
  const texts = await transcripts();
  /** @type {Found[]} */ const found = [];
  for (const other of others) {
    for (let from = 0; !signal.aborted; ) {
      const page = /** @type {Item[]} */ (await disk.all('items', disk.between(other, from), PAGE));
      for (const item of page) {
        const words = item.text ?? texts.get(item.id) ?? '';
        if (words !== '' && wanted.every((word) => fold(words).includes(word))) found.push({ item, words });
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE) break;
      from = last.seq + 1;
    }
  }
  return found.sort((one, other) => other.item.at - one.item.at).slice(0, most);
}

/** By message. @returns {Promise<Map<string, string>>} */
async function transcripts() {
  const [ids, kept] = await Promise.all([disk.keys('transcripts'), /** @type {Promise<Transcript[]>} */ (disk.all('transcripts'))]);
  return new Map(ids.map((id, at) => [String(id), kept[at]?.text ?? '']));
}
