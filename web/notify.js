/**
 * A page in the background tells of a call by a notification with answer and decline. The service
 * worker shows it and sends back what was pressed. The page's title tells of it, too.
 */

import { currentGroup, ringingGroups } from './state/groups.js';
import { drop, load } from './session/database.js';
import { currentTalk, ringingTalks } from './state/state.js';

/** @import {Calls} from './call/calls.js' */
/** @import {Groups} from './call/groups.js' */
/** @import {Translate} from './i18n.js' */
/** @import {State} from './state/state.js' */
/** @import {Store} from './state/store.js' */

/** What rings: a call or a group. @typedef {{id: string, name: string, kind: 'call' | 'drop_in', video: boolean, group: boolean}} Ringing */

/** `ref`: of a message, with whom. @typedef {{kith: 'notification', what?: string, action: 'answer' | 'decline' | 'open' | 'play' | 'read', call: string, ref?: string}} Pressed */

/** How old what was pressed may be before the page was there to be told, in ms: about as long as anything rings. */
const FRESH = 60_000;

/** How long the call that it was about may take to show once the server is there, in ms. */
const SOON = 3_000;

export class Notifier {
  /** @type {ServiceWorkerRegistration | null} */ #registration = null;
  /** @type {Pressed | null} what was pressed before the page was there */ #before = null;
  #given = 0;
  /** @type {Map<string, () => void>} how to take back what is shown, by call */ #shown = new Map();
  #store;
  #calls;
  #groups;
  #translate;

  /** @param {Store} store @param {Calls} calls @param {Groups} groups @param {() => Translate} translate */
  constructor(store, calls, groups, translate) {
    this.#store = store;
    this.#calls = calls;
    this.#groups = groups;
    this.#translate = translate;
  }

  /** Register the service worker and follow the state. A browser without one shows plain notifications. */
  async start() {
    navigator.serviceWorker?.addEventListener('message', ({ data }) => this.#pressed(data));
    document.addEventListener('visibilitychange', () => this.#follow(this.#store.state));
    for (const change of ['focus', 'blur']) window.addEventListener(change, () => this.#follow(this.#store.state));
    this.#before = await pressedBefore();
    this.#store.subscribe((state) => this.#follow(state));
    this.#registration = (await navigator.serviceWorker?.register('/sw.js').catch(() => null)) ?? null;
  }

  /** @returns {NotificationPermission} */
  get permission() {
    return 'Notification' in window ? Notification.permission : 'denied';
  }

  /** Ask, from a gesture of the person. */
  async ask() {
    if (this.permission === 'default') await Notification.requestPermission();
  }

  /**
   * Somebody has left a message, and nobody looks. What it says stays here: a notification lies on a locked screen.
   * @param {{with: string, name: string, voice: boolean}} message
   */
  message({ with: other, name, voice }) {
    if (!inBackground() || this.permission !== 'granted') return;
    const translate = this.#translate();
    const title = translate('notification.message', { name });
    const options = { body: translate(voice ? 'notification.voice' : 'notification.text'), tag: `message ${other}`, icon: '/icons/icon-192.png', data: { what: 'message', ref: other } };
    const actions = [{ action: voice ? 'play' : 'read', title: translate(voice ? 'notification.play' : 'notification.read') }];
    if (this.#registration?.active) {
      void this.#registration.showNotification(title, /** @type {NotificationOptions} */ ({ ...options, actions })).catch(() => {});
      return;
    }
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      this.opened(other, { play: false });
    };
  }

  /** A message's notification was pressed. @type {(other: string, wish: {play: boolean}) => void} */ opened = () => {};

  /** @param {State} state */
  #follow(state) {
    const ringing = ringingNow(state);
    document.title = this.#title(state, ringing);
    this.#catchUp(state, ringing);
    for (const [call, takeBack] of this.#shown) {
      if (ringing.some((talk) => talk.id === call) && inBackground()) continue;
      takeBack();
      this.#shown.delete(call);
    }
    if (inBackground()) for (const talk of ringing) this.#show(talk);
  }

  /** What was pressed while the app was closed is done once the call is there. @param {State} state @param {readonly Ringing[]} ringing */
  #catchUp({ known, connection, locked, own }, ringing) {
    const before = this.#before;
    if (before === null || !known || connection !== 'online') return;
    if (before.what === 'message') {
      if (own === null || locked) return;
      this.#before = null;
      this.#pressed(before);
      return;
    }
    if (ringing.some(({ id }) => id === before.call)) {
      this.#before = null;
      clearTimeout(this.#given);
      this.#pressed(before);
    } else {
      this.#given ||= setTimeout(() => this.#tooLate(), SOON);
    }
  }

  /** It rings no more: that is said, and nothing rings for nobody. */
  #tooLate() {
    if (this.#before === null) return;
    this.#before = null;
    this.#store.dispatch({ t: 'notice', notice: { key: 'push.late', values: {} } });
  }

  /** @param {State} state @param {readonly Ringing[]} ringing */
  #title(state, ringing) {
    const translate = this.#translate();
    const [first] = ringing;
    if (first) return translate('title.ringing', { name: first.name });
    const current = currentTalk(state);
    if (currentGroup(state)) return translate('group.title');
    return current ? translate('title.call', { name: current.name }) : translate('title.home');
  }

  /** @param {Ringing} talk */
  #show(talk) {
    if (this.#shown.has(talk.id) || this.permission !== 'granted') return;
    const translate = this.#translate();
    const title = translate('notification.title', { name: talk.name });
    const options = {
      body: translate(wordsOf(talk)),
      tag: talk.id,
      icon: '/icons/icon-192.png',
      requireInteraction: true,
      data: { call: talk.id },
    };
    const takeBack = this.#registration?.active
      ? this.#byWorker(this.#registration, title, options, actionsOf(talk, translate))
      : this.#byPage(title, options, talk.id);
    this.#shown.set(talk.id, takeBack);
  }

  /** @param {ServiceWorkerRegistration} registration @param {string} title @param {NotificationOptions} options @param {object[]} actions */
  #byWorker(registration, title, options, actions) {
    const shown = registration.showNotification(title, /** @type {NotificationOptions} */ ({ ...options, actions }));
    return async () => {
      await shown.catch(() => {});
      const found = await registration.getNotifications({ tag: options.tag ?? '' });
      if (this.#shown.has(options.tag ?? '')) return; // it was wanted back meanwhile, and this is the new one
      for (const notification of found) notification.close();
    };
  }

  /** @param {string} title @param {NotificationOptions} options @param {string} call */
  #byPage(title, options, call) {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      this.#pressed({ kith: 'notification', action: 'open', call });
    };
    return () => notification.close();
  }

  /** @param {Pressed | undefined} message */
  #pressed(message) {
    if (message?.kith !== 'notification') return;
    if (message.what === 'message') {
      this.opened(message.ref ?? '', { play: message.action === 'play' });
      return;
    }
    const talk = ringingNow(this.#store.state).find((ringing) => ringing.id === message.call);
    if (!talk) return; // answered elsewhere in the meantime
    const { id, video, group } = talk;
    if (message.action === 'answer') void (group ? this.#groups.join(id, { video }) : this.#calls.answer(id, { video }));
    if (message.action === 'decline') (group ? this.#groups : this.#calls).decline(id);
  }
}

/** Only the service worker can have left it there: a link can neither answer a call nor have a message read. @returns {Promise<Pressed | null>} */
async function pressedBefore() {
  const found = /** @type {(Pressed & {at: number}) | null} */ (await load('own', 'pressed').catch(() => null));
  if (found === null) return null;
  await drop('own', 'pressed');
  return Date.now() - found.at < FRESH ? found : null;
}

/** @param {State} state @returns {Ringing[]} */
function ringingNow(state) {
  const talks = ringingTalks(state).map(({ id, name, kind, video }) => ({ id, name, kind, video, group: false }));
  const groups = ringingGroups(state).map(({ id, view, kind, video }) => ({ id, name: view?.started_by.name ?? '', kind, video, group: true }));
  return [...talks, ...groups];
}

/** @param {Ringing} ringing @returns {string} a text key */
function wordsOf({ kind, video, group }) {
  if (group) return kind === 'drop_in' ? 'group.knocks' : video ? 'group.rings.video' : 'group.rings';
  return kind === 'drop_in' ? 'knock.audio' : video ? 'incoming.video' : 'incoming.audio';
}

/** @param {Ringing} talk @param {Translate} translate */
function actionsOf({ kind }, translate) {
  const [yes, no] = kind === 'drop_in' ? ['knock.let_in', 'knock.not_now'] : ['incoming.answer', 'incoming.decline'];
  return [{ action: 'answer', title: translate(yes ?? '') }, { action: 'decline', title: translate(no ?? '') }];
}

/** Nobody looks at this page. A window behind another one counts: not every system tells that it is covered. */
function inBackground() {
  return document.hidden || !document.hasFocus();
}
