/**
 * Lists of what is one's own: each row says what it is and what can be done to it. A question about a row
 * takes the row's place, and gives it back with the focus where it was.
 */

import { h } from './dom.js';
import { icon } from './icons.js';
import { busy, button, field, form } from './pieces.js';

/** @import {Translate} from '../i18n.js' */
/** @import {Child} from './dom.js' */

/**
 * @typedef {object} Deed
 * @property {string} text
 * @property {string} of  the same with the name of the row, for those who do not see it
 * @property {string} icon
 * @property {(back: () => void) => HTMLElement} ask  what takes the row's place
 */

/**
 * @param {{face: Element, name: string, about: Child, lively?: boolean}} what @param {...Deed} deeds
 * @returns {HTMLLIElement}
 */
export function ownRow({ face, name, about, lively = false }, ...deeds) {
  const element = h('li', { class: 'own' });
  const buttons = deeds.map(({ text, of, icon: drawn, ask }) => {
    const pressed = button(text, () => element.replaceChildren(ask(() => back(pressed))), {
      icon: drawn,
      kind: 'quiet',
      attributes: { 'aria-label': of },
    });
    return pressed;
  });
  const words = h('div', { class: 'who' }, h('strong', {}, name), h('p', { class: lively ? 'about here' : 'about' }, about));
  const shown = [face, words, h('div', { class: 'actions' }, ...buttons)];
  const back = (/** @type {HTMLElement} */ focused) => {
    element.replaceChildren(...shown);
    focused.focus();
  };
  element.append(...shown);
  return element;
}

/** What a row of things shows instead of a person's letters. @param {string} name of an icon */
export function thingFace(name) {
  return h('span', { class: 'avatar of-device', 'aria-hidden': 'true' }, icon(name));
}

/** Whether somebody is in the middle of answering. @param {Element} list */
export function isAsking(list) {
  return list.querySelector('form, .confirm') !== null;
}

/**
 * "Really?", with the focus on what changes nothing.
 * @param {{question: string, sure: string, keep: string}} words
 * @param {() => Promise<void>} act @param {(error: unknown) => void} failed @param {() => void} back
 */
export function confirmation({ question, sure, keep }, act, failed, back) {
  const yes = button(sure, () => void busy(yes, act, failed), { kind: 'danger' });
  const no = button(keep, back, { kind: 'quiet' });
  queueMicrotask(() => no.focus());
  return h(
    'div',
    { class: 'confirm', role: 'group', 'aria-label': question },
    h('p', {}, question),
    h('div', { class: 'actions' }, yes, no),
  );
}

/**
 * What is done only after "really?".
 * @param {Omit<Deed, 'ask'> & {question: string, keep: string}} words
 * @param {(back: () => void) => Promise<void>} act @param {(error: unknown) => void} failed
 * @returns {Deed}
 */
export function askedDeed({ question, keep, ...deed }, act, failed) {
  return { ...deed, ask: (back) => confirmation({ question, sure: deed.text, keep }, () => act(back), failed, back) };
}

/**
 * Another name for what is in the row.
 * @param {Translate} t @param {{id: string, name: string}} what `id` of the field
 * @param {(name: string, back: () => void) => Promise<void>} act an empty name never reaches it
 * @param {(error: unknown | null) => void} failed null for an empty name
 * @returns {Deed}
 */
export function renameDeed(t, what, act, failed) {
  const words = { text: t('devices.rename'), of: t('devices.rename.of', { name: what.name }), icon: 'pen' };
  return { ...words, ask: (back) => renaming(t, what, (name) => act(name, back), failed, back) };
}

/** @param {Translate} t @param {{id: string, name: string}} what @param {(name: string) => Promise<void>} act @param {(error: unknown | null) => void} failed @param {() => void} back */
function renaming(t, { id, name }, act, failed, back) {
  const renamed = field(t('devices.name'), { id, maxlength: 64, value: name });
  const saved = button(t('save'), () => {}, { kind: 'primary', attributes: { type: 'submit' } });
  const submitted = () => {
    const typed = renamed.input.value.trim();
    if (typed === '') failed(null);
    else void busy(saved, () => act(typed), failed);
  };
  queueMicrotask(() => renamed.input.select());
  return form(submitted, renamed.element, h('div', { class: 'actions' }, saved, button(t('devices.keep'), back, { kind: 'quiet' })));
}
