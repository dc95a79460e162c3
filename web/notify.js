/**
 * A page in the background tells of a call by a notification with answer and decline. The service
 * worker shows it and sends back what was pressed. The page's title tells of it, too.
 */

import { currentTalk, ringingTalks } from './state/state.js';

/** @import {Calls} from './call/calls.js' */
/** @import {Translate} from './i18n.js' */
/** @import {State, Talk} from './state/state.js' */
/** @import {Store} from './state/store.js' */

/** @typedef {{kith: 'notification', action: 'answer' | 'decline' | 'open', call: string}} Pressed */

export class Notifier {
  /** @type {ServiceWorkerRegistration | null} */ #registration = null;
  /** @type {Map<string, () => void>} how to take back what is shown, by call */ #shown = new Map();
  #store;
  #calls;
  #translate;

  /** @param {Store} store @param {Calls} calls @param {() => Translate} translate */
  constructor(store, calls, translate) {
    this.#store = store;
    this.#calls = calls;
    this.#translate = translate;
  }

  /** Register the service worker and follow the state. A browser without one shows plain notifications. */
  async start() {
    navigator.serviceWorker?.addEventListener('message', ({ data }) => this.#pressed(data));
    document.addEventListener('visibilitychange', () => this.#follow(this.#store.state));
    for (const change of ['focus', 'blur']) window.addEventListener(change, () => this.#follow(this.#store.state));
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

  /** @param {State} state */
  #follow(state) {
    const ringing = ringingTalks(state);
    document.title = this.#title(state, ringing);
    for (const [call, takeBack] of this.#shown) {
      if (ringing.some((talk) => talk.id === call) && inBackground()) continue;
      takeBack();
      this.#shown.delete(call);
    }
    if (inBackground()) for (const talk of ringing) this.#show(talk);
  }

  /** @param {State} state @param {readonly Talk[]} ringing */
  #title(state, ringing) {
    const translate = this.#translate();
    const [first] = ringing;
    if (first) return translate('title.ringing', { name: first.name });
    const current = currentTalk(state);
    return current ? translate('title.call', { name: current.name }) : translate('title.home');
  }

  /** @param {Talk} talk */
  #show(talk) {
    if (this.#shown.has(talk.id) || this.permission !== 'granted') return;
    const translate = this.#translate();
    const title = translate('notification.title', { name: talk.name });
    const options = {
      body: translate(talk.kind === 'drop_in' ? 'knock.audio' : talk.video ? 'incoming.video' : 'incoming.audio'),
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
    const talk = ringingTalks(this.#store.state).find((ringing) => ringing.id === message.call);
    if (!talk) return; // answered elsewhere in the meantime
    if (message.action === 'answer') void this.#calls.answer(talk.id, { video: talk.video });
    if (message.action === 'decline') this.#calls.decline(talk.id);
  }
}

/** @param {Talk} talk @param {Translate} translate */
function actionsOf({ kind }, translate) {
  const [yes, no] = kind === 'drop_in' ? ['knock.let_in', 'knock.not_now'] : ['incoming.answer', 'incoming.decline'];
  return [{ action: 'answer', title: translate(yes ?? '') }, { action: 'decline', title: translate(no ?? '') }];
}

/** Nobody looks at this page. A window behind another one counts: not every system tells that it is covered. */
function inBackground() {
  return document.hidden || !document.hasFocus();
}
