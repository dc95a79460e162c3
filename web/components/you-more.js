/** What else belongs to one's own card: notifications, history, log, children, the lock of the app, and closing everything. */

import { codeOf } from '../session/problem.js';
import { h } from './dom.js';
import { openChildren } from './children.js';
import { openLog } from './log.js';
import { openLockSettings } from './app-lock.js';
import { closeEverything } from './panic.js';
import { busy, button } from './pieces.js';
import { openSettings } from './settings.js';
import { YouPart } from './you-part.js';

/** @import {Terms} from '../granting/terms.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

export class YouMore extends YouPart {
  #lines = h('div', { class: 'choices' });
  #panic = h('div', { class: 'card part panic' });

  /** @override */
  build() {
    this.className = 'more-parts';
    const line = (/** @type {string} */ key, /** @type {string} */ drawn, /** @type {(parts: Parts) => unknown} */ open) =>
      button(this.t(key), () => open(this.parts), { icon: drawn, kind: 'wide big start', attributes: { 'data-does': key } });
    this.#lines.append(line('push.open', 'bell', openNotifications), line('history.open', 'clock', openHistory), line('log.open', 'book', openLog), line('children.open', 'people', openChildren), line('lock.open', 'lock', openLockSettings), line('settings.title', 'settings', openSettings));
    this.append(this.#lines, this.#panic);
  }

  /** @override @param {State} state */
  show(state) {
    super.show(state);
    this.hidden = false;
    this.#panic.hidden = state.terms === null || state.terms.contents.closed;
  }

  /** @override @param {Terms} _terms */
  draw(_terms) {
    const t = this.parts.translate();
    const act = button(t('panic.act'), () => void busy(act, () => closeEverything(this.parts), (error) => this.problem.say(t(`problem.${codeOf(error)}`))), { icon: 'lock', kind: 'danger wide big', attributes: { 'aria-describedby': 'panic-about', 'data-does': 'panic' } });
    this.#panic.replaceChildren(this.heading(t('panic.title'), 'warning'), h('p', { class: 'hint', id: 'panic-about' }, t('panic.about')), this.problem.element, act);
  }
}

/** What is rarely opened is loaded when it is. @param {Parts} parts */
async function openNotifications(parts) {
  (await import('./notifications.js')).openNotifications(parts);
}

/** @param {Parts} parts */
async function openHistory(parts) {
  (await import('./history.js')).openHistory(parts);
}

customElements.define('kith-you-more', YouMore);
