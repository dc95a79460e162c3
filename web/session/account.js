/** Who this browser is to the server: becoming an endpoint, signing in, and the requests that are not about calls. */

import { codeOf, ProblemError } from './problem.js';
import { forgetIdentity, loadIdentity, saveIdentity } from './database.js';
import { deviceName, lackingOf, lookAround, watchDevices } from './devices.js';
import { makeKeys, publicKeys, supported } from './keys.js';
import { enrolled, lookUpInvitation, pair, signUp } from './open.js';
import { enterByPasskey, Passkeys } from './passkeys.js';
import { Session } from './session.js';
import { Place } from '../tabs.js';

/** @import {Capabilities, CallView, Event as ServerEvent, Reply} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Identity} from './database.js' */
/** @import {KeyPairs} from './keys.js' */
/** @import {Link} from './link.js' */
/** @import {Draft} from './session.js' */

/** Told after the store, so that it finds the new state there. @typedef {{heard: (event: ServerEvent) => void, restored: (views: readonly CallView[]) => void}} Follower */

const AT_ONCE = { within: 10_000 }; // a person is waiting in front of the button

export class Account {
  #store;
  /** @type {Follower | null} */ follower = null;
  /** @type {Identity | null} */ #identity = null;
  /** @type {Session | null} */ #session = null;
  /** @type {Promise<KeyPairs> | null} */ #keys = null;
  /** @type {Capabilities} */ #capabilities = {};
  passkeys = new Passkeys((draft, options) => this.send(draft, options));
  #place = new Place(
    () => this.#connect(),
    () => this.#displaced(),
  );

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {Link} link what the page was opened with */
  async start(link) {
    if (!(await supported())) {
      this.#store.dispatch({ t: 'refused', why: 'unsupported' });
      return;
    }
    this.#identity = await loadIdentity();
    if (this.#identity) await this.#enrolled();
    else await this.arrive(link);
  }

  /** A newcomer, with an invitation or without. @param {Link} link */
  async arrive({ secret, code }) {
    if (this.#identity) {
      if (secret !== null) this.#store.dispatch({ t: 'notice', notice: { key: 'notice.already_here', values: {} } });
      return;
    }
    this.#store.dispatch({ t: 'newcomer', secret, code });
    if (secret === null) return;
    try {
      this.#store.dispatch({ t: 'invitation', details: await lookUpInvitation(secret) });
    } catch (error) {
      this.#store.dispatch({ t: 'invitation_problem', problem: codeOf(error) });
    }
  }

  /** Rejects with ProblemError. @param {{name: string, mobile: string}} person */
  async signUp({ name, mobile }) {
    const { secret } = this.#store.state.join;
    const keys = await this.#ownKeys();
    const { capabilities } = await lookAround();
    const reply = await signUp({
      name,
      mobile,
      device_name: deviceName(navigator.userAgent),
      keys: await publicKeys(keys),
      capabilities,
      ...(secret === null ? {} : { secret }),
    });
    await this.#become(enrolled(reply, keys));
  }

  /** Rejects with ProblemError. @param {{code: string, name: string}} device */
  async pair({ code, name }) {
    const keys = await this.#ownKeys();
    const { capabilities } = await lookAround();
    const reply = await pair({ code, name, keys: await publicKeys(keys), capabilities });
    await this.#become(enrolled(reply, keys));
  }

  /** Come in with a passkey. Rejects with ProblemError. */
  async enterByPasskey() {
    await this.#become(await enterByPasskey(await this.#ownKeys()));
  }

  /** The name that a pairing gives this browser if the person chooses none. */
  get deviceName() {
    return deviceName(navigator.userAgent);
  }

  // -- requests; each rejects with ProblemError -----------------------------------------------------

  /** @param {string} code */
  async verify(code) {
    await this.send({ t: 'verify', code }, AT_ONCE);
  }

  async resendCode() {
    await this.send({ t: 'resend_code' }, AT_ONCE);
  }

  /** @param {string} name */
  async rename(name) {
    await this.send({ t: 'rename', name }, AT_ONCE);
  }

  async dismissMissed() {
    await this.send({ t: 'dismiss_missed' }, AT_ONCE);
  }

  /** The endpoints that this person may sign out. */
  async listEndpoints() {
    return expect('endpoints', await this.send({ t: 'list_endpoints' }, AT_ONCE)).endpoints;
  }

  /** @param {string} endpoint @param {string} name */
  async renameEndpoint(endpoint, name) {
    await this.send({ t: 'rename_endpoint', endpoint, name }, AT_ONCE);
  }

  /** Sign an endpoint out for good; one that signs itself out is told so by the end of its session. @param {string} endpoint */
  async removeEndpoint(endpoint) {
    await this.send({ t: 'remove_endpoint', endpoint }, AT_ONCE);
  }

  /** @param {number} upTo the newest piece of news that was seen */
  async dismissNews(upTo) {
    await this.send({ t: 'dismiss_news', up_to: upTo }, AT_ONCE);
  }

  /** @param {boolean} household whether the guest joins the own household */
  async invite(household) {
    return expect('invited', await this.send({ t: 'invite', household }, AT_ONCE));
  }

  /** @param {boolean} shared whether the device is the household's */
  async offerPairing(shared) {
    return expect('pairing_offered', await this.send({ t: 'offer_pairing', shared }, AT_ONCE));
  }

  /** @param {Draft} draft @param {{within?: number}} [options] @returns {Promise<Reply>} */
  send(draft, options) {
    return this.#session?.send(draft, options) ?? Promise.reject(new ProblemError('offline'));
  }

  /** @param {{call: string, epoch: number, body: string}} signal */
  signal(signal) {
    this.#session?.signal(signal);
  }

  /** @param {string} call */
  forget(call) {
    this.#session?.forget(call);
  }

  // -- the session ---------------------------------------------------------------------------------

  /** Be the tab that rings. */
  takePlace() {
    this.#place.take();
  }

  /** The network is another one: what was connected over the old one is dead, even if nobody said so. */
  redial() {
    this.#session?.redial();
  }

  /** The network may have changed, or the page was asleep: look at once. */
  probe() {
    this.#session?.probe();
  }

  /** The page goes away. @param {boolean} inCall a call without its page has nobody to speak */
  leave(inCall) {
    this.#session?.leave(inCall ? 'disconnect' : 'reconnect');
    this.#session = null;
  }

  /** Forget who this browser was. The server keeps the endpoint until it is removed there. */
  async startOver() {
    this.#session?.stop();
    await forgetIdentity();
    location.assign('/');
  }

  /** The same in every try: whoever asks again with the same keys, because the reply was lost, is not refused. */
  #ownKeys() {
    this.#keys ??= makeKeys();
    return this.#keys;
  }

  /** @param {Identity} identity */
  async #become(identity) {
    await saveIdentity(identity);
    this.#identity = identity;
    await this.#enrolled();
  }

  async #lookAround() {
    const around = await lookAround();
    this.#capabilities = around.capabilities;
    this.#store.dispatch({ t: 'lacking', lacking: lackingOf(around) });
  }

  async #enrolled() {
    await this.#lookAround();
    watchDevices(() => void this.#describe());
    this.#store.dispatch({ t: 'enrolled' });
    this.#place.claim();
  }

  async #describe() {
    await this.#lookAround();
    this.#session?.describe(this.#capabilities);
  }

  #connect() {
    if (this.#identity === null) return;
    const store = this.#store;
    store.dispatch({ t: 'elsewhere', elsewhere: false });
    this.#session = new Session(this.#identity, this.#capabilities, {
      connection: (status) => store.dispatch({ t: 'connection', status }),
      snapshot: (snapshot) => {
        store.dispatch({ t: 'snapshot', snapshot });
        this.follower?.restored(snapshot.calls);
      },
      event: (event) => {
        store.dispatch({ t: 'server', event });
        this.follower?.heard(event);
      },
      refused: (why) => store.dispatch({ t: 'refused', why }),
    });
    this.#session.connect();
  }

  #displaced() {
    this.#session?.stop();
    this.#session = null;
    this.#store.dispatch({ t: 'elsewhere', elsewhere: true });
  }
}

/**
 * @template {Reply['t']} T
 * @param {T} type @param {Reply} reply
 * @returns {Extract<Reply, {t: T}>}
 */
function expect(type, reply) {
  if (reply.t !== type) throw new ProblemError('internal');
  return /** @type {Extract<Reply, {t: T}>} */ (reply);
}
