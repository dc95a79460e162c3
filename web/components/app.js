/** The page: the screen that the state asks for, and what may lie on top of it. */

import { ringingGroups, shownGroup } from '../state/groups.js';
import { ringingTalks, screenOf, shownTalk, strandedTalk } from '../state/state.js';
import { Locked } from './app-lock.js';
import { Bring } from './bring.js';
import { Call } from './call.js';
import { Code } from './code.js';
import { Contacts } from './contacts.js';
import { closeDialogs } from './dialog.js';
import { h, setText } from './dom.js';
import { Group } from './group.js';
import { GroupIncoming } from './group-incoming.js';
import { Home } from './home.js';
import { Incoming } from './incoming.js';
import { Plain } from './plain.js';
import { Tabs } from './tabs.js';
import { create, View } from './view.js';
import { Waiting } from './waiting.js';
import { Welcome } from './welcome.js';
import { You } from './you.js';

/** @import {Screen, State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** What is fetched when it is shown for the first time. @type {Readonly<Record<string, () => Promise<new () => View>>>} */
const LATER = {
  messages: async () => (await import('./messages.js')).Messages,
};

/** @type {Record<Exclude<Screen, 'messages'>, new () => View> & {messages?: new () => View}} */
const SCREENS = {
  starting: Plain,
  refused: Plain,
  elsewhere: Plain,
  welcome: Welcome,
  waiting: Waiting,
  code: Code,
  bring: Bring,
  home: Home,
  contacts: Contacts,
  you: You,
  locked: Locked,
};

/** Where a person is at home: what is asked of them there does not outlast it. @type {readonly unknown[]} */
const ROOMS = [Home, Contacts, You];

/** What may lie on top, the last above the others. @type {readonly (new () => View)[]} */
const OVERLAYS = [Call, Group, Incoming, GroupIncoming];

const READ_NOTICE = 6_000;

/** A screen that is on its way. */
class Coming extends View {}

export class App extends View {
  #banner = h('div', { class: 'banner', role: 'status' });
  #notice = h('div', { class: 'toast', role: 'status' });
  #kind = /** @type {(new () => View) | null} */ (null);
  #screen = /** @type {View | null} */ (null);
  #overlays = /** @type {View[]} */ ([]);
  #tabs = /** @type {Tabs} */ (/** @type {unknown} */ (null));
  #shownNotice = /** @type {State['notice']} */ (null);
  #timer = 0;
  /** Where the keyboard was before a call came over everything. */
  #focused = /** @type {Element | null} */ (null);

  /** @override Also after the language has changed: everything is made anew. */
  build() {
    this.#screen?.remove();
    this.#screen = null;
    this.#kind = null;
    this.#overlays = OVERLAYS.map((kind) => create(kind, this.parts));
    this.#notice.hidden = true;
    this.#shownNotice = null;
    this.#tabs = create(Tabs, this.parts);
    this.replaceChildren(this.#banner, this.#tabs, ...this.#overlays, this.#notice);
  }

  /** @override @param {State} state */
  show(state) {
    const kind = this.#kindOf(screenOf(state));
    if (kind !== this.#kind) {
      this.#screen?.remove();
      if (ROOMS.includes(this.#kind) || this.#kind === SCREENS.messages) closeDialogs(); // they were about what is no longer there
      this.#screen = create(kind, this.parts);
      this.#tabs.after(this.#screen);
      this.#kind = kind;
    }
    this.#screen?.show(state);
    this.#tabs.show(state);
    for (const overlay of this.#overlays) overlay.show(state);
    this.#cover(isCovered(state));
    this.#showBanner(state);
    this.#showNotice(state);
  }

  /** Until a screen is here there is nothing for a moment. @param {Screen} screen @returns {new () => View} */
  #kindOf(screen) {
    const kind = SCREENS[screen];
    if (kind) return kind;
    void LATER[screen]?.().then((fetched) => {
      SCREENS.messages = fetched;
      this.show(this.parts.store.state);
    }, () => {});
    return Coming;
  }

  /** A call lies over the page: what is below can be neither reached nor read. @param {boolean} covered */
  #cover(covered) {
    if (this.#screen === null || (this.#screen.inert === covered && this.#tabs.inert === covered)) return;
    if (covered) {
      closeDialogs();
      this.#focused = document.activeElement;
    }
    this.#screen.inert = covered;
    this.#tabs.inert = covered;
    if (!covered && this.#focused instanceof HTMLElement && this.#focused.isConnected) this.#focused.focus();
  }

  /** What stands between this page and the next call. @param {State} state */
  #showBanner(state) {
    const key = ['home', 'messages', 'contacts', 'you'].includes(screenOf(state)) && shownTalk(state) === null && shownGroup(state) === null ? obstacle(state) : null;
    this.#banner.hidden = key === null;
    setText(this.#banner, key === null ? '' : this.t(key));
  }

  /** @param {State} state */
  #showNotice({ notice }) {
    if (notice === this.#shownNotice) return;
    this.#shownNotice = notice;
    this.#notice.hidden = notice === null;
    setText(this.#notice, notice === null ? '' : this.t(notice.key, notice.values));
    clearTimeout(this.#timer);
    if (notice !== null) {
      this.#timer = setTimeout(() => this.parts.store.dispatch({ t: 'notice', notice: null }), READ_NOTICE);
    }
  }
}

customElements.define('kith-coming', Coming);
customElements.define('kith-app', App);

/** @param {State} state */
function isCovered(state) {
  const called = shownTalk(state) !== null || ringingTalks(state).length > 0 || strandedTalk(state) !== null;
  return called || shownGroup(state) !== null || ringingGroups(state).length > 0;
}

/** A browser lets a page ring only after it was touched once in its life. @param {State} state @returns {string | null} a text key */
function obstacle({ connection }) {
  if (connection !== 'online') return 'connection.waiting';
  return navigator.userActivation?.hasBeenActive === false ? 'connection.untouched' : null;
}

/**
 * What draws, at most once for each frame that is seen: an answer changes the state five times, and what the
 * person waits for is the connection, which is begun meanwhile.
 * @param {() => void} draw
 */
function onceAFrame(draw) {
  let due = false;
  const drawn = () => {
    due = false;
    draw();
  };
  return () => {
    if (due) return;
    due = true;
    if (document.hidden) setTimeout(drawn); // a page that nobody sees has no frames
    else requestAnimationFrame(drawn);
  };
}

/** @param {Parts} parts */
export function startApp(parts) {
  const app = create(App, parts);
  document.body.append(app);
  parts.store.subscribe(onceAFrame(() => app.show(parts.store.state)));
  return app;
}
