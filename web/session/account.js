/** Who this browser is to the server: becoming an endpoint, signing in, and the requests that are not about calls. */

import { fromBase64 } from '../core/bytes.js';
import { VERSION } from '../core/guidelines.js';
import { codeOf, ProblemError } from './problem.js';
import { AppLock } from './app-lock.js';
import { Arriving } from './arriving.js';
import { Blocks } from './blocks.js';
import { Books } from './books.js';
import { Children } from './children.js';
import { Contacts } from './contacts.js';
import { forgetIdentity, loadIdentity, saveIdentity } from './database.js';
import { exportData } from './export.js';
import { Granting } from './granting.js';
import { Deeds } from './deeds.js';
import { deviceName, lackingOf, lookAround, watchDevices } from './devices.js';
import { Hosting } from './hosting.js';
import { Identities } from './identities.js';
import { Joining } from './joining.js';
import { supported } from './keys.js';
import { Log } from './log.js';
import { lookUpInvitation } from './open.js';
import { keepPaper, newPaper, paperToWrite, paperWritten } from './paper.js';
import { Near } from './near.js';
import { enterByPasskey, Passkeys } from './passkeys.js';
import { patiently } from './patience.js';
import { Quiet } from './quiet.js';
import { AT_ONCE, expected } from './reply.js';
import { Session } from './session.js';
import { Sets } from './sets.js';
import { keepDemo, Tending } from './tending.js';
import { Place } from '../tabs.js';
import { Untrusted } from '../trust/untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Capabilities, EnrolledEndpoint, Event as ServerEvent, PersonView, Reply, Snapshot} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Identity} from './database.js' */
/** @import {Joined} from './joining.js' */
/** @import {Link} from './link.js' */
/** @import {Draft, Signal} from './session.js' */

/** Told after the store, so that it finds the new state there. @typedef {{heard: (event: ServerEvent) => void, restored: (snapshot: Snapshot) => void}} Follower */

export class Account {
  #store;
  /** @type {Follower[]} */ followers = [];
  /** @type {Identity | null} */ #identity = null;
  /** @type {Session | null} */ #session = null;
  #joining = new Joining();
  identities = new Identities((draft, options) => this.send(draft, options));
  deeds = new Deeds(this.identities, (draft, options) => this.send(draft, options));
  log = new Log((draft, options) => this.send(draft, options), this.identities);
  lock;
  granting;
  children;
  contacts;
  tending;
  hosting;
  arriving;
  /** @type {Capabilities} */ #capabilities = {};
  blocks = new Blocks((draft, options) => this.send(draft, options), (persons) => this.granting.forget(persons));
  books = new Books((draft, options) => this.send(draft, options));
  sets = new Sets(this.identities, (draft, options) => this.send(draft, options));
  quiet;
  near = new Near((draft, options) => this.send(draft, options));
  passkeys = new Passkeys((draft, options) => this.send(draft, options));
  #place = new Place(
    () => this.#connect(),
    () => this.#displaced(),
  );

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    const send = (/** @type {Draft} */ draft, /** @type {{within?: number}} */ options = {}) => this.send(draft, options);
    this.lock = new AppLock(store);
    this.granting = new Granting(this.identities, this.deeds, send, store, this.sets);
    this.children = new Children(send, store);
    this.contacts = new Contacts(send, store);
    this.quiet = new Quiet(this.identities, this.sets, store, this.log);
    this.sets.changed = () => {
      store.dispatch({ t: 'admitting', admitting: this.sets.admitting });
      this.quiet.look();
    };
    this.tending = new Tending(this.identities, this.deeds, store);
    this.hosting = new Hosting(this.identities, this.deeds, send, store);
    this.arriving = new Arriving(this.identities, send, store, () => this.#tend());
  }

  /** @param {Link} link what the page was opened with */
  async start(link) {
    if (!(await supported())) {
      this.#store.dispatch({ t: 'refused', why: 'unsupported' });
      return;
    }
    this.#identity = await loadIdentity();
    await this.lock.open();
    if (this.#identity) await this.#enrolled();
    else await this.arrive(link);
  }

  /** A newcomer, with an invitation or without. @param {Link} link */
  async arrive({ secret, demo, code }) {
    if (this.#identity) {
      if (secret !== null) this.#store.dispatch({ t: 'notice', notice: { key: 'notice.already_here', values: {} } });
      return;
    }
    this.#store.dispatch({ t: 'newcomer', secret, demo, code });
    if (secret === null) return;
    try {
      this.#store.dispatch({ t: 'invitation', details: await lookUpInvitation(secret) });
    } catch (error) {
      this.#store.dispatch({ t: 'invitation_problem', problem: codeOf(error) });
    }
  }

  /** Who is expected may have changed. */
  async lookAgain() {
    const { secret } = this.#store.state.join;
    if (secret === null) return;
    const details = await lookUpInvitation(secret).catch(() => null);
    if (details) this.#store.dispatch({ t: 'invitation', details });
  }

  /** Rejects with ProblemError. @param {{name: string, mobile: string, profile: string | null}} person who accepts the guidelines */
  async signUp(person) {
    const { secret, demo } = this.#store.state.join;
    if (demo) await keepDemo(demo);
    const { codeSent, ...joined } = await this.#joining.signUp({ ...person, secret });
    await this.#become(joined);
    if (!codeSent) this.#store.dispatch({ t: 'notice', notice: { key: 'problem.code_not_sent', values: {} } });
  }

  /** Rejects with ProblemError. @param {{code: string, name: string}} device */
  async pair(device) {
    await this.#become(await this.#joining.pair(device));
  }

  /** Go on as the person whose recovery key was typed. Rejects with ProblemError or Untrusted. @param {string} typed */
  async recover(typed) {
    await this.#become(await this.#joining.recover(typed));
  }

  /** Come in with a passkey. Rejects with ProblemError. */
  async enterByPasskey() {
    const identity = await enterByPasskey(await this.#joining.keys());
    await this.#become({ identity: { ...identity, offered: null } }); // another endpoint has to sign for it
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
    await this.send({ t: 'resend_code' }, { within: 30_000 });
  }

  /** Another number is to be confirmed. @param {string} mobile */
  async changeMobile(mobile) {
    await this.send({ t: 'change_mobile', mobile }, { within: 30_000 }); // a gateway may take its time
  }

  /** The guidelines that wait. */
  async acceptGuidelines() {
    await this.send({ t: 'accept_guidelines', version: VERSION }, AT_ONCE);
  }

  /** @param {string} name */
  async rename(name) {
    await this.send({ t: 'rename', name }, AT_ONCE);
  }

  /** Of which country the household's contacts have numbers without a country's code. @param {string} region */
  async setRegion(region) {
    await this.send({ t: 'set_region', region }, AT_ONCE);
  }

  /** Whom the household expects: saved names that nobody has taken over yet. */
  async listProfiles() {
    return expected('profiles', await this.send({ t: 'list_profiles' }, AT_ONCE)).profiles;
  }

  /** @param {string} name */
  async addProfile(name) {
    return expected('profiles', await this.send({ t: 'add_profile', name }, AT_ONCE)).profiles;
  }

  /** @param {string} profile */
  async removeProfile(profile) {
    await this.send({ t: 'remove_profile', profile }, AT_ONCE);
  }

  /** Everything that the server keeps of the person, as JSON. */
  exportData() {
    return this.#identity ? exportData(this.#identity) : Promise.reject(new ProblemError('offline'));
  }

  /** Have a household of one's own from now on. */
  async leaveHousehold() {
    await this.deeds.leave('leave_household');
  }

  /** Leave for good. This browser forgets everything, too. */
  async deregister() {
    await this.deeds.leave('deregister');
    this.#session?.stop(); // before it hears that it was removed
    this.#session = null;
    this.#identity = null;
    this.#store.dispatch({ t: 'refused', why: 'deregistered' });
    await forgetIdentity();
  }

  async dismissMissed() {
    await this.send({ t: 'dismiss_missed' }, AT_ONCE);
  }

  /** The endpoints that this person may sign out. */
  async listEndpoints() {
    return expected('endpoints', await this.send({ t: 'list_endpoints' }, AT_ONCE)).endpoints;
  }

  /** The groups that the server mixes now in which one of them takes part: none for who may not see that, a child. */
  async listRooms() {
    const reply = await this.send({ t: 'list_rooms' }, AT_ONCE).catch(() => null);
    return reply === null ? [] : expected('room_list', reply).rooms;
  }

  /** @param {string} endpoint @param {string} name */
  async renameEndpoint(endpoint, name) {
    await this.send({ t: 'rename_endpoint', endpoint, name }, AT_ONCE);
  }

  /**
   * Sign an endpoint out for good; one that signs itself out is told so by the end of its session. First everybody else
   * is told, signed, that it is nobody's any more.
   * @param {Pick<EnrolledEndpoint, 'id' | 'identity' | 'shared'>} endpoint
   */
  async removeEndpoint({ id, identity, shared }) {
    const key = fromBase64(identity);
    await (shared ? this.deeds.removeShared(key) : this.deeds.removeOwn(key)).catch(signedOutAllTheSame);
    await this.send({ t: 'remove_endpoint', endpoint: id }, AT_ONCE);
  }

  /** @param {number} upTo the newest piece of news that was seen */
  async dismissNews(upTo) {
    await this.send({ t: 'dismiss_news', up_to: upTo }, AT_ONCE);
  }

  /** @param {boolean} household whether the guest joins the own household */
  async invite(household) {
    return expected('invited', await this.send({ t: 'invite', household }, AT_ONCE));
  }

  /** @param {boolean} shared whether the device is the household's @param {string} [child] whose own it is to be */
  async offerPairing(shared, child) {
    const whose = child === undefined ? {} : { child };
    return expected('pairing_offered', await this.send({ t: 'offer_pairing', shared, ...whose }, AT_ONCE));
  }

  /** The household that a person was taken into is theirs. */
  async moveIn() {
    await this.identities.moveIn();
    await this.tending.tend();
  }

  /** Be somebody new, as far as others can tell: all devices and the recovery key are lost. */
  async beginAnew() {
    const { seed, identity } = await newPaper();
    await keepPaper(seed);
    const { root } = await this.deeds.beginAnew(identity);
    await this.identities.belong(root);
    await this.tending.tend();
  }

  /** The recovery key that is to be written down; null where it was. */
  paper() {
    return paperToWrite();
  }

  async paperWritten() {
    await paperWritten();
    this.#store.dispatch({ t: 'paper', unwritten: false });
  }

  /** Another recovery key; what is on paper is worth nothing from then on. */
  async renewPaper() {
    const { seed, identity } = await newPaper();
    await keepPaper(seed); // before it is in force: one that nobody can read would be worse than none
    await this.deeds.renew(identity);
    this.#store.dispatch({ t: 'paper', unwritten: true });
  }

  /** @param {Draft} draft @param {{within?: number}} [options] @returns {Promise<Reply>} */
  send(draft, options) {
    return patiently(() => this.#session?.send(draft, options) ?? Promise.reject(new ProblemError('offline')));
  }

  /** @param {Signal} signal */
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

  /** Somebody in a call waits for the server to be reached again, or does no longer. @param {boolean} urgent */
  hurry(urgent) {
    this.#session?.hurry(urgent);
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

  /** @param {Joined} joined */
  async #become({ identity, root, seed }) {
    await saveIdentity(identity);
    if (seed) await keepPaper(seed);
    this.#identity = identity;
    await this.#enrolled(root);
  }

  async #lookAround() {
    const around = await lookAround();
    this.#capabilities = around.capabilities;
    const { microphone, camera } = around.permissions;
    const allowed = { microphone: microphone === 'granted', camera: camera === 'granted' };
    this.#store.dispatch({ t: 'lacking', lacking: lackingOf(around), allowed });
  }

  /** @param {Bytes} [root] of the own chain, which was begun or goes on here */
  async #enrolled(root) {
    if (this.#identity) await this.identities.become(this.#identity);
    await this.quiet.load();
    await this.sets.load();
    if (root) await this.identities.belong(root);
    if (this.identities.vouched) this.#store.dispatch({ t: 'standing', standing: 'confirmed' });
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
        this.#livesAt(snapshot.person);
        store.dispatch({ t: 'snapshot', snapshot });
        this.#signedIn();
        for (const follower of this.followers) follower.restored(snapshot);
      },
      event: (event) => {
        store.dispatch({ t: 'server', event });
        this.#heard(event);
        for (const follower of this.followers) follower.heard(event);
      },
      refused: (why) => store.dispatch({ t: 'refused', why }),
    });
    this.#session.connect();
  }

  /** Whose endpoint this is may have left the household, here or elsewhere. @param {PersonView | null} person */
  #livesAt(person) {
    const identity = this.#identity;
    if (!person || !identity?.person || identity.household === person.household) return;
    this.#identity = { ...identity, household: person.household };
    this.identities.moved(person.household);
    void saveIdentity(this.#identity);
  }

  /** With a new session nobody knows what was signed meanwhile. */
  #signedIn() {
    this.#tend();
    this.arriving.begin();
    if (this.identities.vouched) void this.log.meet();
    void this.contacts.follow();
    void this.sets.begin();
  }

  /** @param {ServerEvent} event */
  #heard(event) {
    this.granting.heard(event);
    switch (event.t) {
      case 'pairing_signalled':
        if (this.identities.vouched) this.hosting.heard(event);
        else this.arriving.heard(event);
        break;
      case 'identity_changed':
        if (event.person === this.#identity?.person) this.#signedMore();
        break;
      case 'own_changed':
      case 'contacts_changed':
        void this.contacts.follow();
        break;
      case 'directory_changed': // somebody may have moved in
        this.#livesAt(event.person);
        this.#signedMore();
        break;
      case 'grants_changed':
        void this.sets.refresh();
        break;
      case 'roster_changed':
      case 'registered':
        this.#signedMore();
        void this.sets.refresh(); // others may live here now
    }
  }

  #signedMore() {
    this.arriving.changed();
    this.#tend();
  }

  /** What follows by itself from what was signed, by whom it is known now. */
  #tend() {
    void this.tending.tend().then(() => this.granting.open());
  }

  #displaced() {
    this.#session?.stop();
    this.#session = null;
    this.#store.dispatch({ t: 'elsewhere', elsewhere: true });
  }
}

/** A lost device is signed out even where nothing that is shown can be believed. @param {unknown} error */
function signedOutAllTheSame(error) {
  if (!(error instanceof Untrusted)) throw error;
}
