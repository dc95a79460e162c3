/** Asks once, in words, before the browser asks: may calls show up while the page is in the background, or closed? */

import { h } from './dom.js';
import { icon } from './icons.js';
import { button } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class Ask extends View {
  /** @override */
  build() {
    const { chosen, notifier, store } = this.parts;
    this.className = 'card ask';
    const allow = async () => {
      await notifier.ask();
      this.show(store.state);
      if (notifier.permission === 'granted' && 'PushManager' in window) (await import('./notifications.js')).openNotifications(this.parts);
    };
    const refuse = () => {
      chosen.change({ quiet: true });
      this.show(store.state);
    };
    this.append(
      icon('bell'),
      h('p', {}, this.t('ask.notifications')),
      h(
        'div',
        { class: 'actions' },
        button(this.t('settings.allow'), () => void allow(), { kind: 'primary' }),
        button(this.t('ask.later'), refuse, { kind: 'quiet' }),
      ),
    );
  }

  /** @override @param {State} _state */
  show(_state) {
    const { chosen, notifier } = this.parts;
    this.hidden = notifier.permission !== 'default' || chosen.values.quiet;
  }
}

customElements.define('kith-ask', Ask);
