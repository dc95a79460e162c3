/** Where a newcomer arrives: with an invitation, with a pairing code, or with neither. */

import { passkeysHere } from '../session/passkeys.js';
import { codeOf } from '../session/problem.js';
import { openCheck } from './check.js';
import { h, setText } from './dom.js';
import { icon, mark } from './icons.js';
import { alertLine, busy, button, field, form } from './pieces.js';
import { SignUpForm } from './sign-up.js';
import { View } from './view.js';

/** @import {State} from '../state/state.js' */

export class Welcome extends View {
  #lead = h('p', { class: 'lead' });
  #alert = alertLine();
  #join = h('section', { class: 'card' });
  #form = /** @type {SignUpForm} */ (/** @type {unknown} */ (null));
  #pair = h('section', { class: 'card' });
  #recover = h('section', { class: 'card' });
  #choice = h('div', { class: 'choices' });
  #from = '';

  /** @override */
  build() {
    this.className = 'page narrow';
    this.#form = new SignUpForm(this.parts, this.#alert);
    this.#join.append(this.#form.element);
    this.#buildPair();
    this.#buildRecover();
    this.#buildChoice();
    this.append(
      h('header', { class: 'hero' }, mark(), h('h1', {}, this.t('welcome.title')), this.#lead),
      this.#alert.element,
      this.#join,
      this.#pair,
      this.#recover,
      this.#choice,
      button(this.t('check.open'), () => openCheck(this.parts), { icon: 'check', kind: 'quiet wide' }),
      h('p', { class: 'notice emergency' }, icon('warning'), h('span', {}, this.t('emergency'))),
    );
  }

  /** @override @param {State} state */
  show(state) {
    const { join } = state;
    const from = `${join.secret}|${join.code}|${join.problem}`;
    if (from !== this.#from) {
      this.#from = from;
      this.#go(join.code ? 'pair' : join.secret !== null && join.problem === null ? 'join' : 'choose');
      this.#alert.say(join.problem === null ? '' : this.t(`problem.${join.problem}`));
      const code = /** @type {HTMLInputElement | null} */ (this.querySelector('#pairing-code'));
      if (code) code.value = join.code;
    }
    this.#form.show(join.details);
    setText(this.#lead, this.#sentence(state));
  }

  /** @param {State} state */
  #sentence({ join }) {
    const { details } = join;
    if (details?.owner) return this.t('welcome.owner');
    if (details?.household) return this.t('welcome.household', { name: details.inviter });
    if (details) return this.t('welcome.invited', { name: details.inviter });
    return this.t('welcome.about');
  }

  /** @param {'join' | 'pair' | 'recover' | 'choose'} step */
  #go(step) {
    this.#join.hidden = step !== 'join';
    this.#pair.hidden = step !== 'pair';
    this.#recover.hidden = step !== 'recover';
    this.#choice.hidden = step !== 'choose';
  }

  #buildPair() {
    const code = field(
      this.t('field.pairing'),
      { id: 'pairing-code', autocomplete: 'off', autocapitalize: 'characters', maxlength: 48, required: true },
      this.t('field.pairing.hint'),
    );
    const name = field(this.t('field.device'), { id: 'device-name', maxlength: 64, required: true }, this.t('field.device.hint'));
    name.input.value = this.parts.account.newcomer.deviceName;
    const submit = button(this.t('welcome.pair'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    this.#pair.append(
      form(
        () => {
          if (!this.#complete(code.input, name.input)) return;
          const device = { code: code.input.value.trim(), name: name.input.value.trim() };
          void busy(submit, () => this.parts.account.newcomer.pair(device), (error) => this.#failed(error));
        },
        code.element,
        name.element,
        submit,
        button(this.t('back'), () => this.#go('choose'), { kind: 'quiet wide' }),
      ),
    );
  }

  #buildRecover() {
    const key = field(
      this.t('field.recovery'),
      { id: 'recovery-key', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: 120, required: true },
      this.t('field.recovery.hint'),
    );
    const submit = button(this.t('welcome.recover'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    const recover = async () => {
      await this.parts.account.newcomer.recover(key.input.value);
    };
    this.#recover.append(
      form(
        () => {
          if (this.#complete(key.input)) void busy(submit, recover, (error) => this.#unrecovered(error));
        },
        key.element,
        submit,
        button(this.t('back'), () => this.#go('choose'), { kind: 'quiet wide' }),
      ),
    );
  }

  /** @param {unknown} error */
  #unrecovered(error) {
    const code = codeOf(error);
    this.#alert.say(this.t(code === 'unknown_person' ? 'welcome.unrecovered' : `problem.${code}`));
  }

  #buildChoice() {
    this.#choice.append(
      h('p', {}, this.t('welcome.no_link')),
      button(this.t('welcome.have_code'), () => this.#go('pair'), { kind: 'wide', icon: 'device' }),
      ...this.#passkey(),
      button(this.t('welcome.no_invitation'), () => this.#go('join'), { kind: 'quiet wide' }),
      button(this.t('welcome.lost'), () => this.#go('recover'), { kind: 'quiet wide' }),
    );
  }

  /** Under an address the browser has no passkeys: who looks for the button is told why. */
  #passkey() {
    const here = passkeysHere();
    if (here === 'address') return [h('p', { class: 'hint' }, this.t('passkeys.address'))];
    if (here === 'missing') return [];
    const enter = () => void busy(pressed, () => this.parts.account.newcomer.enterByPasskey(), (error) => this.#failed(error));
    const pressed = button(this.t('welcome.passkey'), enter, { kind: 'wide', icon: 'key' });
    return [pressed];
  }

  /** @param {...HTMLInputElement} inputs */
  #complete(...inputs) {
    const empty = inputs.find((input) => input.value.trim() === '');
    for (const input of inputs) input.toggleAttribute('aria-invalid', input === empty);
    this.#alert.say(empty ? this.t('field.missing') : '');
    empty?.focus();
    return !empty;
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#alert.say(this.t(`problem.${codeOf(error)}`));
  }
}

customElements.define('kith-welcome', Welcome);
