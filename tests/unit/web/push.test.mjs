import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyDatabase } from './database.mjs';

const KEY = btoa(String.fromCharCode(4, ...new Uint8Array(64)));
const t = (key, values = {}) => `${key}${values.name ? ` ${values.name}` : ''}`;

/** A browser: what it can, what it was allowed, and what became of its subscriptions. */
function browser({ permission = 'granted', push = true, apple = false, refuses = false } = {}) {
  const made = [];
  const said = { there: null, gone: [], asked: 0 };
  const pushManager = {
    getSubscription: async () => said.there,
    subscribe: async ({ applicationServerKey, userVisibleOnly }) => {
      assert.equal(userVisibleOnly, true);
      if (refuses) throw new DOMException('no', 'AbortError');
      const number = made.push(btoa(String.fromCharCode(...applicationServerKey)));
      said.there = {
        endpoint: `https://push.example/${number}`,
        getKey: (name) => new Uint8Array(name === 'auth' ? 16 : 65).buffer,
        unsubscribe: async () => (said.gone.push(number), (said.there = null), true),
      };
      return said.there;
    },
  };
  globalThis.Notification = { permission, requestPermission: async () => ((said.asked += 1), permission) };
  globalThis.window = { Notification: globalThis.Notification, ...(push ? { PushManager: class {} } : {}) };
  const registration = { pushManager };
  const navigator = { serviceWorker: { getRegistration: async () => registration, ready: Promise.resolve(registration) }, ...(apple ? { standalone: false } : {}) };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  return Object.assign(said, { made });
}

/** A server, with what it was told. */
function server({ key = KEY, subscribed = false } = {}) {
  const told = { key, subscribed, commands: [] };
  const send = async (draft) => {
    told.commands.push(draft.t);
    if (draft.t === 'show_push') return { t: 'push_shown', key: told.key, subscribed: told.subscribed };
    told.subscribed = draft.t === 'subscribe_push';
    if (draft.t === 'subscribe_push') told.subscription = draft;
    return { t: 'ok' };
  };
  return { told, send };
}

async function push(send) {
  emptyDatabase();
  const { Push } = await import('../../../web/push.js');
  return new Push(send);
}

test('a tap asks the browser, and the server is told', async () => {
  const here = browser();
  const { told, send } = server();
  const own = await push(send);
  assert.equal(await own.standing(), 'ready');
  assert.equal(await own.switchOn(t, 'en', true), true);
  assert.equal(here.asked, 1);
  assert.deepEqual(here.made, [KEY]);
  assert.equal(told.subscription.url, 'https://push.example/1');
  assert.equal(atob(told.subscription.p256dh).length, 65);
  assert.equal(atob(told.subscription.auth).length, 16);
  assert.equal(await own.standing(), 'on');
  assert.equal(await own.names(), true);
  await own.say(t, 'en', false);
  assert.equal(await own.names(), false);
  await own.switchOff();
  assert.equal(await own.standing(), 'ready');
  assert.deepEqual(here.gone, [1]);
  assert.equal(told.subscribed, false);
});

test('whoever does not allow it is subscribed nowhere', async () => {
  const here = browser({ permission: 'denied' });
  const { told, send } = server();
  const own = await push(send);
  assert.equal(await own.standing(), 'denied');
  assert.equal(await own.switchOn(t, 'en', true), false);
  assert.deepEqual([here.made, told.commands.includes('subscribe_push')], [[], false]);
});

test('what stands in the way is said', async () => {
  const off = server({ key: null });
  browser();
  assert.equal(await (await push(off.send)).standing(), 'off');
  await assert.rejects((await push(off.send)).switchOn(t, 'en', true), { code: 'push_off' });
  browser({ push: false });
  assert.equal(await (await push(server().send)).standing(), 'unable');
  browser({ push: false, apple: true });
  assert.equal(await (await push(server().send)).standing(), 'install');
  browser({ refuses: true });
  await assert.rejects((await push(server().send)).switchOn(t, 'en', true), { code: 'no_push_service' });
});

test('what was lost is made anew when the app opens, and only then', async () => {
  const here = browser();
  const { told, send } = server();
  const own = await push(send);
  await own.refresh(t, 'en');
  assert.deepEqual(told.commands, [], 'who has not asked to be woken is not');
  await own.switchOn(t, 'en', true);
  const before = told.commands.length;
  await own.refresh(t, 'en');
  assert.deepEqual(told.commands.slice(before), ['show_push']);
  told.subscribed = false; // its push service knew it no more
  await own.refresh(t, 'es');
  assert.deepEqual([here.gone, told.subscription.url], [[1], 'https://push.example/2']);
  here.there = null; // the browser forgot it
  await own.refresh(t, 'es');
  assert.equal(told.subscription.url, 'https://push.example/3');
});
