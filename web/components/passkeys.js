/** The own passkeys: seen, added, named, removed; or why there are none here. */

import { deviceName } from '../session/devices.js';
import { passkeysHere } from '../session/passkeys.js';
import { codeOf } from '../session/problem.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine, busy, button, field, form } from './pieces.js';
import { confirmation, ownRow, renaming, thingFace } from './rows.js';

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
    return ownRow(
      { face: thingFace('key'), name, about: this.#about(passkey) },
      {
        text: this.#t('devices.rename'),
        of: this.#t('devices.rename.of', { name }),
        icon: 'pen',
        ask: (back) => this.#rename(passkey, back),
      },
      {
        text: this.#t('passkeys.remove'),
        of: this.#t('passkeys.remove.of', { name }),
        icon: 'close',
        ask: (back) => this.#confirm(passkey, back),
      },
    );
  }

  /** @param {PasskeyView} passkey */
  #about({ added, used }) {
    const day = (/** @type {number} */ at) => dayWords(at, Date.now(), this.#parts.language(), this.#t);
    const last = used === null ? this.#t('passkeys.unused') : this.#t('passkeys.used', { when: day(used) });
    return `${last} · ${this.#t('devices.added', { when: day(added) })}`;
  }

  /** @param {PasskeyView} passkey @param {() => void} back */
  #rename({ credential, name }, back) {
    const words = { label: this.#t('devices.name'), save: this.#t('save'), keep: this.#t('devices.keep') };
    const rename = async (/** @type {string} */ typed) => {
      await this.#parts.account.passkeys.rename(credential, typed);
      await this.load();
    };
    return renaming(words, { id: 'passkey-new-name', name }, rename, (error) => this.#failed(error), back);
  }

  /** @param {PasskeyView} passkey @param {() => void} back */
  #confirm({ credential, name }, back) {
    const words = { question: this.#t('passkeys.confirm', { name }), sure: this.#t('passkeys.remove'), keep: this.#t('devices.keep') };
    const remove = async () => {
      await this.#parts.account.passkeys.remove(credential);
      this.#say(this.#t('passkeys.removed', { name }));
      await this.load();
    };
    return confirmation(words, remove, (error) => this.#failed(error), back);
  }

  /** @param {string} text */
  #say(text) {
    this.#problem.say('');
    setText(this.#said, text);
  }

  /** @param {unknown} error null where nothing was typed */
  #failed(error) {
    this.#problem.say(this.#t(error === null ? 'field.missing' : `problem.${codeOf(error)}`));
  }
}
