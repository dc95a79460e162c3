/** The lock of this app: setting it up, and the screen that it puts before everything. */

import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { mark } from './icons.js';
import { toggle } from './options.js';
import { alertLine, busy, button, field, form } from './pieces.js';
import { confirmation } from './rows.js';
import { View } from './view.js';

/** @import {Parts} from './view.js' */

const [SHORTEST, LONGEST] = [4, 12];

/** @param {string} id @param {string} label @param {string} [hint] */
function pinField(id, label, hint) {
  return field(label, { id, type: 'password', inputmode: 'numeric', autocomplete: 'off', minlength: SHORTEST, maxlength: LONGEST, required: true, class: 'code' }, hint);
}

/** @param {Parts} parts */
export function openLockSettings(parts) {
  const t = parts.translate();
  const { lock } = parts.account;
  const problem = alertLine();
  const said = h('p', { class: 'hint', role: 'status' });
  const body = h('div', { class: 'choices' });
  openDialog(t('lock.title'), t, h('p', {}, t('lock.about')), h('p', { class: 'hint' }, t('lock.honest')), problem.element, said, body);
  const failed = () => problem.say(t('problem.internal'));

  const show = () => {
    const { pin, rule } = lock.chosen;
    problem.say('');
    if (!pin) {
      body.replaceChildren(ask());
      return;
    }
    const hides = toggle(t('lock.rule'), rule, (on) => void lock.setRule(on).then(show, failed), { about: t('lock.rule.about') });
    const other = button(t('lock.change'), () => body.replaceChildren(ask()), { icon: 'pen', kind: 'quiet' });
    const words = { question: t('lock.remove.confirm'), sure: t('lock.remove'), keep: t('devices.keep') };
    const remove = button(t('lock.remove'), () => body.replaceChildren(confirmation(words, () => lock.remove().then(show), failed, show)), { icon: 'trash', kind: 'quiet' });
    body.replaceChildren(hides, h('div', { class: 'actions' }, other, remove));
  };
  const ask = () => {
    const [first, again] = [pinField('lock-pin', t('lock.pin'), t('lock.pin.hint')), pinField('lock-again', t('lock.again'))];
    const save = button(t('save'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
    const keep = async () => {
      await lock.choose(first.input.value);
      show();
      setText(said, t('lock.saved'));
    };
    const submitted = () => {
      const wrong = !isPin(first.input.value) ? 'lock.wrong.short' : first.input.value !== again.input.value ? 'lock.wrong.unlike' : null;
      problem.say(wrong === null ? '' : t(wrong));
      if (wrong === null) void busy(save, keep, failed);
    };
    queueMicrotask(() => first.input.focus());
    return form(submitted, first.element, again.element, save);
  };
  show();
}

/** @param {string} pin */
function isPin(pin) {
  return /^\d+$/.test(pin) && pin.length >= SHORTEST && pin.length <= LONGEST;
}

/** Nothing but the PIN, and whoever calls. */
export class Locked extends View {
  #problem = alertLine();
  #pin = /** @type {ReturnType<typeof field>} */ (/** @type {unknown} */ (null));
  #sure = h('div', { class: 'choices' });

  /** @override */
  build() {
    const { account } = this.parts;
    this.className = 'page narrow plain locked';
    this.#pin = pinField('unlock-pin', this.t('lock.pin'));
    const open = button(this.t('lock.unlock'), () => {}, { kind: 'primary wide big', attributes: { type: 'submit' } });
    const submitted = () => void busy(open, () => this.#try(), () => this.#problem.say(this.t('problem.internal')));
    const forgotten = button(this.t('lock.forgotten'), () => this.#ask(), { kind: 'quiet wide' });
    const words = { question: this.t('lock.forgotten.confirm'), sure: this.t('refused.start_over'), keep: this.t('devices.keep') };
    this.#ask = () => this.#sure.replaceChildren(confirmation(words, () => account.startOver(), () => {}, () => this.#sure.replaceChildren(forgotten)));
    this.#sure.append(forgotten);
    this.append(
      h('header', { class: 'hero' }, mark(), h('h1', {}, this.t('locked.title')), h('p', { class: 'lead' }, this.t('locked.text'))),
      form(submitted, this.#pin.element, this.#problem.element, open),
      this.#sure,
    );
    queueMicrotask(() => this.#pin.input.focus());
  }

  #ask = () => {};

  async #try() {
    const { input } = this.#pin;
    const { open, wait } = await this.parts.account.lock.unlock(input.value);
    input.value = '';
    if (open) return;
    this.#problem.say(wait > 0 ? this.t('lock.wrong.wait', { time: this.#time(wait) }) : this.t('lock.wrong'));
    input.focus();
  }

  /** @param {number} wait ms */
  #time(wait) {
    const seconds = Math.ceil(wait / 1_000);
    const [value, unit] = seconds < 90 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
    return new Intl.NumberFormat(this.parts.language(), { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  }
}

customElements.define('kith-locked', Locked);
