/** The own mobile number in the settings: which it is, and how another one is proved. */

import { codeOf } from '../session/problem.js';
import { h } from './dom.js';
import { alertLine, busy, button, field, form } from './pieces.js';

/** @import {OwnProfile} from '../protocol.js' */
/** @import {Parts} from './view.js' */

export class MobileSetting {
  #parts;
  #t;
  #problem = alertLine();
  #body = h('div', { class: 'choices' });
  #shown = /** @type {OwnProfile | null | undefined} */ (undefined);
  element;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.element = h('fieldset', {}, h('legend', {}, this.#t('field.mobile')), this.#problem.element, this.#body);
    this.show(parts.store.state.own);
  }

  /** @param {OwnProfile | null} own */
  show(own) {
    if (own === this.#shown) return;
    const kept = this.#shown && own?.mobile === this.#shown.mobile && own?.proving === this.#shown.proving;
    this.#shown = own;
    if (!kept) this.#rest();
  }

  #rest() {
    const { mobile, proving } = this.#shown ?? { mobile: null, proving: null };
    this.#problem.say('');
    if (proving) this.#body.replaceChildren(this.#codeForm(proving));
    else this.#body.replaceChildren(h('p', { class: 'number' }, mobile ?? ''), button(this.#t('mobile.change'), () => this.#ask(), { icon: 'pen' }));
  }

  #ask() {
    const mobile = field(
      this.#t('mobile.new'),
      { id: 'own-mobile', type: 'tel', autocomplete: 'tel', inputmode: 'tel', maxlength: 32, required: true },
      this.#t('mobile.hint'),
    );
    const send = button(this.#t('mobile.send'), () => {}, { kind: 'primary', attributes: { type: 'submit' } });
    const change = () => this.#parts.account.registration.changeMobile(mobile.input.value.trim());
    this.#body.replaceChildren(this.#asking(mobile, send, change, () => this.#rest()));
    mobile.input.focus();
  }

  /** @param {string} number */
  #codeForm(number) {
    const code = field(
      this.#t('mobile.code', { number }),
      { id: 'own-code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 16, required: true },
      this.#t('field.code.hint'),
    );
    const confirm = button(this.#t('code.verify'), () => {}, { kind: 'primary', attributes: { type: 'submit' } });
    const verify = () => this.#parts.account.registration.verify(code.input.value.replace(/[\s-]/g, ''));
    return this.#asking(code, confirm, verify, () => this.#ask(), this.#t('mobile.another'));
  }

  /**
   * @param {ReturnType<typeof field>} asked @param {HTMLButtonElement} act @param {() => Promise<void>} work
   * @param {() => void} back @param {string} [backText]
   */
  #asking({ element, input }, act, work, back, backText = this.#t('devices.keep')) {
    const failed = (/** @type {unknown} */ error) => this.#problem.say(this.#t(`problem.${codeOf(error)}`));
    const submitted = () => {
      this.#problem.say('');
      if (input.value.trim() === '') this.#problem.say(this.#t('field.missing'));
      else void busy(act, work, failed);
    };
    return form(submitted, element, h('div', { class: 'actions' }, act, button(backText, back, { kind: 'quiet' })));
  }
}
