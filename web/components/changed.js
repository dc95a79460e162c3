/** Somebody has another safety number than before: said before anything is heard or seen, and for a person to decide. */

import { shownTalk } from '../state/state.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { button } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class Changed extends View {
  #title = h('h3', { id: 'changed-title' });
  #text = h('p', { id: 'changed-text' });
  #call = '';
  #hangUp = button('', () => this.parts.calls.hangUp(this.#call), { icon: 'hang-up', kind: 'danger wide' });

  /** @override */
  build() {
    this.setAttribute('role', 'alertdialog');
    this.setAttribute('aria-labelledby', 'changed-title');
    this.setAttribute('aria-describedby', 'changed-text');
    setText(/** @type {Element} */ (this.#hangUp.querySelector('.label')), this.t('call.hang_up'));
    this.append(
      h('div', { class: 'row' }, icon('warning'), this.#title),
      this.#text,
      h('p', { class: 'hint' }, this.t('changed.quiet')),
      h(
        'div',
        { class: 'choices' },
        this.#hangUp,
        button(this.t('changed.anyway'), () => this.parts.calls.talkAnyway(this.#call), { kind: 'wide' }),
      ),
    );
    this.hidden = true;
  }

  /** @override @param {State} state */
  show(state) {
    const talk = shownTalk(state);
    const appears = this.hidden;
    this.hidden = talk === null || talk.ended !== null || talk.acquaintance?.changed !== true;
    if (this.hidden || talk === null) return;
    this.#call = talk.id;
    const name = state.people.find(({ id }) => id === talk.person)?.name ?? talk.name;
    setText(this.#title, this.t('changed.title', { name }));
    setText(this.#text, this.t('changed.text', { name }));
    if (appears) this.#hangUp.focus();
  }
}

customElements.define('kith-changed', Changed);
