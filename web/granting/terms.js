/** What this page knows of the own set: what it says, who has heard it, and what its keys are called. Pure. */

import { equal } from '../core/bytes.js';
import { nameOf } from '../trust/links.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Contents} from './contents.js' */

/**
 * @typedef {object} OwnDevice  one that acts by the own set
 * @property {string} id
 * @property {Bytes} identity
 * @property {string} name
 * @property {boolean} shared
 * @property {boolean} current
 * @property {boolean} online
 */

/** Somebody who was granted something, as the server names them. @typedef {{root: Bytes, person: string, name: string}} Receiver */

/**
 * @typedef {object} Terms
 * @property {Contents} contents
 * @property {number} version  -1 before anything was signed
 * @property {number} time  when it was signed, Unix seconds
 * @property {ReadonlyMap<string, number>} heard  by the name of a device's identity, the newest version that it has signed for
 * @property {readonly OwnDevice[]} devices
 * @property {readonly Receiver[]} receivers
 */

/** Names of the devices that do not know the newest set. @param {Terms} terms @param {readonly string[]} [among] ids; all where absent */
export function notHeard({ version, heard, devices }, among) {
  if (version < 0) return [];
  const wanted = devices.filter(({ id }) => among === undefined || among.includes(id));
  return wanted.filter(({ identity }) => (heard.get(nameOf(identity)) ?? -1) < version).map(({ name }) => name);
}

/** @param {Terms} terms @param {Bytes} root @returns {Receiver | null} */
export function receiverOf({ receivers }, root) {
  return receivers.find((one) => equal(one.root, root)) ?? null;
}
