/**
 * What the service worker does with a push, which says only that something is the matter, and which it is. It asks the
 * server who calls or wrote, and whether anything rings any more: nothing rings here for nobody.
 */

/// <reference path="./sw-own.js" />

/** @typedef {{what: string, ref: string, until?: number, missed?: boolean}} Push */
/** @typedef {{what: 'call' | 'group' | 'message', name: string, person: string | null, video: boolean, voice: boolean, over: 'missed' | 'elsewhere' | null}} About */
/** What was pressed on a notification, as the page is told. @typedef {{kith: 'notification', what: string, action: string, ref: string, call: string}} Pressed */
/** What web/push.js keeps here: the words in the person's language, and whether names are shown. @typedef {{words: Record<string, string>, names: boolean}} Shown */

const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const RINGING = ['call', 'group'];

/** Longer than anything rings, in ms: a wrong clock must not keep the worker awake. */
const LONGEST = 60_000;

/** For how long a page may still seem to be there while it is closed, in ms. */
const CLOSING = 1_000;

/** @param {Push} push */
async function pushed(push) {
  const { what, ref } = push;
  const shown = /** @type {Shown | null} */ (await loadOwn('push'));
  if (shown === null) return; // switched off here meanwhile
  if (what === 'over') await over(ref, shown, push.missed === true);
  else if (RINGING.includes(what)) await rings(push, shown);
  else if (what === 'message') await messageCame(ref, shown);
}

/** @param {Push} push @param {Shown} shown */
async function rings({ what, ref, until = 0 }, shown) {
  const about = /** @type {About | null} */ (await ask('show_pushed', { ref }));
  const late = until * 1_000 < Date.now();
  if (about?.over || (about === null && late)) {
    await over(ref, shown, about?.over !== 'elsewhere', about);
    return;
  }
  if (await isSeen()) return; // the page rings
  const there = await scope.registration.getNotifications({ tag: ref });
  if (there.length === 0) await show(titleOf('call', shown, about), ringing(what, ref, shown, about));
  await new Promise((done) => setTimeout(done, Math.min(Math.max(0, until * 1_000 - Date.now()), LONGEST)));
  await settle(ref, shown);
}

/** The time is up, and nothing has said that it is over. @param {string} ref @param {Shown} shown */
async function settle(ref, shown) {
  const [there] = await scope.registration.getNotifications({ tag: ref });
  if (there?.data?.rings !== true) return;
  const about = /** @type {About | null} */ (await ask('show_pushed', { ref }));
  if (about === null || about.over) await over(ref, shown, about?.over !== 'elsewhere', about);
}

/**
 * It rings no more. What was missed is said, quietly; what was dealt with elsewhere just goes.
 * @param {string} ref @param {Shown} shown @param {boolean} missed @param {About | null} [known]
 */
async function over(ref, shown, missed, known = null) {
  if (await isSeen()) {
    for (const one of await scope.registration.getNotifications({ tag: ref })) one.close();
    return;
  }
  const about = known ?? (missed ? /** @type {About | null} */ (await ask('show_pushed', { ref })) : null);
  const title = missed ? titleOf('missed', shown, about) : (shown.words['over'] ?? '');
  await show(title, { tag: ref, icon: '/icons/icon-192.png', silent: true, data: { what: 'missed', ref } });
  if (!missed) for (const one of await scope.registration.getNotifications({ tag: ref })) one.close();
}

/** @param {string} ref @param {Shown} shown */
async function messageCame(ref, shown) {
  const about = /** @type {About | null} */ (await ask('show_pushed', { ref }));
  if (about?.over || (await isSeen())) return;
  const from = about?.person ?? '';
  const actions = [{ action: about?.voice ? 'play' : 'read', title: shown.words[about?.voice ? 'play' : 'read'] ?? '' }];
  const body = about === null ? '' : (shown.words[about.voice ? 'voice' : 'text'] ?? '');
  const options = { tag: `message ${from}`, body, icon: '/icons/icon-192.png', renotify: true, actions, data: { what: 'message', ref: from } };
  await show(titleOf('message', shown, about), options);
}

/** @param {string} what @param {string} ref @param {Shown} shown @param {About | null} about */
function ringing(what, ref, { words }, about) {
  const kind = what === 'group' ? 'group' : 'call';
  const actions = [{ action: 'answer', title: words['answer'] ?? '' }, { action: 'decline', title: words['decline'] ?? '' }];
  const body = words[about?.video ? `${kind}.video` : `${kind}.audio`] ?? '';
  const loud = { requireInteraction: true, renotify: true, vibrate: [400, 200, 400, 200, 400] };
  return { tag: ref, body, icon: '/icons/icon-192.png', actions, ...loud, data: { what: kind, ref, call: ref, rings: true } };
}

/** @param {string} key @param {Shown} shown @param {About | null} about */
function titleOf(key, { words, names }, about) {
  const name = names ? (about?.name ?? '') : '';
  return name === '' ? (words[`${key}.somebody`] ?? '') : (words[key] ?? '').replace('{name}', () => name);
}

/** @param {string} title @param {object} options */
function show(title, options) {
  return scope.registration.showNotification(title, /** @type {NotificationOptions} */ (options));
}

function pages() {
  return scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
}

/** Whether somebody looks at the app, and does not just close it. */
async function isSeen() {
  if (!(await isShown())) return false;
  await new Promise((done) => setTimeout(done, CLOSING));
  return isShown();
}

async function isShown() {
  return (await pages()).some((page) => page.focused && page.visibilityState === 'visible');
}

/**
 * Tell the page first: to come to the front may be refused, to answer must not wait for it. With no page a call is
 * declined from here, and anything else opens one, which finds out what was pressed where nobody else can write.
 * @param {{what?: string, ref?: string, call?: string}} data @param {string} action
 */
async function pressed({ what = 'call', ref = '', call = ref }, action) {
  const known = ['answer', 'decline', 'play', 'read'].includes(action) ? action : 'open';
  const message = /** @type {Pressed} */ ({ kith: 'notification', what, action: known, ref: ref || call, call });
  const [page, ...others] = await pages();
  for (const one of page ? [page, ...others] : []) one.postMessage(message);
  if (known === 'decline') {
    if (!page) await (what === 'group' ? ask('decline_group', { call }) : ask('decline', { call }));
    return;
  }
  if (page) {
    await page.focus().catch(() => {});
    return;
  }
  await saveOwn('pressed', { ...message, at: Date.now() });
  await scope.clients.openWindow(what === 'message' ? `/#${known === 'play' ? 'play' : 'message'}=${ref}` : '/');
}

/** The browser has another address for this app. @param {PushSubscriptionChangeEvent} event */
async function subscribedAnew({ newSubscription, oldSubscription }) {
  const key = oldSubscription?.options.applicationServerKey;
  const subscribe = () => scope.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key ?? null });
  const anew = newSubscription ?? (key ? await subscribe().catch(() => null) : null);
  const { p256dh, auth } = anew?.toJSON().keys ?? {};
  if (anew && p256dh && auth) await ask('subscribe_push', { url: anew.endpoint, p256dh: standard(p256dh), auth: standard(auth) });
}

/** Base64 as the server reads it, from that of addresses. @param {string} text */
function standard(text) {
  return text.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(text.length / 4) * 4, '=');
}
