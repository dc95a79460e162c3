/** Home, messages, contacts and oneself: where a person is, and how they get to the others. */

import { screenOf, shownTalk } from '../state/state.js';
import { h, setAttribute } from './dom.js';
import { icon } from './icons.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @type {readonly {tab: State['tab'], icon: string}[]} */
const TABS = [
  { tab: 'home', icon: 'home' },
  { tab: 'messages', icon: 'message' },
  { tab: 'contacts', icon: 'people' },
  { tab: 'you', icon: 'you' },
];

/** Where tabs are shown. @type {readonly ReturnType<typeof screenOf>[]} */
const ROOMS = TABS.map(({ tab }) => tab);

/** Whom a child reaches is for its parents to say. @type {readonly State['tab'][]} */
const CHILDS = ['home', 'messages'];

export class Tabs extends View {
  #buttons = /** @type {Map<State['tab'], HTMLButtonElement>} */ (new Map());

  /** @override */
  build() {
    this.setAttribute('role', 'navigation');
    this.setAttribute('aria-label', this.t('tabs.label'));
    for (const { tab, icon: name } of TABS) {
      const button = h('button', { type: 'button', class: 'tab' }, icon(name), h('span', {}, this.t(`tabs.${tab}`)));
      button.addEventListener('click', () => this.#go(tab));
      this.#buttons.set(tab, button);
      this.append(button);
    }
  }

  /** @override @param {State} state */
  show(state) {
    const screen = screenOf(state);
    this.hidden = state.own === null || !ROOMS.includes(screen) || shownTalk(state) !== null;
    this.classList.toggle('below', screen === 'messages' && state.conversation !== null);
    for (const [tab, button] of this.#buttons) {
      button.hidden = state.own?.child === true && !CHILDS.includes(tab);
      setAttribute(button, 'aria-current', tab === screen ? 'page' : null);
    }
    this.#mark(state.unread);
  }

  /** @param {number} unread conversations */
  #mark(unread) {
    const button = this.#buttons.get('messages');
    if (!button) return;
    button.classList.toggle('marked', unread > 0);
    setAttribute(button, 'aria-label', unread === 0 ? null : this.t('tabs.messages.unread', { count: String(unread) }));
  }

  /** @param {State['tab']} tab */
  #go(tab) {
    const { store } = this.parts;
    if (store.state.tab === tab) window.scrollTo({ top: 0 });
    else if (tab === 'home') history.go(-depth());
    else showTab(this.parts, tab);
  }
}

/** How many steps back home is. */
const depth = () => history.state?.depth ?? 1;

/**
 * The way back is the browser's own: on a telephone that is the gesture everybody knows. It leads home from anywhere.
 * @param {Parts} parts @param {Exclude<State['tab'], 'home'>} tab
 */
export function showTab({ store }, tab) {
  if (store.state.tab === 'home') history.pushState({ tab, depth: 1 }, '');
  else history.replaceState({ tab, depth: depth() }, '');
  store.dispatch({ t: 'tab', tab });
}

/** The messages with one person; back from there is where somebody was. @param {Parts} parts @param {string} conversation */
export function showConversation({ store }, conversation) {
  const { tab, conversation: before } = store.state;
  if (tab === 'messages' && before === conversation) return;
  const at = { tab: 'messages', conversation };
  if (tab === 'messages' && before !== null) history.replaceState({ ...at, depth: depth() }, '');
  else history.pushState({ ...at, depth: tab === 'home' ? 1 : depth() + 1 }, '');
  store.dispatch({ t: 'tab', tab: 'messages', conversation });
}

customElements.define('kith-tabs', Tabs);
