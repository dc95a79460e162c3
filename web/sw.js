/**
 * The service worker: notifications of calls while the page is in the background, and a page that says
 * so when the server cannot be reached. It caches nothing else: the app is always the server's newest.
 */

/** @typedef {{kith: 'notification', action: 'answer' | 'decline' | 'open', call: string}} Pressed */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

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

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const action = event.action === 'answer' || event.action === 'decline' ? event.action : 'open';
  event.waitUntil(pressed({ kith: 'notification', action, call: event.notification.data.call }));
});

async function forgetOldCaches() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

/** @param {string} url */
async function offline(url) {
  return (await caches.match(url)) ?? Response.error();
}

/** Tell the page first: to come to the front may be refused, to answer must not wait for it. @param {Pressed} message */
async function pressed(message) {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) page.postMessage(message);
  if (message.action === 'decline') return;
  const [page] = pages;
  if (page) await page.focus().catch(() => {});
  else await worker.clients.openWindow('/');
}
