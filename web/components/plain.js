/** Screens that say one thing: starting, refused, in another tab. */

import { screenOf } from '../state/state.js';
import { openCheck } from './check.js';
import { h, setText } from './dom.js';
import { mark } from './icons.js';
import { button } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

/** Refusals that have a sentence of their own. @type {readonly string[]} */
const TOLD = ['other_server', 'unsupported', 'endpoint_removed', 'suspended', 'deregistered'];

/** And a title. @type {readonly string[]} */
const TITLED = ['endpoint_removed', 'suspended', 'deregistered'];

export class Plain extends View {
  #title = h('h1');
  #text = h('p', { class: 'lead' });
  #action = h('div', { class: 'choices' });
  #shown = '';

  /** @override */
  build() {
    this.className = 'page narrow plain';
    this.append(h('header', { class: 'hero', role: 'status' }, mark(), this.#title, this.#text), this.#action);
  }

  /** @override @param {State} state */
  show(state) {
    const screen = screenOf(state);
    const key = screen === 'refused' ? `refused.${known(state.refused)}` : `${screen}.${state.connection}`;
    if (key === this.#shown) return;
    this.#shown = key;
    const { account } = this.parts;
    if (screen === 'refused') {
      this.#say(this.t(TITLED.includes(state.refused ?? '') ? `${key}.title` : 'refused.title'), this.t(key));
      if (state.refused === 'unsupported') {
        this.#action.append(button(this.t('check.open'), () => openCheck(this.parts), { icon: 'check', kind: 'wide' }));
      } else if (state.refused === 'suspended') {
        // What is kept here stays: whoever is let in again goes on where they were.
        this.#action.append(button(this.t('refused.try_again'), () => location.reload(), { kind: 'wide' }));
      } else {
        this.#action.append(button(this.t('refused.start_over'), () => void account.startOver(), { kind: 'wide' }));
      }
    } else if (screen === 'elsewhere') {
      this.#say(this.t('elsewhere.title'), this.t('elsewhere.text'));
      this.#action.append(button(this.t('elsewhere.here'), () => account.takePlace(), { kind: 'primary wide' }));
    } else {
      this.#say(this.t('starting.title'), this.t(state.connection === 'waiting' ? 'connection.waiting' : 'starting.text'));
    }
  }

  /** @param {string} title @param {string} text */
  #say(title, text) {
    setText(this.#title, title);
    setText(this.#text, text);
    this.#action.replaceChildren();
  }
}

/** @param {State['refused']} why */
function known(why) {
  return why !== null && TOLD.includes(why) ? why : 'unknown';
}

customElements.define('kith-plain', Plain);
