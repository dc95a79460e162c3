/** Choosing one of a few, and switching something on and off: large enough for every finger, named for every reader. */

import { h } from './dom.js';
import { icon } from './icons.js';

/** @typedef {{value: string, text: string, about?: string}} Option */

/**
 * One of a few, each with a sentence that says what it means.
 * @param {string} label @param {string} name of the group @param {readonly Option[]} options @param {string} chosen
 * @param {(value: string) => void} changed @param {{labelled?: boolean}} [look] whether the label is seen, too
 */
export function explained(label, name, options, chosen, changed, { labelled = true } = {}) {
  const rows = options.map(({ value, text, about }) => {
    const input = radio(name, value, value === chosen, changed);
    return h('label', { class: 'explained' }, input, h('span', { class: 'words' }, h('strong', {}, text), about ? h('span', { class: 'hint' }, about) : null));
  });
  return group(label, name, labelled, h('div', { class: 'choose' }, ...rows));
}

/**
 * One of a few short words, side by side.
 * @param {string} label @param {string} name @param {readonly Option[]} options @param {string} chosen @param {(value: string) => void} changed
 * @param {{labelled?: boolean}} [look]
 */
export function segments(label, name, options, chosen, changed, { labelled = true } = {}) {
  const parts = options.map(({ value, text }) => h('label', { class: 'segment' }, radio(name, value, value === chosen, changed), h('span', {}, text)));
  return group(label, name, labelled, h('div', { class: 'segments' }, ...parts));
}

/** @param {string} name @param {string} value @param {boolean} checked @param {(value: string) => void} changed */
function radio(name, value, checked, changed) {
  const input = h('input', { type: 'radio', name, value, checked });
  input.addEventListener('change', () => changed(value));
  return input;
}

/** @param {string} label @param {string} name @param {boolean} labelled @param {HTMLElement} rows */
function group(label, name, labelled, rows) {
  const id = `group-${name}`;
  const title = h('span', { id, class: labelled ? 'group-label' : 'visually-hidden' }, label);
  return h('div', { class: 'group', role: 'radiogroup', 'aria-labelledby': id }, title, rows);
}

/** The one that is chosen in a group. @param {Element} group @returns {string} */
export function chosenIn(group) {
  return /** @type {HTMLInputElement | null} */ (group.querySelector('input[type="radio"]:checked'))?.value ?? '';
}

/**
 * Something that is on or off.
 * @param {string} text @param {boolean} on @param {(on: boolean) => void} changed @param {{about?: string, icon?: string, name?: string}} [look]
 */
export function toggle(text, on, changed, { about = '', icon: drawn, name } = {}) {
  const words = h('span', { class: 'words' }, h('strong', {}, text), about ? h('span', { class: 'hint' }, about) : null);
  const attributes = { type: 'button', class: 'onoff', role: 'switch', 'aria-checked': String(on), 'aria-label': name ?? text };
  const element = h('button', attributes, drawn ? icon(drawn) : null, words, h('span', { class: 'knob', 'aria-hidden': 'true' }));
  element.addEventListener('click', () => changed(element.getAttribute('aria-checked') !== 'true'));
  return element;
}

/**
 * A list to choose from, where there are too many for radio buttons.
 * @param {string} label @param {string} id @param {readonly Option[]} options @param {string} chosen @param {(value: string) => void} changed
 * @param {string} [hint]
 */
export function pickOne(label, id, options, chosen, changed, hint = '') {
  const some = options.some(({ value }) => value === chosen) ? options : [{ value: chosen, text: chosen }, ...options];
  const select = h('select', { id, 'aria-describedby': `${id}-hint` }, ...some.map(({ value, text }) => h('option', { value, selected: value === chosen }, text)));
  select.addEventListener('change', () => changed(select.value));
  return h('div', { class: 'field' }, h('label', { for: id }, label), select, h('p', { class: 'hint', id: `${id}-hint` }, hint));
}
