/** A new device that nobody has signed for yet: it can do nothing but be confirmed. */

import { h } from './dom.js';
import { mark } from './icons.js';
import { meetingParts } from './meeting.js';
import { codeOf } from '../session/problem.js';
import { alertLine, busy, button } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class Waiting extends View {
  #body = h('section', { class: 'card choices' });
  #lost = h('details', { class: 'card choices' });
  #shown = /** @type {State['meeting'] | undefined} */ (undefined);

  /** @override */
  build() {
    const { account } = this.parts;
    this.className = 'page narrow plain';
    this.#buildLost();
    this.append(
      h('header', { class: 'hero' }, mark(), h('h1', {}, this.t('waiting.title')), h('p', { class: 'lead' }, this.t('waiting.lead'))),
      this.#body,
      this.#lost,
      button(this.t('refused.start_over'), () => void account.startOver(), { kind: 'quiet wide' }),
    );
  }

  /** The last way, for who has nothing left: asked once more, since others will see it. */
  #buildLost() {
    const problem = alertLine();
    const failed = (/** @type {unknown} */ error) => problem.say(this.t(`problem.${codeOf(error)}`));
    const anew = button(this.t('waiting.anew'), () => void busy(anew, () => this.parts.account.recovery.beginAnew(), failed), { kind: 'danger wide' });
    this.#lost.append(h('summary', {}, this.t('waiting.lost')), problem.element, h('p', {}, this.t('waiting.lost.text')), anew);
  }

  /** @override @param {State} state */
  show({ meeting, endpoint }) {
    this.#lost.hidden = endpoint?.shared !== false;
    if (meeting === this.#shown) return;
    this.#shown = meeting;
    const { arriving } = this.parts.account;
    const does = { compared: (/** @type {boolean} */ same) => arriving.compared(same), again: () => arriving.again() };
    const t = this.parts.translate();
    this.#body.replaceChildren(...(meeting === null ? [h('p', { role: 'status' }, t('waiting.text'))] : meetingParts(meeting, t, 'new', does)));
  }
}

customElements.define('kith-waiting', Waiting);
