/** The code that proves the mobile number, and the number where it is wrong or somebody else's by now. */

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
  #prove = h('section', { class: 'card' });
  #change = h('details', { class: 'card fold' });
  #ask = h('summary');
  #proving = /** @type {string | null | undefined} */ (undefined);

  /** @override */
  build() {
    this.className = 'page narrow';
    const { account } = this.parts;
    this.#prove.append(this.#codeForm());
    this.#change.append(this.#ask, this.#numberForm());
    this.append(
      h('header', { class: 'hero' }, mark(), h('h1', {}, this.t('code.title')), this.#lead),
      this.#alert.element,
      this.#said,
      this.#prove,
      this.#change,
      button(this.t('refused.start_over'), () => void account.startOver(), { kind: 'quiet wide' }),
    );
  }

  /** @override @param {State} state */
  show({ person, own }) {
    const proving = own?.proving ?? null;
    const name = person?.name ?? '';
    setText(this.#lead, proving === null ? this.t('code.moved', { name }) : this.t('code.lead', { name, number: proving }));
    if (proving === this.#proving) return;
    this.#proving = proving;
    setText(this.#ask, this.t(proving === null ? 'code.new_number' : 'code.wrong_number'));
    this.#prove.hidden = proving === null;
    this.#change.open = proving === null;
    queueMicrotask(() => /** @type {HTMLElement | null} */ (this.querySelector(proving === null ? '#new-mobile' : '#code'))?.focus());
  }

  #codeForm() {
    const { account } = this.parts;
    const code = field(
      this.t('field.code'),
      { id: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 16, required: true, class: 'code' },
      this.t('field.code.hint'),
    );
    const submit = button(this.t('code.verify'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    const resend = () => this.#sent(account.registration.resendCode());
    const again = button(this.t('code.again'), () => void busy(again, resend, (error) => this.#failed(error)), { kind: 'quiet wide' });
    const submitted = () => {
      this.#say('');
      const typed = code.input.value.replace(/[\s-]/g, '');
      if (typed.length < 4) this.#alert.say(this.t('field.missing'));
      else void busy(submit, () => account.registration.verify(typed), (error) => this.#failed(error));
    };
    return form(submitted, code.element, submit, again);
  }

  #numberForm() {
    const mobile = field(
      this.t('field.mobile'),
      { id: 'new-mobile', type: 'tel', autocomplete: 'tel', inputmode: 'tel', maxlength: 32, required: true },
      this.t('field.mobile.hint'),
    );
    const submit = button(this.t('code.send_there'), () => {}, { kind: 'wide', attributes: { type: 'submit' } });
    const change = async () => {
      await this.#sent(this.parts.account.registration.changeMobile(mobile.input.value.trim()));
      mobile.input.value = '';
      this.#change.open = false;
    };
    const submitted = () => {
      this.#say('');
      if (mobile.input.value.trim() === '') this.#alert.say(this.t('field.missing'));
      else void busy(submit, change, (error) => this.#failed(error));
    };
    return form(submitted, mobile.element, submit);
  }

  /** @param {Promise<void>} sending */
  async #sent(sending) {
    await sending;
    this.#say(this.t('code.sent'));
  }

  /** @param {string} text what went well */
  #say(text) {
    this.#alert.say('');
    setText(this.#said, text);
  }

  /** @param {unknown} error */
  #failed(error) {
    setText(this.#said, '');
    this.#alert.say(this.t(`problem.${codeOf(error)}`));
  }
}

customElements.define('kith-code', Code);
