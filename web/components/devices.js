/** Every endpoint that is signed in as this person or for their household: look, rename, sign out. */

import { codeOf } from '../session/problem.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { alertLine, busy, button, field, form } from './pieces.js';

/** @import {EnrolledEndpoint} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openDevices(parts) {
  const list = new DeviceList(parts);
  const translate = parts.translate();
  const dialog = openDialog(translate('devices.title'), translate, h('p', { class: 'hint' }, translate('devices.lead')), list.element);
  let known = parts.store.state.endpoints;
  const stop = parts.store.subscribe(({ endpoints, connection }) => {
    if (endpoints === known || connection !== 'online') return;
    known = endpoints; // somebody added, renamed or signed out one
    void list.load();
  });
  dialog.addEventListener('close', stop);
  void list.load();
}

class DeviceList {
  #parts;
  #t;
  #problem = alertLine();
  #said = h('p', { class: 'hint', role: 'status' });
  #groups = h('div', { class: 'devices' });
  element = h('div', { class: 'choices' }, this.#problem.element, this.#said, this.#groups);

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
  }

  async load() {
    try {
      const endpoints = await this.#parts.account.listEndpoints();
      if (this.#groups.querySelector('form, .confirm') !== null) return; // somebody is in the middle of something
      this.#show(endpoints);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {readonly EnrolledEndpoint[]} endpoints */
  #show(endpoints) {
    const groups = [
      ['devices.own', endpoints.filter(({ shared }) => !shared).sort((one, other) => Number(other.current) - Number(one.current))],
      ['devices.shared', endpoints.filter(({ shared }) => shared)],
    ];
    this.#groups.replaceChildren(
      ...groups.filter(([, some]) => some?.length).map(([key, some]) => {
        const id = String(key).replace('.', '-');
        const rows = /** @type {EnrolledEndpoint[]} */ (some).map((endpoint) => this.#row(endpoint));
        return h('section', { 'aria-labelledby': id }, h('h3', { id }, this.#t(String(key))), h('ul', {}, ...rows));
      }),
    );
  }

  /** @param {EnrolledEndpoint} endpoint */
  #row(endpoint) {
    const { name, shared, online, current } = endpoint;
    const element = h('li', { class: 'device' });
    const about = h(
      'div',
      { class: 'who' },
      h('strong', {}, name),
      h('p', { class: current || online ? 'about here' : 'about' }, this.#about(endpoint)),
    );
    const actions = h(
      'div',
      { class: 'actions' },
      button(this.#t('devices.rename'), () => element.replaceChildren(this.#rename(endpoint, back)), {
        icon: 'pen',
        kind: 'quiet',
        attributes: { 'aria-label': this.#t('devices.rename.of', { name }) },
      }),
      button(this.#t('devices.sign_out'), () => element.replaceChildren(this.#confirm(endpoint, back)), {
        icon: 'leave',
        kind: 'quiet',
        attributes: { 'aria-label': this.#t('devices.sign_out.of', { name }) },
      }),
    );
    const face = h('span', { class: 'avatar of-device', 'aria-hidden': 'true' }, icon(shared ? 'speaker' : 'phone'));
    const parts = [face, about, actions];
    const back = () => {
      element.replaceChildren(...parts);
      actions.querySelector('button')?.focus();
    };
    element.append(...parts);
    return element;
  }

  /** @param {EnrolledEndpoint} endpoint */
  #about({ online, current, seen, added }) {
    const here = current ? 'devices.current' : online ? 'devices.online' : null;
    const day = (/** @type {number} */ at) => dayWords(at, Date.now(), this.#parts.language(), this.#t);
    const when = here ? this.#t(here) : seen === null ? this.#t('devices.seen.never') : this.#t('devices.seen', { when: day(seen) });
    return added === null ? when : `${when} · ${this.#t('devices.added', { when: day(added) })}`;
  }

  /** @param {EnrolledEndpoint} endpoint @param {() => void} back */
  #rename({ id, name }, back) {
    const renamed = field(this.#t('devices.name'), { id: 'device-name', maxlength: 64, value: name });
    const save = button(this.#t('save'), () => {}, { kind: 'primary', attributes: { type: 'submit' } });
    const rename = async () => {
      await this.#parts.account.renameEndpoint(id, renamed.input.value.trim());
      back();
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

  /** @param {EnrolledEndpoint} endpoint @param {() => void} back */
  #confirm(endpoint, back) {
    const { name, current } = endpoint;
    const sure = button(this.#t('devices.sign_out'), () => void busy(sure, remove, (error) => this.#failed(error)), { kind: 'danger' });
    const remove = async () => {
      await this.#parts.account.removeEndpoint(endpoint);
      back();
      setText(this.#said, this.#t('devices.signed_out', { name }));
      await this.load();
    };
    const keep = button(this.#t('devices.keep'), back, { kind: 'quiet' });
    queueMicrotask(() => keep.focus());
    const question = current ? this.#t('devices.confirm.current') : this.#t('devices.confirm', { name });
    return h('div', { class: 'confirm', role: 'group', 'aria-label': question }, h('p', {}, question), h('div', { class: 'actions' }, sure, keep));
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#problem.say(this.#t(`problem.${codeOf(error)}`));
  }
}
