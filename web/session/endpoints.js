/** The endpoints that are signed in as this person, and those that their household shares. */

import { fromBase64 } from '../core/bytes.js';
import { Untrusted } from '../trust/untrusted.js';
import { AT_ONCE, expected } from './reply.js';

/** @import {EnrolledEndpoint} from '../protocol.js' */
/** @import {Deeds} from './deeds.js' */
/** @import {Send} from './identities.js' */

/** Everything rejects with ProblemError. */
export class Endpoints {
  #send;
  #deeds;

  /** @param {Send} send @param {Deeds} deeds */
  constructor(send, deeds) {
    this.#send = send;
    this.#deeds = deeds;
  }

  /** Those that this person may sign out. */
  async list() {
    return expected('endpoints', await this.#send({ t: 'list_endpoints' }, AT_ONCE)).endpoints;
  }

  /** The groups that the server mixes now in which one of them takes part: none for who may not see that, a child. */
  async listRooms() {
    const reply = await this.#send({ t: 'list_rooms' }, AT_ONCE).catch(() => null);
    return reply === null ? [] : expected('room_list', reply).rooms;
  }

  /** @param {string} endpoint @param {string} name */
  async rename(endpoint, name) {
    await this.#send({ t: 'rename_endpoint', endpoint, name }, AT_ONCE);
  }

  /**
   * Sign an endpoint out for good; one that signs itself out is told so by the end of its session. First everybody else
   * is told, signed, that it is nobody's any more.
   * @param {Pick<EnrolledEndpoint, 'id' | 'identity' | 'shared'>} endpoint
   */
  async remove({ id, identity, shared }) {
    const key = fromBase64(identity);
    await (shared ? this.#deeds.removeShared(key) : this.#deeds.removeOwn(key)).catch(signedOutAllTheSame);
    await this.#send({ t: 'remove_endpoint', endpoint: id }, AT_ONCE);
  }
}

/** A lost device is signed out even where nothing that is shown can be believed. @param {unknown} error */
function signedOutAllTheSame(error) {
  if (!(error instanceof Untrusted)) throw error;
}
