/**
 * The STUN and TURN servers, asked for ahead of a call and kept until shortly before their credentials run out:
 * nothing waits for them between answer and picture.
 */

/** @import {Draft} from '../session/session.js' */
/** @import {Reply} from '../protocol.js' */

/** Before it runs out a new credential is asked for: a network may change late in a call. */
const SPARE = 3_600_000;

/** How long a call waits for what should have been there when it rang; then it goes on without. */
const PATIENCE = 2_000;

/** @typedef {{iceServers: RTCIceServer[], iceTransportPolicy: RTCIceTransportPolicy}} Ways */

export class Ice {
  #send;
  #relayOnly;
  /** @type {RTCIceServer[] | null} */ #servers = null;
  #until = 0;
  /** @type {Promise<void> | null} */ #asking = null;

  /**
   * @param {(draft: Draft, options?: {within?: number}) => Promise<Reply>} send
   * @param {() => boolean} relayOnly whether the person wants no other path than the relay
   */
  constructor(send, relayOnly) {
    this.#send = send;
    this.#relayOnly = relayOnly;
  }

  get relayOnly() {
    return this.#relayOnly();
  }

  get known() {
    return this.#servers !== null;
  }

  /** Whether the server has a relay; false as long as that is not known. */
  get relay() {
    return (this.#servers ?? []).some(({ username }) => username !== undefined);
  }

  /** @returns {Ways} */
  get ways() {
    return { iceServers: this.#servers ?? [], iceTransportPolicy: this.relayOnly ? 'relay' : 'all' };
  }

  /** The server was started again, perhaps with other settings. */
  renew() {
    this.#until = 0;
    this.refresh();
  }

  /** Ask, unless what is known will do. */
  refresh() {
    if (Date.now() >= this.#until) this.#asking ??= this.#ask().finally(() => (this.#asking = null));
  }

  /** Resolves when something is known, or has not come in time. */
  async ready() {
    this.refresh();
    if (!this.known) await this.#asking;
  }

  async #ask() {
    try {
      const reply = await this.#send({ t: 'list_ice_servers' }, { within: PATIENCE });
      if (reply.t !== 'ice_servers') return;
      this.#servers = reply.servers.map(({ urls, username, credential }) => ({
        urls: [...urls],
        ...(username && credential ? { username, credential } : {}),
      }));
      this.#until = Date.now() + 1_000 * reply.expires_in - SPARE;
    } catch {
      // The next call asks again; this one goes on without.
    }
  }
}
