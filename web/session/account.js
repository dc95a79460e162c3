/**
 * Who this browser is to the server: whether it is an endpoint yet, its session, and what follows from what the server tells.
 * All that this endpoint does there besides calls is in parts that stand beside this file and are put together here.
 */

import { Place } from '../tabs.js';
import { AppLock } from './app-lock.js';
import { Arriving } from './arriving.js';
import { Blocks } from './blocks.js';
import { Books } from './books.js';
import { Children } from './children.js';
import { Contacts } from './contacts.js';
import { forgetIdentity, loadIdentity, saveIdentity } from './database.js';
import { Deeds } from './deeds.js';
import { lackingOf, lookAround, watchDevices } from './devices.js';
import { Endpoints } from './endpoints.js';
import { exportData } from './export.js';
import { Granting } from './granting.js';
import { Home } from './home.js';
import { Hosting } from './hosting.js';
import { Identities } from './identities.js';
import { supported } from './keys.js';
import { Log } from './log.js';
import { Near } from './near.js';
import { Newcomer } from './newcomer.js';
import { keepPaper } from './paper.js';
import { Passkeys } from './passkeys.js';
import { patiently } from './patience.js';
import { ProblemError } from './problem.js';
import { Quiet } from './quiet.js';
import { Recovery } from './recovery.js';
import { Registration } from './registration.js';
import { AT_ONCE } from './reply.js';
import { Session } from './session.js';
import { Sets } from './sets.js';
import { Tending } from './tending.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Capabilities, Event as ServerEvent, PersonView, Reply, Snapshot} from '../protocol.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Identity} from './database.js' */
/** @import {Joined} from './joining.js' */
/** @import {Link} from './link.js' */
/** @import {Draft, Signal} from './session.js' */

/** Told after the store, so that it finds the new state there. @typedef {{heard: (event: ServerEvent) => void, restored: (snapshot: Snapshot) => void}} Follower */

export class Account {
  /** @type {Follower[]} */ followers = [];
  #store;
  /** @type {Identity | null} */ #identity = null;
  /** @type {Session | null} */ #session = null;
  /** @type {Capabilities} */ #capabilities = {};
  #place = new Place(
    () => this.#connect(),
    () => this.#displaced(),
  );

  /** @param {Store} store */
  constructor(store) {
    const send = (/** @type {Draft} */ draft, /** @type {{within?: number}} */ options = {}) => this.send(draft, options);
    this.#store = store;
    this.lock = new AppLock(store);
    this.newcomer = new Newcomer(store, (joined) => this.#become(joined));
    this.registration = new Registration(send);
    this.home = new Home(send);
    this.identities = new Identities(send);
    this.deeds = new Deeds(this.identities, send);
    this.endpoints = new Endpoints(send, this.deeds);
    this.tending = new Tending(this.identities, this.deeds, store);
    this.recovery = new Recovery(this.identities, this.deeds, this.tending, store);
    this.log = new Log(send, this.identities);
    this.sets = new Sets(this.identities, send);
    this.quiet = new Quiet(this.identities, this.sets, store, this.log);
    this.granting = new Granting(this.identities, this.deeds, send, store, this.sets);
    this.blocks = new Blocks(send, (persons) => this.granting.forget(persons));
    this.children = new Children(send, store);
    this.contacts = new Contacts(send, store);
    this.books = new Books(send);
    this.near = new Near(send);
    this.passkeys = new Passkeys(send);
    this.hosting = new Hosting(this.identities, this.deeds, send, store);
    this.arriving = new Arriving(this.identities, send, store, () => this.#tend());
    this.sets.changed = () => {
      store.dispatch({ t: 'admitting', admitting: this.sets.admitting });
      this.quiet.look();
    };
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

  /** The page was opened, or sent to another link. @param {Link} link */
  async arrive(link) {
    if (this.#identity === null) await this.newcomer.arrive(link);
    else if (link.secret !== null) this.#store.dispatch({ t: 'notice', notice: { key: 'notice.already_here', values: {} } });
  }

  // -- requests; each rejects with ProblemError -----------------------------------------------------

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

  /** @param {number} upTo the newest piece of news that was seen */
  async dismissNews(upTo) {
    await this.send({ t: 'dismiss_news', up_to: upTo }, AT_ONCE);
  }

  /** The household that a person was taken into is theirs. */
  async moveIn() {
    await this.identities.moveIn();
    await this.tending.tend();
  }

  /** @param {Draft} draft @param {{within?: number}} [options] @returns {Promise<Reply>} */
  send(draft, options) {
    return patiently(() => this.#session?.send(draft, options) ?? Promise.reject(new ProblemError('offline')));
  }

  /** What nobody answers, and may be lost. @param {Draft} draft */
  say(draft) {
    this.#session?.say(draft);
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
