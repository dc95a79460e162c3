/** Every endpoint that is signed in as this person or for their household: look, rename, sign out. */

import { codeOf } from '../session/problem.js';
import { faring } from '../state/live.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine } from './pieces.js';
import { confirmation, isAsking, ownRow, renaming, thingFace } from './rows.js';

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
  #live = /** @type {ReturnType<typeof faring>} */ (new Map());
  element = h('div', { class: 'choices' }, this.#problem.element, this.#said, this.#groups);

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
  }

  async load() {
    try {
      const { account } = this.#parts;
      const [endpoints, rooms] = await Promise.all([account.endpoints.list(), account.endpoints.listRooms()]);
      if (isAsking(this.#groups)) return;
      this.#live = faring(rooms);
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
    const lively = current || online;
    return ownRow(
      { face: thingFace(shared ? 'speaker' : 'phone'), name, about: this.#about(endpoint), lively },
      {
        text: this.#t('devices.rename'),
        of: this.#t('devices.rename.of', { name }),
        icon: 'pen',
        ask: (back) => this.#rename(endpoint, back),
      },
      {
        text: this.#t('devices.sign_out'),
        of: this.#t('devices.sign_out.of', { name }),
        icon: 'leave',
        ask: (back) => this.#confirm(endpoint, back),
      },
    );
  }

  /** @param {EnrolledEndpoint} endpoint */
  #about({ id, online, current, seen, added }) {
    const live = this.#live.get(id);
    if (live) return this.#t('devices.group', { count: String(live.count), how: this.#t(`devices.group.${live.how}`) });
    const here = current ? 'devices.current' : online ? 'devices.online' : null;
    const day = (/** @type {number} */ at) => dayWords(at, Date.now(), this.#parts.language(), this.#t);
    const when = here ? this.#t(here) : seen === null ? this.#t('devices.seen.never') : this.#t('devices.seen', { when: day(seen) });
    return added === null ? when : `${when} · ${this.#t('devices.added', { when: day(added) })}`;
  }

  /** @param {EnrolledEndpoint} endpoint @param {() => void} back */
  #rename({ id, name }, back) {
    const words = { label: this.#t('devices.name'), save: this.#t('save'), keep: this.#t('devices.keep') };
    const rename = async (/** @type {string} */ typed) => {
      await this.#parts.account.endpoints.rename(id, typed);
      back();
      await this.load();
    };
    return renaming(words, { id: 'device-name', name }, rename, (error) => this.#failed(error), back);
  }

  /** @param {EnrolledEndpoint} endpoint @param {() => void} back */
  #confirm(endpoint, back) {
    const { name, current } = endpoint;
    const question = current ? this.#t('devices.confirm.current') : this.#t('devices.confirm', { name });
    const words = { question, sure: this.#t('devices.sign_out'), keep: this.#t('devices.keep') };
    const remove = async () => {
      await this.#parts.account.endpoints.remove(endpoint);
      back();
      setText(this.#said, this.#t('devices.signed_out', { name }));
      await this.load();
    };
    return confirmation(words, remove, (error) => this.#failed(error), back);
  }

  /** @param {unknown} error null where nothing was typed */
  #failed(error) {
    this.#problem.say(this.#t(error === null ? 'field.missing' : `problem.${codeOf(error)}`));
  }
}
