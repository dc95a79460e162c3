/** The own log: who called, dropped in, tried to; when, where, how long, and why not. Read by whom it happened to. */

import { duration } from '../state/words.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { alertLine, busy, button } from './pieces.js';
import { confirmation } from './rows.js';

/** @import {LogItem} from '../session/log.js' */
/** @import {Said} from '../trust/log.js' */
/** @import {Parts} from './view.js' */

/** What an entry is drawn with. @type {Readonly<Record<string, string>>} */
const ICONS = { call: 'call', drop_in: 'drop-in', knock: 'drop-in', grants: 'pen', quiet: 'moon', deleted: 'trash', restarted: 'refresh' };

/** What went otherwise than whoever tried wanted. @type {readonly string[]} */
const AGAINST = ['refused', 'not_let_in', 'silenced', 'missed'];

/** @param {Parts} parts @param {(said: Said | null) => boolean} [wanted] which entries; all where absent @param {string} [title] */
export function openLog(parts, wanted = () => true, title = 'log.title') {
  const log = new Log(parts, wanted);
  const t = parts.translate();
  const dialog = openDialog(t(title), t, ...log.elements);
  dialog.classList.add('wide-dialog');
  let seen = -1;
  const stop = parts.store.subscribe(({ logRevision }) => {
    if (logRevision === seen || log.asking) return;
    seen = logRevision; // something was written, here or elsewhere
    void log.load();
  });
  dialog.addEventListener('close', stop);
}

class Log {
  #parts;
  #t;
  #wanted;
  #problem = alertLine();
  #sound = h('p', { class: 'verdict', role: 'status' });
  #list = h('ul', { class: 'log' });
  #none = h('p', { class: 'hint' });
  #more;
  #before = /** @type {number | null} */ (null);
  /** Pages come one after another. */ #last = Promise.resolve();
  #day = '';

  /** @param {Parts} parts @param {(said: Said | null) => boolean} wanted */
  constructor(parts, wanted) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.#wanted = wanted;
    this.#more = button(this.#t('log.more'), () => void busy(this.#more, () => this.#page(), (error) => this.#failed(error)), { kind: 'wide', attributes: { hidden: true } });
  }

  get elements() {
    return [this.#sound, this.#problem.element, this.#none, this.#list, this.#more];
  }

  /** Whether somebody is about to delete an entry. */
  get asking() {
    return this.#list.querySelector('.confirm') !== null;
  }

  /** From the latest on. */
  load() {
    this.#last = this.#last.then(() => this.#anew()).catch((error) => this.#failed(error));
    return this.#last;
  }

  async #anew() {
    this.#before = null;
    this.#day = '';
    await this.#page([]);
  }

  /** @param {readonly Element[]} [kept] what stays above */
  async #page(kept = [...this.#list.children]) {
    const { items, more, sound } = await this.#parts.account.log.page(this.#before);
    this.#before = more;
    this.#more.hidden = more === null;
    const shown = items.filter(({ said }) => this.#wanted(said));
    this.#list.replaceChildren(...kept, ...shown.flatMap((item) => this.#rows(item)));
    setText(this.#none, this.#list.children.length === 0 && more === null ? this.#t('log.none') : '');
    const broken = sound === false || items.some(({ mark }) => mark === 'broken') || this.#sound.dataset.sound === 'no';
    this.#judge(broken ? 'broken' : sound === null ? 'unchecked' : 'sound');
  }

  /** Nothing is said to be whole that was not looked at. @param {'sound' | 'broken' | 'unchecked'} verdict */
  #judge(verdict) {
    this.#sound.dataset.sound = { sound: 'yes', broken: 'no', unchecked: 'unknown' }[verdict];
    this.#sound.replaceChildren(icon(verdict === 'sound' ? 'check' : 'warning'), h('span', {}, this.#t(`log.${verdict}`)));
  }

  /** An entry, under its day if that is another one. @param {LogItem} item */
  #rows(item) {
    const when = new Date(item.time * 1_000);
    const day = new Intl.DateTimeFormat(this.#parts.language(), { dateStyle: 'full' }).format(when);
    const heading = day === this.#day ? [] : [h('li', { class: 'day' }, h('h3', {}, day))];
    this.#day = day;
    return [...heading, this.#row(item, when)];
  }

  /** @param {LogItem} item @param {Date} when */
  #row(item, when) {
    const { said, mark } = item;
    const time = new Intl.DateTimeFormat(this.#parts.language(), { timeStyle: 'short' }).format(when);
    const sentence = said === null ? this.#t('log.gone') : sentenceOf(said, this.#t);
    const why = reasonOf(said, this.#t);
    const row = h('li', { class: `entry ${AGAINST.includes(said?.outcome ?? '') ? 'against' : ''}`.trim() });
    const label = { 'aria-label': this.#t('log.delete.of', { entry: `${sentence}, ${time}` }) };
    const remove = said === null || said.what === 'deleted' ? [] : [button(this.#t('log.delete'), () => this.#ask(row, shown, item), { icon: 'trash', kind: 'quiet bare', attributes: label })];
    const shown = [
      h('span', { class: 'drawn' }, icon(ICONS[said?.what ?? 'deleted'] ?? 'book')),
      h(
        'div',
        { class: 'who' },
        h('p', {}, sentence),
        why === '' ? null : h('p', { class: 'why' }, why),
        h('p', { class: 'hint' }, h('time', { datetime: when.toISOString() }, time), ...this.#where(said).map((words) => ` · ${words}`)),
        h('p', { class: `hint mark-${mark}` }, this.#t(`log.mark.${mark}`)),
      ),
      ...remove,
    ];
    row.append(...shown);
    return row;
  }

  /** @param {Said | null} said @returns {string[]} */
  #where(said) {
    const { at, device, length } = said ?? {};
    return [
      at ? this.#t('log.at', { device: at }) : '',
      device ? this.#t('log.from', { device }) : '',
      typeof length === 'number' ? this.#t('log.length', { length: duration(length) }) : '',
    ].filter(Boolean);
  }

  /** @param {HTMLElement} row @param {readonly Node[]} shown @param {LogItem} item */
  #ask(row, shown, item) {
    const words = { question: this.#t('log.delete.confirm'), sure: this.#t('log.delete'), keep: this.#t('devices.keep') };
    const back = () => {
      row.replaceChildren(...shown);
      row.querySelector('button')?.focus();
    };
    const act = async () => {
      await this.#parts.account.log.remove([item]);
      back();
      await this.load();
    };
    row.replaceChildren(confirmation(words, act, (error) => this.#failed(error), back));
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#problem.say(this.#t(`problem.${codeOf(error)}`));
  }
}

/** Why it went as it did; nothing where there is no more to say. Pure. @param {Said | null} said @param {import('../i18n.js').Translate} t */
export function reasonOf(said, t) {
  const key = `reason.${said?.reason ?? ''}`;
  const words = t(key);
  return words === key ? '' : words;
}

/** What happened, in one sentence. Pure. @param {Said} said @param {import('../i18n.js').Translate} t */
export function sentenceOf({ what, outcome, name }, t) {
  const values = { name: name || t('log.somebody') };
  if (what === 'deleted' && name) return t('log.deleted.by', values);
  const exact = `log.${what}.${outcome ?? ''}`;
  const words = t(exact, values);
  return words === exact ? t(`log.${what}`, values) : words;
}
