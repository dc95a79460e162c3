/** The form in which a newcomer says who they are. */

import { codeOf } from '../session/problem.js';
import { agreement } from './agree.js';
import { h } from './dom.js';
import { alertLine, busy, button, field, form } from './pieces.js';

/** @import {InvitationDetails} from '../protocol.js' */
/** @import {Parts} from './view.js' */

const SOMEBODY_ELSE = '';

export class SignUpForm {
  #parts;
  #t;
  #problem;
  #shown = /** @type {InvitationDetails | null} */ (null);
  #chosen = SOMEBODY_ELSE;
  #who = h('div', { class: 'field', role: 'radiogroup', 'aria-labelledby': 'who' });
  #name;
  #mobile;
  #agreed;
  element;

  /** @param {Parts} parts @param {ReturnType<typeof alertLine>} problem */
  constructor(parts, problem) {
    const t = parts.translate();
    this.#parts = parts;
    this.#t = t;
    this.#problem = problem;
    this.#name = field(t('field.name'), { id: 'name', autocomplete: 'name', maxlength: 64, required: true }, t('field.name.hint'));
    this.#mobile = field(
      t('field.mobile'),
      { id: 'mobile', type: 'tel', autocomplete: 'tel', inputmode: 'tel', maxlength: 32, required: true },
      t('field.mobile.hint'),
    );
    this.#agreed = agreement(parts);
    this.#who.hidden = true;
    const submit = button(t('welcome.join'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    const submitted = () => {
      if (this.#complete()) void busy(submit, () => this.#signUp(), (error) => this.#failed(error));
    };
    this.element = form(submitted, this.#who, this.#name.element, this.#mobile.element, this.#agreed.element, submit);
  }

  /** Whom the household expects. @param {InvitationDetails | null} details */
  show(details) {
    if (details === this.#shown) return;
    this.#shown = details;
    const profiles = details?.profiles ?? [];
    this.#who.hidden = profiles.length === 0;
    this.#choose(SOMEBODY_ELSE);
    this.#who.replaceChildren(
      h('span', { id: 'who' }, this.#t('who.title')),
      h(
        'div',
        { class: 'options' },
        ...profiles.map(({ id, name }) => this.#option(id, name, name)),
        this.#option(SOMEBODY_ELSE, this.#t('who.else'), ''),
      ),
    );
  }

  /** @param {string} profile @param {string} text @param {string} name */
  #option(profile, text, name) {
    const input = h('input', { type: 'radio', name: 'who', value: profile });
    input.addEventListener('change', () => {
      this.#choose(profile);
      this.#name.input.value = name;
      (name === '' ? this.#name.input : this.#mobile.input).focus();
    });
    return h('label', { class: 'option' }, input, h('span', {}, text));
  }

  /** @param {string} profile */
  #choose(profile) {
    this.#chosen = profile;
  }

  async #signUp() {
    const [name, mobile] = [this.#name.input.value.trim(), this.#mobile.input.value.trim()];
    await this.#parts.account.newcomer.signUp({ name, mobile, profile: this.#chosen || null });
  }

  #complete() {
    const empty = [this.#name.input, this.#mobile.input].find((input) => input.value.trim() === '');
    const unsaid = !this.#who.hidden && this.#who.querySelector('input:checked') === null;
    for (const input of [this.#name.input, this.#mobile.input]) input.toggleAttribute('aria-invalid', input === empty);
    const disagreed = !this.#agreed.input.checked;
    this.#problem.say(unsaid ? this.#t('who.missing') : empty ? this.#t('field.missing') : disagreed ? this.#t('guidelines.missing') : '');
    const first = unsaid ? this.#who.querySelector('input') : (empty ?? (disagreed ? this.#agreed.input : null));
    first?.focus();
    return first === null;
  }

  /** @param {unknown} error */
  #failed(error) {
    const code = codeOf(error);
    const uninvited = code === 'invitation_invalid' && this.#parts.store.state.join.secret === null;
    this.#problem.say(this.#t(uninvited ? 'welcome.invitation_only' : `problem.${code}`));
    if (code === 'profile_taken') void this.#parts.account.newcomer.lookAgain();
  }
}
