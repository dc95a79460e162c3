/** Home, contacts and oneself: where a person is, and how they get to the others. */

import { screenOf, shownTalk } from '../state/state.js';
import { h, setAttribute } from './dom.js';
import { icon } from './icons.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @type {readonly {tab: State['tab'], icon: string}[]} */
const TABS = [
  { tab: 'home', icon: 'home' },
  { tab: 'contacts', icon: 'people' },
  { tab: 'you', icon: 'you' },
];

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
    const there = screen === 'contacts' || screen === 'you' || (screen === 'home' && state.own !== null && !state.own.child);
    this.hidden = !there || shownTalk(state) !== null;
    for (const [tab, button] of this.#buttons) setAttribute(button, 'aria-current', tab === screen ? 'page' : null);
  }

  /** @param {State['tab']} tab */
  #go(tab) {
    const { store } = this.parts;
    if (store.state.tab === tab) window.scrollTo({ top: 0 });
    else if (tab === 'home') history.back();
    else showTab(this.parts, tab);
  }
}

/**
 * The way back is the browser's own: on a telephone that is the gesture everybody knows. It leads home from anywhere.
 * @param {Parts} parts @param {Exclude<State['tab'], 'home'>} tab
 */
export function showTab({ store }, tab) {
  if (store.state.tab === 'home') history.pushState({ tab }, '');
  else history.replaceState({ tab }, '');
  store.dispatch({ t: 'tab', tab });
}

customElements.define('kith-tabs', Tabs);
