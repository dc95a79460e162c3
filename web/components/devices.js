/** Every endpoint that is signed in as this person or for their household: look, rename, sign out. */

import { codeOf } from '../session/problem.js';
import { faring } from '../state/live.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine } from './pieces.js';
import { askedDeed, isAsking, ownRow, renameDeed, thingFace } from './rows.js';

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
    const what = { face: thingFace(shared ? 'speaker' : 'phone'), name, about: this.#about(endpoint), lively };
    return ownRow(what, this.#renameDeed(endpoint), this.#removeDeed(endpoint));
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

  /** @param {EnrolledEndpoint} endpoint */
  #renameDeed({ id, name }) {
    const rename = async (/** @type {string} */ typed, /** @type {() => void} */ back) => {
      await this.#parts.account.endpoints.rename(id, typed);
      back();
      await this.load();
    };
    return renameDeed(this.#t, { id: 'device-name', name }, rename, (error) => this.#failed(error));
  }

  /** @param {EnrolledEndpoint} endpoint */
  #removeDeed(endpoint) {
    const { name, current } = endpoint;
    const question = current ? this.#t('devices.confirm.current') : this.#t('devices.confirm', { name });
    const words = { text: this.#t('devices.sign_out'), of: this.#t('devices.sign_out.of', { name }), icon: 'leave', question, keep: this.#t('devices.keep') };
    const remove = async (/** @type {() => void} */ back) => {
      await this.#parts.account.endpoints.remove(endpoint);
      back();
      setText(this.#said, this.#t('devices.signed_out', { name }));
      await this.load();
    };
    return askedDeed(words, remove, (error) => this.#failed(error));
  }

  /** @param {unknown} error null where nothing was typed */
  #failed(error) {
    this.#problem.say(this.#t(error === null ? 'field.missing' : `problem.${codeOf(error)}`));
  }
}
