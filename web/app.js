/** Builds the whole app, top to bottom. */

import { Calls } from './call/calls.js';
import { Gate } from './call/gate.js';
import { Groups } from './call/groups.js';
import { Ice } from './call/ice.js';
import { Record } from './call/record.js';
import { watchInstallOffer } from './components/install.js';
import { startApp } from './components/app.js';
import { showConversation, showTab as openTab } from './components/tabs.js';
import { closeDialogs } from './components/dialog.js';
import { openSettings } from './components/settings.js';
import { languageFor, loadTexts, translator } from './i18n.js';
import { Notifier } from './notify.js';
import { Account } from './session/account.js';
import { load } from './session/database.js';
import { readLink } from './session/link.js';
import { Readiness } from './session/readiness.js';
import { applyLook, Chosen } from './settings.js';
import { Ringer } from './sound/ringer.js';
import { keepSounding } from './sound/sounds.js';
import { isOccupied } from './state/state.js';
import { Store } from './state/store.js';

/** @import {Event as ServerEvent} from './protocol.js' */
/** @import {Messages} from './messages/messages.js' */

const chosen = new Chosen();
chosen.subscribe(applyLook);

const AT_LEISURE = 4_000;

/** @type {Promise<Messages> | null} */
let fetched = null;

/** A link asked for the messages before there was somebody whose they are. */
let wanted = false;

const language = () => languageFor(chosen.values.language, navigator.languages);
let spoken = language();
let translate = translator(await loadTexts(spoken));

const store = new Store();
const account = new Account(store);
const ice = new Ice(
  (draft, options) => account.send(draft, options),
  () => chosen.values.path === 'relay',
);
const ringer = new Ringer();
const gate = new Gate(store, account);
const calls = new Calls(store, account, account.identities, ice, gate, ringer);
const groups = new Groups(store, account, calls, gate, ringer);
account.followers.push(calls, groups, { heard() {}, restored: () => void keepWoken() });
new Record(store, (said) => void account.log.note(said));
const send = (/** @type {import('./session/session.js').Draft} */ draft) => account.send(draft);
const readiness = new Readiness(store, ringer, send);
keepSounding(store, ringer, chosen);
const notifier = new Notifier(store, calls, groups, () => translate);

document.documentElement.lang = spoken;
/** @type {import('./components/view.js').Parts} */
const parts = { store, account, calls, groups, chosen, ringer, notifier, readiness, messages, openConversation, deleteRecordings, translate: () => translate, language: () => spoken };
account.followers.push({ heard: pass, restored: () => void fetched?.then((all) => all.restored()) });
notifier.opened = (other, wish) => void openConversation(other, wish).catch(() => {});
store.subscribe(({ own }, before) => {
  if (own === null || before.own !== null) return;
  if (wanted) notifier.opened('', { play: false });
  else soon();
  wanted = false;
});
account.followers.push({ heard: (event) => void (event.t.startsWith('announcement') && announced(event)), restored: () => {} });
const app = startApp(parts);

chosen.subscribe(async () => {
  const wanted = language();
  if (wanted === spoken) return;
  spoken = wanted;
  translate = translator(await loadTexts(wanted));
  document.documentElement.lang = wanted;
  void keepWoken();
  closeDialogs();
  app.build();
  app.show(store.state);
  openSettings(parts); // where the language was chosen
});

for (const gesture of ['pointerup', 'keyup']) window.addEventListener(gesture, touched, { capture: true });
window.addEventListener('online', () => {
  account.redial();
  calls.networkChanged();
  groups.networkChanged();
});
// Not in every browser, and not in TypeScript's list of what browsers have.
/** @type {{connection?: EventTarget}} */ (navigator).connection?.addEventListener('change', () => account.probe());
window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
window.addEventListener('popstate', showTab);
document.addEventListener('visibilitychange', seen);
window.addEventListener('beforeunload', (event) => {
  if (isOccupied(store.state)) event.preventDefault();
});
window.addEventListener('pagehide', () => account.leave(isOccupied(store.state)));
window.addEventListener('hashchange', () => arrive(account.arrive.bind(account)));
watchInstallOffer();

/** Somebody at home announces something: what plays and shows it is fetched with the first one. @param {import('./protocol.js').Event} event */
async function announced(event) {
  const { announcementsOf } = await import('./announcements/announcements.js');
  announcementsOf(parts).heard(event);
}

/** Where the browser's own way back, or a reload, leads. */
function showTab() {
  const { tab = 'home', conversation = null } = history.state ?? {};
  store.dispatch({ t: 'tab', tab, conversation });
}

/** Messages are fetched when there is something to do with them, or when there is nothing else to do. @returns {Promise<Messages>} */
function messages() {
  fetched ??= import('./messages/messages.js').then(async ({ Messages }) => {
    const made = new Messages(parts);
    await made.start();
    return made;
  });
  fetched.catch(() => (fetched = null));
  return fetched;
}

/** A start is quicker without them. */
function soon() {
  const fetch = () => void messages().catch(() => {});
  if ('requestIdleCallback' in window) requestIdleCallback(fetch, { timeout: AT_LEISURE });
  else setTimeout(fetch, AT_LEISURE);
}

/** @param {ServerEvent} event */
function pass(event) {
  if (event.t !== 'message_arrived' && event.t !== 'conversation_changed') return;
  if (store.state.own !== null) void messages().then((all) => all.heard(event), () => {});
}

/** @param {string} other @param {{play?: boolean, record?: boolean}} [wish] */
async function openConversation(other, wish = {}) {
  const all = await messages();
  if (other === '') return openTab(parts, 'messages'); // a push told nothing of whom
  all.wish = { other, ...wish };
  showConversation(parts, other);
  app.show(store.state);
}

async function deleteRecordings() {
  await (await messages()).deleteRecordings();
}

/** The page comes to the front, or goes to the back. */
function seen() {
  if (document.hidden) {
    account.lock.hidden();
  } else {
    account.lock.look();
    account.probe();
  }
}

/** A gesture allows sound from now on. */
function touched() {
  account.lock.touched();
  account.near.used();
  ringer.unlock();
  readiness.look();
  app.show(store.state);
}

/** The secret is taken out of the address bar, the history and the next person's sight. @param {(link: import('./session/link.js').Link) => Promise<void>} go */
function arrive(go) {
  const link = readLink(location.hash);
  if (location.hash) history.replaceState(null, '', location.pathname);
  wanted = link.messages && store.state.own === null;
  if (link.messages && !wanted) notifier.opened('', { play: false });
  void go(link);
}

/** What wakes this app once it is closed is still there, and speaks its language. */
async function keepWoken() {
  if ((await load('own', 'push')) === null) return;
  const { Push } = await import('./push.js');
  await new Push((draft, options) => account.send(draft, options)).refresh(translate, spoken).catch(() => {});
}

showTab();
void notifier.start();
arrive(account.start.bind(account));
