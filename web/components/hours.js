/** Hours of the week, as a list that is added to: "Mon, Tue, 9:00 to 18:00". */

import { clock, daysOf, daysTogether, isSpan, MIDNIGHT, minutesOf } from '../granting/contents.js';
import { dayNames, hoursWords } from '../granting/words.js';
import { h } from './dom.js';
import { button } from './pieces.js';

/** @import {Hours} from '../trust/grants.js' */
/** @import {Parts} from './view.js' */

const MOST = 7;
const [NINE, SIX] = [9 * 60, 18 * 60];

/** Days and two times, to be changed. */
export class SpanForm {
  #t;
  #days;
  #begin;
  #end;
  element;

  /** @param {Parts} parts @param {string} id @param {Hours} hours */
  constructor(parts, id, { days, begin, end }) {
    this.#t = parts.translate();
    const language = parts.language();
    const [short, long] = [dayNames(language, 'short'), dayNames(language, 'long')];
    this.#days = short.map((name, day) => {
      const input = h('input', { type: 'checkbox', value: day, checked: daysOf(days).includes(day), 'aria-label': long[day] ?? name });
      return { input, element: h('label', { class: 'option' }, input, h('span', {}, name)) };
    });
    this.#begin = time(`${id}-begin`, begin);
    this.#end = time(`${id}-end`, end);
    this.element = h(
      'div',
      { class: 'choices' },
      h('div', { class: 'options days', role: 'group', 'aria-label': this.#t('hours.days') }, ...this.#days.map(({ element }) => element)),
      h(
        'div',
        { class: 'from-to' },
        h('div', { class: 'field' }, h('label', { for: `${id}-begin` }, this.#t('hours.from')), this.#begin),
        h('div', { class: 'field' }, h('label', { for: `${id}-end` }, this.#t('hours.to')), this.#end),
      ),
    );
  }

  /** @returns {Hours | null} null where that is no time at all */
  get value() {
    const days = daysTogether(this.#days.filter(({ input }) => input.checked).map(({ input }) => Number(input.value)));
    const [begin, end] = [minutesOf(this.#begin.value), minutesOf(this.#end.value)];
    if (begin === null || end === null) return null;
    const span = { days, begin, end: end || MIDNIGHT };
    return isSpan(span) ? span : null;
  }

  focus() {
    this.#days[0]?.input.focus();
  }
}

/** @param {string} id @param {number} minutes */
function time(id, minutes) {
  const input = h('input', { id, type: 'time', required: true });
  input.value = clock(minutes);
  return input;
}

/** Spans that are there, and one more to be added. */
export class HoursList {
  #parts;
  #t;
  #list = h('ul', { class: 'spans' });
  #asked = h('div', { class: 'choices' });
  #more;
  /** @type {Hours[]} */ #hours;
  element;

  /** @param {Parts} parts @param {readonly Hours[]} hours */
  constructor(parts, hours) {
    this.#parts = parts;
    this.#t = parts.translate();
    this.#hours = [...hours];
    this.#more = button(this.#t('hours.add'), () => this.#ask(), { icon: 'plus', kind: 'quiet' });
    this.element = h('div', { class: 'choices tight' }, this.#list, this.#asked, this.#more);
    this.#show();
  }

  /** What is written down but not taken over yet counts, too. @returns {Hours[]} */
  get value() {
    const last = this.#form?.value ?? null;
    return last === null ? this.#hours : [...this.#hours, last];
  }

  /** Whether something is begun that is no time. */
  get wrong() {
    return this.#form !== null && this.#form.value === null;
  }

  /** @type {SpanForm | null} */ #form = null;

  /** Begin with a proposal, where there is nothing yet. */
  propose() {
    if (this.#hours.length === 0 && this.#form === null) this.#ask();
  }

  #ask() {
    const taken = this.#form?.value;
    if (taken) this.#hours.push(taken);
    this.#form = new SpanForm(this.#parts, 'hours', { days: 0b0011111, begin: NINE, end: SIX });
    this.#asked.replaceChildren(this.#form.element);
    this.#show();
    this.#form.focus();
  }

  #show() {
    const language = this.#parts.language();
    this.#list.replaceChildren(
      ...this.#hours.map((span, index) => {
        const words = hoursWords(span, language, this.#t);
        const remove = () => {
          this.#hours.splice(index, 1);
          this.#show();
          this.#more.focus();
        };
        return h('li', { class: 'row' }, h('span', { class: 'who' }, words), button(this.#t('hours.remove'), remove, { icon: 'close', kind: 'quiet bare', attributes: { 'aria-label': this.#t('hours.remove.of', { hours: words }) } }));
      }),
    );
    this.#list.hidden = this.#hours.length === 0;
    this.#more.hidden = this.#hours.length + (this.#form ? 1 : 0) >= MOST;
  }
}
