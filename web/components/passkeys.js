/** The own passkeys: seen, added, named, removed; or why there are none here. */

import { deviceName } from '../session/devices.js';
import { passkeysHere } from '../session/passkeys.js';
import { codeOf } from '../session/problem.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine, busy, button, field, form } from './pieces.js';
import { askedDeed, ownRow, renameDeed, thingFace } from './rows.js';

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
    const what = { face: thingFace('key'), name: passkey.name, about: this.#about(passkey) };
    return ownRow(what, this.#renameDeed(passkey), this.#removeDeed(passkey));
  }

  /** @param {PasskeyView} passkey */
  #about({ added, used }) {
    const day = (/** @type {number} */ at) => dayWords(at, Date.now(), this.#parts.language(), this.#t);
    const last = used === null ? this.#t('passkeys.unused') : this.#t('passkeys.used', { when: day(used) });
    return `${last} · ${this.#t('devices.added', { when: day(added) })}`;
  }

  /** @param {PasskeyView} passkey */
  #renameDeed({ credential, name }) {
    const rename = async (/** @type {string} */ typed) => {
      await this.#parts.account.passkeys.rename(credential, typed);
      await this.load();
    };
    return renameDeed(this.#t, { id: 'passkey-new-name', name }, rename, (error) => this.#failed(error));
  }

  /** @param {PasskeyView} passkey */
  #removeDeed({ credential, name }) {
    const question = this.#t('passkeys.confirm', { name });
    const words = { text: this.#t('passkeys.remove'), of: this.#t('passkeys.remove.of', { name }), icon: 'close', question, keep: this.#t('devices.keep') };
    const remove = async () => {
      await this.#parts.account.passkeys.remove(credential);
      this.#say(this.#t('passkeys.removed', { name }));
      await this.load();
    };
    return askedDeed(words, remove, (error) => this.#failed(error));
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
