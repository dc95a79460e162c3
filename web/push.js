/**
 * Notifications while the app is closed: asked for by a tap, kept up to date when the app opens, and ended here and at the
 * server. The browser's maker carries what wakes it, and reads nothing of it.
 */

import { fromBase64, toBase64 } from './core/bytes.js';
import { amend, drop, load } from './session/database.js';
import { ProblemError } from './session/problem.js';
import { AT_ONCE, expected } from './session/reply.js';

/** @import {Translate} from './i18n.js' */
/** @import {PushShown} from './protocol.js' */
/** @import {Send} from './session/identities.js' */
/** @import {Language} from './i18n.js' */

/** What the service worker shows (web/sw-push.js). @typedef {{words: Record<string, string>, names: boolean, language: Language}} Kept */

/**
 * Whether this app can be woken, as the end of a text key: it can and is; it can; the browser was told not to show
 * notifications; the operator wants none; on an iPhone it has to be installed first; this browser cannot.
 * @typedef {'on' | 'ready' | 'denied' | 'off' | 'install' | 'unable'} Standing
 */

const KEPT = 'push';

export class Push {
  #send;

  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
  }

  /** @returns {Promise<Standing>} Rejects with ProblemError. */
  async standing() {
    const registration = await registered();
    if (registration === null) return isApple() ? 'install' : 'unable';
    const { key, subscribed } = await this.#shown();
    if (key === null) return 'off';
    if (Notification.permission === 'denied') return 'denied';
    const on = subscribed && (await load('own', KEPT)) !== null && (await registration.pushManager.getSubscription()) !== null;
    return on ? 'on' : 'ready';
  }

  /** Whether names are shown. */
  async names() {
    return /** @type {Kept | null} */ (await load('own', KEPT))?.names ?? true;
  }

  /**
   * From a tap: browsers ask nobody otherwise. Says whether the person let them. Rejects with ProblemError.
   * @param {Translate} t @param {Language} language @param {boolean} names
   */
  async switchOn(t, language, names) {
    if ((await Notification.requestPermission()) !== 'granted') return false;
    const registration = await registered();
    const { key } = await this.#shown();
    if (registration === null || key === null) throw new ProblemError('push_off');
    await this.#subscribe(registration, key);
    await this.say(t, language, names);
    return true;
  }

  async switchOff() {
    await drop('own', KEPT);
    await this.#send({ t: 'unsubscribe_push' }, AT_ONCE);
    const subscription = await (await registered())?.pushManager.getSubscription();
    await subscription?.unsubscribe().catch(() => false);
  }

  /** In which words the worker shows what. @param {Translate} t @param {Language} language @param {boolean} names */
  async say(t, language, names) {
    await amend('own', KEPT, () => ({ keep: /** @type {Kept} */ ({ words: wordsFor(t), names, language }) }));
  }

  /** The app was opened: what the browser or the server has lost meanwhile is made anew. @param {Translate} t @param {Language} language */
  async refresh(t, language) {
    const kept = /** @type {Kept | null} */ (await load('own', KEPT));
    const registration = await registered();
    if (kept === null || registration === null || Notification.permission !== 'granted') return;
    if (kept.language !== language) await this.say(t, language, kept.names);
    const { key, subscribed } = await this.#shown();
    const there = await registration.pushManager.getSubscription();
    if (key === null || (subscribed && there !== null)) return;
    await there?.unsubscribe().catch(() => false); // its push service knew it no more, or the server is another one
    await this.#subscribe(registration, key);
  }

  /** @returns {Promise<PushShown>} */
  async #shown() {
    return expected('push_shown', await this.#send({ t: 'show_push' }, AT_ONCE));
  }

  /** @param {ServiceWorkerRegistration} registration @param {string} key the server's, base64 */
  async #subscribe({ pushManager }, key) {
    await navigator.serviceWorker.ready; // browsers subscribe for no worker that is only being installed
    const options = { userVisibleOnly: true, applicationServerKey: fromBase64(key) };
    const stale = await pushManager.getSubscription();
    const subscription = await pushManager.subscribe(options).catch(async () => {
      await stale?.unsubscribe(); // for another key than the server has now
      return pushManager.subscribe(options);
    }).catch(() => {
      throw new ProblemError('no_push_service');
    });
    const [p256dh, auth] = [subscription.getKey('p256dh'), subscription.getKey('auth')];
    if (!p256dh || !auth) throw new ProblemError('no_push_service');
    const keys = { p256dh: toBase64(new Uint8Array(p256dh)), auth: toBase64(new Uint8Array(auth)) };
    await this.#send({ t: 'subscribe_push', url: subscription.endpoint, ...keys }, AT_ONCE);
  }
}

/** The worker that is woken; null where this browser has none that could be. */
async function registered() {
  if (!('PushManager' in window) || !('Notification' in window)) return null;
  return (await navigator.serviceWorker?.getRegistration().catch(() => undefined)) ?? null;
}

/** There only an installed app may be woken. */
function isApple() {
  return /** @type {{standalone?: boolean}} */ (navigator).standalone === false;
}

/** @param {Translate} t @returns {Record<string, string>} */
function wordsFor(t) {
  const named = { name: '{name}' };
  return {
    call: t('notification.title', named),
    'call.somebody': t('push.call.somebody'),
    'call.audio': t('incoming.audio'),
    'call.video': t('incoming.video'),
    'group.audio': t('group.rings'),
    'group.video': t('group.rings.video'),
    answer: t('incoming.answer'),
    decline: t('incoming.decline'),
    missed: t('push.missed', named),
    'missed.somebody': t('push.missed.somebody'),
    over: t('push.over'),
    message: t('push.message', named),
    'message.somebody': t('push.message.somebody'),
    voice: t('push.voice'),
    text: t('push.text'),
    play: t('push.play'),
    read: t('push.read'),
  };
}
