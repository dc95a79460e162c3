/** A contact by hand: added, or changed. */

import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { alertLine, busy, button, field, form } from './pieces.js';

/** @import {ContactView, WrittenNumber} from '../protocol.js' */
/** @import {Parts} from './view.js' */

const MOST_NUMBERS = 20;

/** What most people call their numbers; any other word of an old entry stays. @type {readonly string[]} */
export const LABELS = ['mobile', 'home', 'work', 'other'];

/** @param {Parts} parts @param {ContactView | null} contact null for a new one @param {(contact: ContactView) => void} [saved] */
export function openContactForm(parts, contact, saved = () => {}) {
  const t = parts.translate();
  const { contacts } = parts.account;
  const problem = alertLine();
  const words = (/** @type {'name' | 'nickname' | 'organization'} */ key) =>
    field(t(`contact.${key}`), { id: `contact-${key}`, maxlength: 128, autocomplete: 'off', value: contact?.[key] });
  const [name, nickname, organization] = [words('name'), words('nickname'), words('organization')];
  const numbers = new Numbers(parts, contact?.numbers ?? []);
  const save = button(t('save'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });

  const keep = async () => {
    const fields = {
      name: name.input.value.trim(),
      nickname: nickname.input.value.trim(),
      organization: organization.input.value.trim(),
      numbers: numbers.values,
    };
    const reply = contact ? await contacts.edit(contact.id, fields) : await contacts.add(fields);
    dialog.close();
    saved(reply.contact);
  };
  const submitted = () => {
    const missing = name.input.value.trim() === '';
    name.input.toggleAttribute('aria-invalid', missing);
    problem.say(missing ? t('field.missing') : '');
    if (missing) name.input.focus();
    else void busy(save, keep, (error) => problem.say(t(`problem.${codeOf(error)}`)));
  };
  const title = t(contact ? 'contact.edit.title' : 'contact.add.title');
  const dialog = openDialog(
    title,
    t,
    problem.element,
    form(submitted, name.element, numbers.element, nickname.element, organization.element, save),
  );
  name.input.focus();
}

/** One line a number: what it is, and the number. */
class Numbers {
  #t;
  #count = 0;
  #lines = h('ul', { class: 'numbers' });
  #more;
  element;

  /** @param {Parts} parts @param {readonly WrittenNumber[]} numbers */
  constructor(parts, numbers) {
    this.#t = parts.translate();
    this.#more = button(this.#t('contact.number.add'), () => this.#add({ label: this.#nextLabel(), number: '' }, true), {
      icon: 'plus',
      kind: 'quiet',
    });
    this.element = h('fieldset', { class: 'loose' }, h('legend', { class: 'visually-hidden' }, this.#t('contact.numbers')), this.#lines, this.#more);
    for (const number of numbers.length > 0 ? numbers : [{ label: 'mobile', number: '' }]) this.#add(number, false);
  }

  /** @returns {WrittenNumber[]} */
  get values() {
    return [...this.#lines.children].flatMap((line) => {
      const number = line.querySelector('input')?.value.trim() ?? '';
      return number === '' ? [] : [{ label: line.querySelector('select')?.value ?? '', number }];
    });
  }

  /** The first that is not there yet. */
  #nextLabel() {
    const there = [...this.#lines.querySelectorAll('select')].map(({ value }) => value);
    return LABELS.find((label) => !there.includes(label)) ?? 'other';
  }

  /** @param {WrittenNumber} number @param {boolean} focus */
  #add({ label = '', number }, focus) {
    const id = `contact-number-${(this.#count += 1)}`;
    const known = LABELS.includes(label);
    const options = (known ? LABELS : [label, ...LABELS]).map((option) =>
      h('option', { value: option, selected: option === label }, labelWords(option, this.#t)),
    );
    const sort = h('select', { 'aria-label': this.#t('contact.label') }, ...options);
    const typed = h('input', { id, type: 'tel', inputmode: 'tel', autocomplete: 'off', maxlength: 64, 'aria-label': this.#t('contact.number') });
    typed.value = number;
    const gone = button(this.#t('contact.number.remove'), () => this.#remove(line), { icon: 'close', kind: 'quiet bare' });
    const line = h('li', { class: 'field' }, sort, typed, gone);
    this.#lines.append(line);
    this.#settle();
    if (focus) typed.focus();
  }

  /** @param {HTMLElement} line */
  #remove(line) {
    line.remove();
    this.#settle();
    this.#more.focus();
  }

  #settle() {
    this.#more.hidden = this.#lines.children.length >= MOST_NUMBERS;
  }
}

/** @param {string} label as its source wrote it @param {import('../i18n.js').Translate} t */
export function labelWords(label, t) {
  if (LABELS.includes(label)) return t(`label.${label}`);
  return label === '' ? t('label.none') : label;
}
