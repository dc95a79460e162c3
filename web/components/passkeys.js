/** The own passkeys: seen, added, named, removed; or why there are none here. */

import { deviceName } from '../session/devices.js';
import { passkeysHere } from '../session/passkeys.js';
import { codeOf } from '../session/problem.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { alertLine, busy, button, field, form } from './pieces.js';

/** @import {PasskeyView} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** What the settings say of passkeys. @param {Parts} parts */
export function passkeySettings(parts) {
  const t = parts.translate();
  const here = passkeysHere();
  const hint = h('p', { class: 'hint' }, t(`passkeys.${here}`));
  const open = here === 'ready' ? button(t('passkeys.open'), () => openPasskeys(parts), { icon: 'key' }) : null;
  return h('fieldset', {}, h('legend', {}, t('passkeys.title')), hint, open);
}

/** @param {Parts} parts */
export function openPasskeys(parts) {
  const list = new PasskeyList(parts);
  const translate = parts.translate();
  openDialog(translate('passkeys.title'), translate, h('p', { class: 'hint' }, translate('passkeys.lead')), list.element);
  void list.load();
}

class PasskeyList {
  #parts;
  #t;
  #problem = alertLine();
  #said = h('p', { class: 'hint', role: 'status' });
  #list = h('ul', { class: 'passkeys' });
  element;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.element = h('div', { class: 'choices' }, this.#problem.element, this.#said, this.#list, this.#adding());
  }

  async load() {
    try {
      this.#show(await this.#parts.account.passkeys.list());
    } catch (error) {
      this.#failed(error);
    }
  }

  #adding() {
    const name = field(this.#t('passkeys.name'), { id: 'passkey-name', maxlength: 64, value: deviceName(navigator.userAgent) });
    const submit = button(this.#t('passkeys.add'), () => {}, { kind: 'primary wide', icon: 'key', attributes: { type: 'submit' } });
    const add = async () => {
      this.#say('');
      this.#show(await this.#parts.account.passkeys.add(name.input.value.trim()));
      this.#say(this.#t('passkeys.added.now'));
      name.input.value = deviceName(navigator.userAgent);
    };
    const submitted = () => {
      if (name.input.value.trim() === '') this.#problem.say(this.#t('field.missing'));
      else void busy(submit, add, (error) => this.#failed(error));
    };
    return form(submitted, name.element, submit);
  }

  /** @param {readonly PasskeyView[]} passkeys */
  #show(passkeys) {
    this.#list.replaceChildren(...passkeys.map((passkey) => this.#row(passkey)));
    this.#list.hidden = passkeys.length === 0;
    if (passkeys.length === 0) this.#say(this.#t('passkeys.none'));
  }

  /** @param {PasskeyView} passkey */
  #row(passkey) {
    const { name } = passkey;
    const element = h('li', { class: 'device' });
    const about = h('div', { class: 'who' }, h('strong', {}, name), h('p', { class: 'about' }, this.#about(passkey)));
    const actions = h(
      'div',
      { class: 'actions' },
      button(this.#t('devices.rename'), () => element.replaceChildren(this.#rename(passkey, back)), {
        icon: 'pen',
        kind: 'quiet',
        attributes: { 'aria-label': this.#t('devices.rename.of', { name }) },
      }),
      button(this.#t('passkeys.remove'), () => element.replaceChildren(this.#confirm(passkey, back)), {
        icon: 'close',
        kind: 'quiet',
        attributes: { 'aria-label': this.#t('passkeys.remove.of', { name }) },
      }),
    );
    const shown = [h('span', { class: 'avatar of-device', 'aria-hidden': 'true' }, icon('key')), about, actions];
    const back = () => {
      element.replaceChildren(...shown);
      actions.querySelector('button')?.focus();
    };
    element.append(...shown);
    return element;
  }

  /** @param {PasskeyView} passkey */
  #about({ added, used }) {
    const day = (/** @type {number} */ at) => dayWords(at, Date.now(), this.#parts.language(), this.#t);
    const last = used === null ? this.#t('passkeys.unused') : this.#t('passkeys.used', { when: day(used) });
    return `${last} · ${this.#t('devices.added', { when: day(added) })}`;
  }

  /** @param {PasskeyView} passkey @param {() => void} back */
  #rename({ credential, name }, back) {
    const renamed = field(this.#t('devices.name'), { id: 'passkey-new-name', maxlength: 64, value: name });
    const save = button(this.#t('save'), () => {}, { kind: 'primary', attributes: { type: 'submit' } });
    const rename = async () => {
      await this.#parts.account.passkeys.rename(credential, renamed.input.value.trim());
      await this.load();
    };
    const submitted = () => {
      if (renamed.input.value.trim() === '') this.#problem.say(this.#t('field.missing'));
      else void busy(save, rename, (error) => this.#failed(error));
    };
    const row = h('div', { class: 'actions' }, save, button(this.#t('devices.keep'), back, { kind: 'quiet' }));
    queueMicrotask(() => renamed.input.select());
    return form(submitted, renamed.element, row);
  }

  /** @param {PasskeyView} passkey @param {() => void} back */
  #confirm({ credential, name }, back) {
    const sure = button(this.#t('passkeys.remove'), () => void busy(sure, remove, (error) => this.#failed(error)), { kind: 'danger' });
    const remove = async () => {
      await this.#parts.account.passkeys.remove(credential);
      this.#say(this.#t('passkeys.removed', { name }));
      await this.load();
    };
    const keep = button(this.#t('devices.keep'), back, { kind: 'quiet' });
    queueMicrotask(() => keep.focus());
    const question = this.#t('passkeys.confirm', { name });
    return h('div', { class: 'confirm', role: 'group', 'aria-label': question }, h('p', {}, question), h('div', { class: 'actions' }, sure, keep));
  }

  /** @param {string} text */
  #say(text) {
    this.#problem.say('');
    setText(this.#said, text);
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#problem.say(this.#t(`problem.${codeOf(error)}`));
  }
}
