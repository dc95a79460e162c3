/**
 * The signed-in life of this endpoint: one WebSocket after another under one session.
 *
 * Every command waits here until its reply comes. When the connection breaks, a new one is made, the
 * session is resumed and what has no reply is sent again under the same id, which the server answers
 * without doing it twice. Events are handed on once each, in order.
 */

import { equal, fromBase64, toBase64 } from '../core/bytes.js';
import { newRequest } from '../core/ids.js';
import { signInStatement } from '../core/statements.js';
import { backoff } from './backoff.js';
import { declared } from './devices.js';
import { Inbox } from './inbox.js';
import { sign } from './keys.js';
import { ProblemError } from './problem.js';
import { Unconfirmed } from './unconfirmed.js';

/** @import {Capabilities, Command, Event as ServerEvent, FromServer, Hello, Reply, Snapshot, Welcome} from '../protocol.js' */
/** @import {Identity} from './database.js' */
/** @import {ProblemCode} from './problem.js' */

const SUBPROTOCOL = 'kith.v1.json';
const ACK_AFTER = 30_000;
const SILENCE = 25_000; // home routers forget a silent connection after 30 s or more
const PONG_WITHIN = 10_000;
const PONG_AT_ONCE = 800; // when something says that the network may be gone: dialling anew costs little
const DIAL_WITHIN = 10_000; // a server that is reached at all has let one in by then
const ANSWER_HURRIED = 800; // to a question that may have gone out where there is no way any more
const HURRIED = 500; // between tries while a call has lost its media: the own network is what is gone, and comes back soon
const PENDING_LIMIT = 256;
const REMOVED = 4010; // the close code for an endpoint that was signed out for good
const SUSPENDED = 4011; // that of one whose person the operator has suspended

/** Sign-in problems that no further try will mend. @type {readonly string[]} */
const FINAL = ['bad_signature', 'endpoint_removed', 'unknown_endpoint', 'not_permitted', 'suspended', 'test_server'];

/**
 * @typedef {object} Sink  what a session tells the rest of the app
 * @property {(status: 'connecting' | 'online' | 'waiting') => void} connection
 * @property {(snapshot: Snapshot) => void} snapshot  replaces everything known
 * @property {(event: ServerEvent) => void} event
 * @property {(why: ProblemCode | 'other_server') => void} refused  this endpoint cannot sign in any more
 */

/**
 * A command as it is handed in: its id is given here.
 * @template {Command} [C=Command]
 * @typedef {C extends Command ? Omit<C, 'id'> : never} Draft
 */

/** @typedef {{call: string, epoch: number, body: string, to?: string}} Signal `to`: the endpoint, in a group */

/** @typedef {{text: string, resolve: (reply: Reply) => void, reject: (problem: ProblemError) => void}} Pending */

export class Session {
  #identity;
  #sink;
  /** @type {Capabilities} */ #capabilities;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<string, Pending>} */ #pending = new Map();
  #inbox = new Inbox();
  #unconfirmed = new Unconfirmed();
  /** @type {string | null} */ #session = null;
  #online = false;
  #stopped = false;
  #hurried = false;
  #failures = 0;
  /** Until when something must have come, if there is a timer for it. */ #due = 0;
  #timers = { retry: 0, ack: 0, silence: 0, pong: 0 };

  /** @param {Identity} identity @param {Capabilities} capabilities @param {Sink} sink */
  constructor(identity, capabilities, sink) {
    this.#identity = identity;
    this.#capabilities = declared(capabilities, identity.person === null);
    this.#sink = sink;
  }

  /** Connect now, or at once if a try was due later. */
  connect() {
    if (this.#socket !== null || this.#stopped) return;
    clearTimeout(this.#timers.retry);
    this.#sink.connection('connecting');
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/connect`, SUBPROTOCOL);
    this.#socket = socket;
    socket.onmessage = ({ data }) => void this.#receive(socket, data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#within(DIAL_WITHIN);
  }

  /**
   * Send a command; the reply comes even if the connection breaks in between.
   * Rejects with ProblemError: the server's, or `offline` when it has not been sent and answered `within` ms.
   * @param {Draft} draft @param {{within?: number}} [options]
   * @returns {Promise<Reply>}
   */
  send(draft, { within } = {}) {
    const id = newRequest();
    const text = JSON.stringify({ ...draft, id });
    return new Promise((resolve, reject) => {
      if (this.#stopped || this.#pending.size >= PENDING_LIMIT) {
        reject(new ProblemError('offline'));
        return;
      }
      this.#pending.set(id, { text, resolve, reject });
      if (this.#online) this.#socket?.send(text);
      if (within !== undefined) setTimeout(() => this.#settle(id, new ProblemError('offline')), within);
    });
  }

  /** Send a blob to the far end of a call, or to one of a group; there is no reply. @param {Signal} signal */
  signal(signal) {
    const text = JSON.stringify({ t: signal.to === undefined ? 'signal' : 'signal_group', id: newRequest(), ...signal });
    this.#unconfirmed.add(signal.call, text);
    if (this.#online) this.#socket?.send(text);
  }

  /** Say what is answered by a problem or not at all: now, or not, where the server is away. @param {Draft} draft */
  say(draft) {
    if (this.#online) this.#socket?.send(JSON.stringify({ ...draft, id: newRequest() }));
  }

  /** The call is over: its signals need not be sent again. @param {string} call */
  forget(call) {
    this.#unconfirmed.forget(call);
  }

  /** Declare what this endpoint can do now. @param {Capabilities} capabilities */
  describe(capabilities) {
    this.#capabilities = declared(capabilities, this.#identity.person === null);
    if (this.#online) this.send({ t: 'describe', capabilities: this.#capabilities }).catch(() => {});
  }

  /** The page goes away; `how` says whether calls go with it. @param {'reconnect' | 'disconnect'} how */
  leave(how) {
    if (this.#online) this.#socket?.send(JSON.stringify({ t: 'leave', id: newRequest(), how }));
    this.stop();
  }

  /** No more connections. */
  stop() {
    this.#stopped = true;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#drop();
    for (const id of [...this.#pending.keys()]) this.#settle(id, new ProblemError('offline'));
  }

  // -- one connection ------------------------------------------------------------------------------

  /** @param {WebSocket} socket @param {string} text */
  async #receive(socket, text) {
    if (socket !== this.#socket) return;
    this.#heard();
    const message = /** @type {FromServer} */ (JSON.parse(text));
    if (message.t === 'hello') {
      await this.#signIn(socket, message);
    } else if ('re' in message) {
      this.#reply(message);
    } else {
      this.#event(message);
    }
  }

  /** @param {WebSocket} socket @param {Hello} hello */
  async #signIn(socket, hello) {
    const { endpoint, keys, server } = this.#identity;
    if (!equal(fromBase64(hello.server), server)) {
      this.#refuse('other_server');
      return;
    }
    const statement = signInStatement(server, location.origin, fromBase64(hello.nonce), endpoint);
    const signature = toBase64(await sign(keys, statement));
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    const resume = this.#session === null ? {} : { resume: { session: this.#session, seq: this.#inbox.last } };
    const id = newRequest();
    const command = { endpoint, nonce: hello.nonce, signature, capabilities: this.#capabilities, ...resume };
    this.#awaited = id;
    socket.send(JSON.stringify({ t: 'sign_in', id, ...command }));
  }

  /** The id of the sign-in under way. */
  #awaited = '';

  /** @param {Reply} reply */
  #reply(reply) {
    if (reply.re === this.#awaited) this.#signedIn(reply);
    else if (reply.re) this.#settle(reply.re, reply.t === 'problem' ? new ProblemError(reply.code, reply.data) : reply);
  }

  /** @param {Reply} reply */
  #signedIn(reply) {
    this.#awaited = '';
    if (reply.t === 'welcome') {
      this.#welcomed(reply);
    } else if (reply.t === 'problem' && FINAL.includes(reply.code)) {
      this.#refuse(reply.code);
    } else {
      this.#drop();
      this.#retry();
    }
  }

  /** @param {Welcome} welcome */
  #welcomed(welcome) {
    this.#failures = 0;
    if (!welcome.resumed) this.#inbox = new Inbox();
    this.#session = welcome.session;
    this.#online = true;
    const signals = this.#unconfirmed.missing(welcome.signals, welcome.resumed);
    for (const { text } of this.#pending.values()) this.#socket?.send(text);
    for (const text of signals) this.#socket?.send(text);
    if (welcome.snapshot) this.#sink.snapshot(welcome.snapshot);
    this.#sink.connection('online');
  }

  /** @param {ServerEvent} event */
  #event(event) {
    const fresh = this.#inbox.accept(event.seq);
    if (this.#inbox.full) this.#ack();
    else this.#timers.ack ||= setTimeout(() => this.#ack(), ACK_AFTER);
    if (!fresh) return;
    if (event.t === 'server_leaving') {
      this.#drop();
      this.#retry(event.retry_after);
    } else {
      this.#sink.event(event);
    }
  }

  #ack() {
    clearTimeout(this.#timers.ack);
    this.#timers.ack = 0;
    if (this.#online) this.#socket?.send(JSON.stringify({ t: 'ack', id: newRequest(), seq: this.#inbox.acked() }));
  }

  /** @param {string} id @param {Reply | ProblemError} outcome */
  #settle(id, outcome) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (outcome instanceof ProblemError) pending?.reject(outcome);
    else pending?.resolve(outcome);
  }

  // -- silence, loss, the next try -----------------------------------------------------------------

  /** Something came: the connection lives. */
  #heard() {
    clearTimeout(this.#timers.silence);
    this.#expectNothing();
    this.#timers.silence = setTimeout(() => this.#probe(), SILENCE);
  }

  /** @param {number} [within] */
  #probe(within = PONG_WITHIN) {
    if (this.#online) this.#socket?.send(JSON.stringify({ t: 'ping', id: newRequest() }));
    this.#within(within);
  }

  /** Dial anew unless something comes in time. @param {number} within */
  #within(within) {
    const due = performance.now() + within;
    if (this.#timers.pong && this.#due <= due) return; // asking again gives no more time
    clearTimeout(this.#timers.pong);
    this.#due = due;
    this.#timers.pong = setTimeout(() => this.redial(), within);
  }

  /** Look at once whether the connection lives: the network has just changed, or the page was asleep. */
  probe() {
    if (this.#socket === null) this.connect();
    else if (this.#online) this.#probe(PONG_AT_ONCE);
  }

  /** Somebody waits for this connection, or does no longer. @param {boolean} urgent */
  hurry(urgent) {
    this.#hurried = urgent;
  }

  /** Connect anew at once, whatever the old connection believes of itself. */
  redial() {
    if (this.#stopped) return;
    this.#drop();
    clearTimeout(this.#timers.retry);
    this.connect();
  }

  #lose() {
    this.#drop();
    this.#retry();
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    if (code === REMOVED) this.#refuse('endpoint_removed');
    else if (code === SUSPENDED) this.#refuse('suspended');
    else this.#lose();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#online = false;
    clearTimeout(this.#timers.silence);
    this.#expectNothing();
    socket?.close();
  }

  #expectNothing() {
    clearTimeout(this.#timers.pong);
    this.#timers.pong = 0;
  }

  /** @param {number} [after] seconds, if the server said how long */
  #retry(after) {
    if (this.#stopped) return;
    this.#failures += 1;
    this.#sink.connection('waiting');
    clearTimeout(this.#timers.retry);
    this.#timers.retry = setTimeout(() => void this.#again(), this.#pause(after));
  }

  /** Is the server there? Browsers let a WebSocket wait ever longer after others that failed (RFC 6455, section 7.2.3). */
  async #again() {
    const signal = AbortSignal.timeout(this.#hurried ? ANSWER_HURRIED : DIAL_WITHIN);
    // Without credentials, so that it goes over none of the page's idle connections, which died with the network.
    const there = await fetch('/healthz', { cache: 'no-store', credentials: 'omit', signal }).then(() => true, () => false);
    if (this.#socket !== null || this.#stopped) return;
    if (there) this.connect();
    else this.#retry();
  }

  /** @param {number} [after] @returns {number} milliseconds */
  #pause(after) {
    const pause = 1_000 * (after ?? backoff(this.#failures, Math.random()));
    return this.#hurried ? Math.min(HURRIED, pause) : pause;
  }

  /** @param {ProblemCode | 'other_server'} why */
  #refuse(why) {
    this.stop();
    this.#sink.refused(why);
  }
}
