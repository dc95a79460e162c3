/** Small things that screens are made of. */

import { h, setText } from './dom.js';
import { icon } from './icons.js';

/** @import {Attributes, Child} from './dom.js' */

const HUES = 8;

/**
 * @param {string} text @param {() => void} pressed
 * @param {{icon?: string, kind?: string, attributes?: Attributes}} [look]
 */
export function button(text, pressed, { icon: name, kind = '', attributes = {} } = {}) {
  const element = h(
    'button',
    { type: 'button', class: `button ${kind}`.trim(), ...attributes },
    name ? icon(name) : null,
    h('span', { class: 'label' }, text),
  );
  element.addEventListener('click', pressed);
  return element;
}

/** Change a button's words. @param {HTMLButtonElement} element @param {string} text */
export function setLabel(element, text) {
  const label = element.querySelector('.label');
  if (label) setText(label, text);
}

/** Change a button's icon. @param {HTMLButtonElement} element @param {string} name */
export function setIcon(element, name) {
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  element.querySelector('.icon')?.replaceWith(icon(name));
}

/** The first letters of a name on a colour that belongs to the id. @param {string} id @param {string} name */
export function avatar(id, name) {
  return h('span', { class: `avatar hue-${hueOf(id)}`, 'aria-hidden': 'true' }, initials(name));
}

/** @param {string} id */
export function hueOf(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return sum % HUES;
}

/** @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toLocaleUpperCase();
}

/**
 * A labelled field with room for what is wrong with it.
 * @param {string} label @param {Attributes & {id: string}} attributes @param {string} [hint]
 */
export function field(label, attributes, hint) {
  const input = h('input', { ...attributes, 'aria-describedby': `${attributes.id}-hint` });
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: attributes.id }, label),
    input,
    h('p', { class: 'hint', id: `${attributes.id}-hint` }, hint ?? ''),
  );
  return { element, input };
}

/** A sentence that a screen reader says as soon as it appears. */
export function alertLine() {
  const element = h('p', { class: 'alert', role: 'alert', hidden: true });
  return {
    element,
    /** @param {string} text empty for none */
    say(text) {
      element.hidden = text === '';
      element.replaceChildren(...(text === '' ? [] : [icon('warning'), h('span', {}, text)]));
    },
  };
}

/**
 * Run what a button started; meanwhile it cannot be pressed again.
 * @param {HTMLButtonElement} pressed @param {() => Promise<void>} work @param {(error: unknown) => void} failed
 */
export async function busy(pressed, work, failed) {
  if (pressed.getAttribute('aria-busy') === 'true') return;
  pressed.setAttribute('aria-busy', 'true');
  try {
    await work();
  } catch (error) {
    failed(error);
  } finally {
    pressed.removeAttribute('aria-busy');
  }
}

/** A form whose own submission is replaced. @param {() => void} submitted @param {...Child} children */
export function form(submitted, ...children) {
  const element = h('form', { novalidate: true }, ...children);
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    submitted();
  });
  return element;
}
