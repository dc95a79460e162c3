/** The own history: what was done, by day and device; looked through, deleted, and kept for as long as one likes. */

import { codeOf } from '../session/problem.js';
import { OwnHistory } from '../session/history.js';
import { duration } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { pickOne } from './options.js';
import { alertLine, busy, button, field } from './pieces.js';
import { confirmation } from './rows.js';

/** @import {Filter} from '../session/history.js' */
/** @import {HistoryEntry} from '../protocol.js' */
/** @import {Translate} from '../i18n.js' */
/** @import {Parts} from './view.js' */

/** What an entry is drawn with. @type {Readonly<Record<HistoryEntry['kind'], string>>} */
const ICONS = { call: 'call', drop_in: 'drop-in', group: 'people', message: 'message', announcement: 'speaker' };

/** How long it may be kept, as the server names it. */
const MONTHS = /** @type {const} */ ([18, 3, null, 0]);

/** @param {Parts} parts */
export function openHistory(parts) {
  const t = parts.translate();
  const history = new HistoryScreen(parts);
  const dialog = openDialog(t('history.title'), t, ...history.elements);
  dialog.classList.add('wide-dialog', 'history');
  let seen = parts.store.state.historyRevision;
  const stop = parts.store.subscribe(({ historyRevision }) => {
    if (historyRevision === seen || history.asking) return;
    seen = historyRevision; // something was deleted at another device
    void history.load();
  });
  dialog.addEventListener('close', stop);
  void history.load();
}

class HistoryScreen {
  #parts;
  #t;
  #own;
  /** @type {Filter} */ #filter = { endpoint: null, day: null };
  #problem = alertLine();
  #said = h('p', { class: 'visually-hidden', role: 'status' });
  #device = h('div', { class: 'field-place' });
  #day;
  #keep = h('div', { class: 'field-place' });
  #list = h('ul', { class: 'log' });
  #none = h('p', { class: 'hint none' });
  #more;
  #foot = h('div', { class: 'foot' });
  #before = /** @type {number | null} */ (null);
  #heading = '';
  /** One thing after another. */ #last = Promise.resolve();

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.#own = new OwnHistory((draft, options) => parts.account.send(draft, options));
    this.#day = field(this.#t('history.day'), { id: 'history-day', type: 'date', max: dayText(new Date()) });
    this.#day.input.addEventListener('change', () => {
      const { value } = this.#day.input;
      this.#choose({ day: value === '' ? null : new Date(`${value}T00:00`) });
    });
    this.#more = button(this.#t('log.more'), () => void busy(this.#more, () => this.#page(), (error) => this.#failed(error)), { kind: 'wide', attributes: { hidden: true } });
  }

  get elements() {
    const filters = h('div', { class: 'filters' }, this.#device, this.#day.element);
    return [h('p', { class: 'hint' }, this.#t('history.about')), filters, this.#problem.element, this.#said, this.#none, this.#list, this.#more, this.#foot, this.#keep, this.#recordings()];
  }

  /** Whether somebody is about to delete something. */
  get asking() {
    return this.#list.querySelector('.confirm') !== null || this.#foot.querySelector('.confirm') !== null;
  }

  /** From the latest on. */
  load() {
    this.#last = this.#last.then(() => this.#anew()).catch((error) => this.#failed(error));
    return this.#last;
  }

  /** @param {Partial<Filter>} change */
  #choose(change) {
    this.#filter = { ...this.#filter, ...change };
    void this.load();
  }

  async #anew() {
    this.#before = null;
    this.#heading = '';
    this.#problem.say('');
    await this.#page([]);
  }

  /** @param {readonly Element[]} [kept] what stays above */
  async #page(kept = [...this.#list.children]) {
    const { entries, more, devices, months } = await this.#own.page(this.#filter, this.#before);
    this.#before = more;
    this.#more.hidden = more === null;
    this.#list.replaceChildren(...kept, ...entries.flatMap((entry) => this.#rows(entry)));
    const empty = this.#list.children.length === 0;
    const filtered = this.#filter.day !== null || this.#filter.endpoint !== null;
    setText(this.#none, !empty ? '' : this.#t(months === 0 ? 'history.none.kept' : filtered ? 'history.none.here' : 'history.none'));
    this.#foot.replaceChildren(...(empty ? [] : [this.#removeAll()]));
    this.#showChoices(devices, months);
  }

  /** @param {readonly {endpoint: string, name: string}[]} devices @param {0 | 3 | 18 | null} months */
  #showChoices(devices, months) {
    const everywhere = { value: '', text: this.#t('history.everywhere') };
    const options = [everywhere, ...devices.map(({ endpoint, name }) => ({ value: endpoint, text: name }))];
    const chosen = this.#filter.endpoint ?? '';
    keepFocus(this.#device, pickOne(this.#t('history.device'), 'history-device', options, chosen, (value) => this.#choose({ endpoint: value || null })));
    const lengths = MONTHS.map((one) => ({ value: String(one), text: this.#t(`history.keep.${one}`) }));
    const keep = (/** @type {string} */ value) => {
      const wanted = MONTHS.find((one) => String(one) === value) ?? null;
      void this.#change(() => this.#own.keep(wanted), this.#t('saved'));
    };
    keepFocus(this.#keep, pickOne(this.#t('history.keep'), 'history-keep', lengths, String(months), keep, this.#t('history.keep.about')));
  }

  /** An entry, under its day if that is another one. @param {HistoryEntry} entry */
  #rows(entry) {
    const when = new Date(entry.at * 1_000);
    const day = new Intl.DateTimeFormat(this.#parts.language(), { dateStyle: 'full' }).format(when);
    const heading = day === this.#heading ? [] : [h('li', { class: 'day' }, h('h3', {}, day))];
    this.#heading = day;
    return [...heading, this.#row(entry, when)];
  }

  /** @param {HistoryEntry} entry @param {Date} when */
  #row(entry, when) {
    const time = new Intl.DateTimeFormat(this.#parts.language(), { timeStyle: 'short' }).format(when);
    const sentence = sentenceOf(entry, this.#t);
    const missed = !entry.outgoing && entry.outcome === 'missed';
    const row = h('li', { class: missed ? 'entry against' : 'entry' });
    const label = { 'aria-label': this.#t('log.delete.of', { entry: `${sentence}, ${time}` }) };
    const remove = button(this.#t('log.delete'), () => this.#ask(row, shown, entry), { icon: 'trash', kind: 'quiet bare', attributes: label });
    const about = [entry.device && this.#t('log.at', { device: entry.device }), entry.seconds >= 1 && this.#t('log.length', { length: duration(entry.seconds) })];
    const shown = [
      h('span', { class: 'drawn' }, icon(ICONS[entry.kind])),
      h('div', { class: 'who' }, h('p', {}, sentence), h('p', { class: 'hint' }, h('time', { datetime: when.toISOString() }, time), ...about.filter(Boolean).map((words) => ` · ${words}`))),
      remove,
    ];
    row.append(...shown);
    return row;
  }

  /** @param {HTMLElement} row @param {readonly Node[]} shown @param {HistoryEntry} entry */
  #ask(row, shown, entry) {
    const words = { question: this.#t('history.delete.confirm'), sure: this.#t('log.delete'), keep: this.#t('devices.keep') };
    const back = () => {
      row.replaceChildren(...shown);
      row.querySelector('button')?.focus();
    };
    row.replaceChildren(confirmation(words, () => this.#change(() => this.#own.remove(entry), this.#t('history.deleted'), back), (error) => this.#failed(error), back));
  }

  /** All that is shown: of a day, of a device, or everything; the button says which. */
  #removeAll() {
    const { day, endpoint } = this.#filter;
    const device = this.#device.querySelector('option:checked')?.textContent ?? '';
    const date = day ? new Intl.DateTimeFormat(this.#parts.language(), { dateStyle: 'long' }).format(day) : '';
    const key = day && endpoint ? 'both' : day ? 'day' : endpoint ? 'device' : 'all';
    const text = this.#t(`history.delete.${key}`, { day: date, device });
    const place = h('div', {});
    const ask = button(text, () => place.replaceChildren(sure), { icon: 'trash', kind: 'quiet wide', attributes: { 'data-does': 'history-delete' } });
    const back = () => {
      place.replaceChildren(ask);
      ask.focus();
    };
    const words = { question: this.#t('history.delete.sure', { what: text }), sure: this.#t('log.delete'), keep: this.#t('devices.keep') };
    const sure = confirmation(words, () => this.#change(() => this.#own.removeAll(this.#filter), this.#t('history.deleted'), back), (error) => this.#failed(error), back);
    place.append(ask);
    return place;
  }

  /** What was recorded can go, and what was written stays. */
  #recordings() {
    const place = h('div', { class: 'field' });
    const about = h('p', { class: 'hint' }, this.#t('history.recordings.about'));
    const ask = button(this.#t('history.recordings'), () => place.replaceChildren(sure), { icon: 'trash', kind: 'quiet', attributes: { 'data-does': 'recordings-delete' } });
    const back = () => {
      place.replaceChildren(ask, about);
      ask.focus();
    };
    const words = { question: this.#t('history.recordings.sure'), sure: this.#t('history.recordings'), keep: this.#t('devices.keep') };
    const sure = confirmation(words, () => this.#change(() => this.#parts.deleteRecordings(), this.#t('history.recordings.done'), back), (error) => this.#failed(error), back);
    place.append(ask, about);
    return place;
  }

  /** @param {() => Promise<void>} work @param {string} done what is said then @param {() => void} [back] */
  async #change(work, done, back = () => {}) {
    try {
      await work();
      back();
      await this.load();
      setText(this.#said, done);
    } catch (error) {
      back();
      this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#problem.say(this.#t(`problem.${codeOf(error)}`));
  }
}

/** What happened, in one sentence. Pure. @param {HistoryEntry} entry @param {Translate} t */
export function sentenceOf({ kind, outgoing, outcome, name }, t) {
  const values = { name: name || t('log.somebody') };
  const way = `history.${kind}.${outgoing ? 'out' : 'in'}`;
  const exact = t(`${way}.${outcome}`, values);
  return exact === `${way}.${outcome}` ? t(way, values) : exact;
}

/** @param {HTMLElement} place @param {HTMLElement} element */
function keepFocus(place, element) {
  const focused = place.contains(document.activeElement);
  place.replaceChildren(element);
  if (focused) element.querySelector('select')?.focus();
}

/** As a date field has it, in the time of this place. @param {Date} day */
function dayText(day) {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
