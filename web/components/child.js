/** One child: consent first, then what they may, whom they reach, what they did, their tablet, and the end of it. */

import { callablePeople, livesHere, reachedPeople } from '../state/state.js';
import { codeOf } from '../session/problem.js';
import { openChildActivity } from './child-activity.js';
import { openChildren } from './children.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { toggle } from './options.js';
import { openChildPairing } from './pairing.js';
import { alertLine, busy, button } from './pieces.js';
import { confirmation } from './rows.js';

/** @import {ChildView} from '../protocol.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @type {readonly ('calling' | 'messaging' | 'drop_in' | 'drop_in_home')[]} */
const LIMITS = ['calling', 'messaging', 'drop_in', 'drop_in_home'];

/** @param {Parts} parts @param {string} id @param {number} version of what is to be agreed to */
export function openChild(parts, id, version) {
  const t = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' });
  const find = (/** @type {State} */ { children }) => children.find((child) => child.id === id) ?? null;
  const first = find(parts.store.state);
  if (first === null) return;
  const dialog = openDialog(first.name, t, problem.element, body);
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const page = { parts, version, failed, back: () => openChildren(parts) };
  let shown = /** @type {ChildView | null} */ (null);
  const show = (/** @type {State} */ state) => {
    const child = find(state);
    if (child === shown || body.querySelector('.confirm') !== null) return;
    shown = child;
    problem.say('');
    if (child === null) queueMicrotask(() => dialog.close());
    else body.replaceChildren(...(agreed(child) ? limits(page, child) : consent(page, child)));
  };
  dialog.addEventListener('close', parts.store.subscribe(show));
}

/** @typedef {{parts: Parts, version: number, failed: (error: unknown) => void, back: () => void}} Page */

/** @param {ChildView} child */
function agreed({ consent }) {
  return typeof consent === 'number';
}

/** What a parent has to read before anything works. @param {Page} page @param {ChildView} child */
function consent(page, child) {
  const { parts, version, failed } = page;
  const t = parts.translate();
  const values = { name: child.name };
  const facts = ['limits', 'keeps', 'sees', 'review', 'erase'].map((fact) => h('li', {}, t(`consent.${fact}`, values)));
  const tick = h('input', { id: 'consent-tick', type: 'checkbox' });
  const agree = button(t('consent.agree'), () => void busy(agree, () => parts.account.children.consent(child.id, version), failed), { kind: 'primary wide' });
  agree.disabled = true;
  tick.addEventListener('change', () => (agree.disabled = !tick.checked));
  const text = h('a', { href: `/consent.${parts.language()}.html`, target: '_blank', rel: 'noopener' }, t('consent.read'));
  return [
    h('h3', {}, t('consent.title', values)),
    h('p', {}, t('consent.lead', values)),
    h('ul', { class: 'facts' }, ...facts),
    h('p', { class: 'agree' }, text),
    h('label', { class: 'tick', for: 'consent-tick' }, tick, h('span', {}, t('consent.tick', values))),
    agree,
    h('p', { class: 'hint' }, t('consent.message')),
    erasing(page, child),
  ];
}

/** @param {Page} page @param {ChildView} child */
function limits(page, child) {
  const { parts, failed } = page;
  const t = parts.translate();
  const switches = LIMITS.map((limit) => {
    const element = toggle(t(`child.${limit}`), child[limit], (on) => void parts.account.children.set(child.id, { [limit]: on }).catch(failed), { about: t(`child.${limit}.about`, { name: child.name }) });
    element.dataset.does = limit;
    return h('li', {}, element);
  });
  const activity = button(t('child.activity', { name: child.name }), () => openChildActivity(parts, child), { icon: 'clock', kind: 'wide start' });
  const tablet = button(t('child.tablet', { name: child.name }), () => openChildPairing(parts, child), { icon: 'device', kind: 'wide start' });
  return [h('ul', { class: 'lines' }, ...switches), chosen(page, child), activity, tablet, erasing(page, child)];
}

/** Whom outside the household the child reaches, and is reached by. @param {Page} page @param {ChildView} child */
function chosen({ parts, failed }, child) {
  const t = parts.translate();
  const { state } = parts.store;
  const language = parts.language();
  const elsewhere = callablePeople(state, language).filter(({ id }) => !livesHere(state, id));
  const known = [...elsewhere, ...reachedPeople(state, language)].map(({ id, name }) => ({ person: id, name }));
  const others = child.contacts.filter(({ person }) => !known.some((one) => one.person === person));
  const all = [...others, ...known];
  const rows = all.map(({ person, name }) => {
    const input = h('input', { type: 'checkbox', id: `child-reaches-${person}`, checked: child.contacts.some((one) => one.person === person) });
    input.addEventListener('change', () => {
      const kept = child.contacts.map((one) => one.person).filter((one) => one !== person);
      void parts.account.children.set(child.id, { contacts: input.checked ? [...kept, person] : kept }).catch(failed);
    });
    return h('li', {}, h('label', { class: 'tick', for: `child-reaches-${person}` }, input, h('span', {}, name)));
  });
  const list = rows.length ? h('ul', { class: 'ticks' }, ...rows) : h('p', { class: 'hint' }, t('child.contacts.none'));
  return h('fieldset', { class: 'loose' }, h('legend', {}, t('child.contacts')), h('p', { class: 'hint' }, t('child.contacts.about', { name: child.name })), list);
}

/** @param {Page} page @param {ChildView} child */
function erasing({ parts, failed, back }, { id, name }) {
  const t = parts.translate();
  const slot = h('div', { class: 'own' });
  const words = { question: t('child.erase.confirm', { name }), sure: t('child.erase'), keep: t('devices.keep') };
  const erase = button(t('child.erase.of', { name }), () => slot.replaceChildren(confirmation(words, act, failed, () => slot.replaceChildren(erase))), { icon: 'trash', kind: 'quiet dangerous' });
  const act = async () => {
    await parts.account.children.erase(id);
    back();
  };
  slot.append(erase);
  return slot;
}
