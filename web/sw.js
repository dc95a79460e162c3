/**
 * The service worker: notifications of calls and messages while the page is in the background or closed, and a page
 * that says so when the server cannot be reached. It caches nothing else: the app is always the server's newest.
 */

/// <reference path="./sw-own.js" />
/// <reference path="./sw-push.js" />

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

importScripts('/sw-own.js', '/sw-push.js'); // not modules: some browsers know none in a service worker

const CACHE = 'kith-offline-1';
const OFFLINE = ['/offline.html', '/styles/base.css', '/styles/offline.css', '/icons/icon.svg'];

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(OFFLINE)).then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldCaches().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => offline('/offline.html')));
  else if (OFFLINE.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => offline(request.url)));
  }
});

worker.addEventListener('push', (event) => event.waitUntil(pushed(event.data?.json() ?? {})));

worker.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(subscribedAnew(/** @type {PushSubscriptionChangeEvent} */ (event)));
});

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(pressed(event.notification.data ?? {}, event.action));
});

async function forgetOldCaches() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

/** @param {string} url */
async function offline(url) {
  return (await caches.match(url)) ?? Response.error();
}
