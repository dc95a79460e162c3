/**
 * What this browser keeps of messages, in IndexedDB: beside who it is (session/database.js), as it grows otherwise.
 *
 *     items       [with, seq]    a message
 *     places      id             where a message is: no id is believed twice
 *     voices      [id, index]    a piece of a recording
 *     outgoing    id             what has not been sent yet
 *     transcripts id             what was said in a voice message, until it expires
 *     about       name           how far the inbox was read; the conversations as they stood
 */

import { database } from '../core/database.js';
import { MESSAGES } from '../session/database.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Versions} from '../core/database.js' */
/** @import {ConversationView, MessageEnvelope, SealedKey} from '../protocol.js' */
/** @import {Voice} from '../trust/message.js' */

/** How much of a recording there is. @typedef {Omit<Voice, 'hashes'>} Sound */

/**
 * A message, as it is kept. `changed`: another identity went by the sender's name than before; `signedOut`: the device that
 * sent it had been signed out when it came, so whoever has it now may have written it as well. `envelope` and `key` are
 * there to be shown to the operator, where somebody reports it; `partial`: recorded elsewhere, and not sent here.
 * @typedef {object} Item
 * @property {string} id
 * @property {string} with  the other person
 * @property {number} seq
 * @property {number} at  when the server took it, ms
 * @property {boolean} mine
 * @property {string} [text]
 * @property {Sound} [voice]
 * @property {boolean} [changed]
 * @property {boolean} [signedOut]
 * @property {boolean} [partial]
 * @property {MessageEnvelope} [envelope]
 * @property {Bytes} [key]
 */

/** @typedef {'waiting' | 'changed' | 'unsafe' | 'refused'} Hindrance */

/**
 * A message on its way. It is sealed once: what goes out again is the same, byte for byte.
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {string} with
 * @property {number} at  ms
 * @property {string} [text]
 * @property {Sound} [voice]
 * @property {Bytes} key
 * @property {string | null} as  for whom a shared endpoint speaks
 * @property {boolean} ready  false while it is being recorded
 * @property {MessageEnvelope} [envelope]
 * @property {SealedKey[]} [keys]
 * @property {Hindrance} standing
 * @property {string} [problem]  the code of what the server said
 */

/** @typedef {{text: string, expires: number}} Transcript  `expires` in Unix ms */
/** @typedef {'items' | 'places' | 'voices' | 'outgoing' | 'transcripts' | 'about'} StoreName */
/** @typedef {{view: ConversationView[]}} Views */

/** @type {Versions<StoreName>} */
const VERSIONS = [['items', 'places', 'voices', 'outgoing', 'transcripts', 'about']];

const MOST = Number.MAX_SAFE_INTEGER;

/** All of one conversation, or of it from one number to another. @param {string} other @param {number} [from] @param {number} [upTo] */
export const between = (other, from = 0, upTo = MOST) => IDBKeyRange.bound([other, from], [other, upTo]);

export const { get, all, keys, last, change, put, remove } = database(MESSAGES, VERSIONS);
