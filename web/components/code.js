/** The code that proves the mobile number. */

import { codeOf } from '../session/problem.js';
import { h, setText } from './dom.js';
import { mark } from './icons.js';
import { alertLine, busy, button, field, form } from './pieces.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class Code extends View {
  #alert = alertLine();
  #said = h('p', { class: 'hint', role: 'status' });
  #lead = h('p', { class: 'lead' });

  /** @override */
  build() {
    this.className = 'page narrow';
    const { account } = this.parts;
    const code = field(
      this.t('field.code'),
      { id: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 16, required: true, class: 'code' },
      this.t('field.code.hint'),
    );
    const submit = button(this.t('code.verify'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    const again = button(
      this.t('code.again'),
      () => {
        const resend = () => account.resendCode().then(() => setText(this.#said, this.t('code.sent')));
        void busy(again, resend, (error) => this.#failed(error));
      },
      { kind: 'quiet wide' },
    );
    this.append(
      h('header', { class: 'hero' }, mark(), h('h1', {}, this.t('code.title')), this.#lead),
      this.#alert.element,
      h(
        'section',
        { class: 'card' },
        form(
          () => {
            this.#alert.say('');
            const typed = code.input.value.replace(/[\s-]/g, '');
            if (typed.length < 4) this.#alert.say(this.t('field.missing'));
            else void busy(submit, () => account.verify(typed), (error) => this.#failed(error));
          },
          code.element,
          submit,
          again,
          this.#said,
        ),
      ),
      h('p', { class: 'hint' }, this.t('code.wrong_number')),
      button(this.t('refused.start_over'), () => void account.startOver(), { kind: 'quiet wide' }),
    );
    queueMicrotask(() => code.input.focus());
  }

  /** @override @param {State} state */
  show(state) {
    setText(this.#lead, this.t('code.lead', { name: state.person?.name ?? '' }));
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#alert.say(this.t(`problem.${codeOf(error)}`));
  }
}

customElements.define('kith-code', Code);
