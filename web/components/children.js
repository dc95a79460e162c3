/** The children of the household: who they are, and a page for each. */

import { codeOf } from '../session/problem.js';
import { openChild } from './child.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { alertLine, avatar, busy, button, field, form } from './pieces.js';

/** @import {ChildView} from '../protocol.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openChildren(parts) {
  const t = parts.translate();
  const { children } = parts.account;
  const problem = alertLine();
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const list = h('ul', { class: 'lines' });
  const none = h('p', { class: 'hint' }, t('children.none'));
  let version = 0;
  let shown = /** @type {State['children'] | null} */ (null);

  const row = (/** @type {ChildView} */ child) => {
    const words = h('span', { class: 'who' }, h('strong', {}, child.name), h('span', { class: 'hint' }, t(limitsKey(child))));
    const open = h('button', { type: 'button', class: 'line-button', 'aria-label': t('children.open.of', { name: child.name }) }, avatar(child.id, child.name), words, icon('pen'));
    open.addEventListener('click', () => openChild(parts, child.id, version));
    return h('li', {}, open);
  };
  const show = (/** @type {State} */ state) => {
    if (state.children === shown) return;
    shown = state.children;
    list.replaceChildren(...shown.map(row));
    none.hidden = shown.length > 0;
  };
  const name = field(t('children.name'), { id: 'child-name', maxlength: 64, autocomplete: 'off' });
  const add = button(t('children.add'), () => {}, { kind: 'primary', icon: 'plus', attributes: { type: 'submit' } });
  const adding = async () => {
    const child = await children.add(name.input.value.trim());
    openChild(parts, child.id, version); // consent comes first: without it the profile does nothing
  };
  const submitted = () => {
    problem.say(name.input.value.trim() === '' ? t('field.missing') : '');
    if (name.input.value.trim() !== '') void busy(add, adding, failed);
  };
  const dialog = openDialog(t('children.title'), t, h('p', { class: 'hint' }, t('children.lead')), problem.element, list, none, form(submitted, name.element, add));
  dialog.addEventListener('close', parts.store.subscribe(show));
  children.list().then((current) => (version = current), failed);
}

/** @param {ChildView} child @returns {string} a text key */
function limitsKey({ consent, calling, messaging, drop_in }) {
  if (consent === undefined || consent === null) return 'children.inert';
  const count = [calling, messaging, drop_in].filter(Boolean).length;
  return count === 3 ? 'children.limits.all' : count === 0 ? 'children.limits.none' : 'children.limits.some';
}
