/** Leaving the household, leaving for good, and taking a copy along: what happens is said before it does. */

import { codeOf } from '../session/problem.js';
import { guidelinesLink } from './agree.js';
import { openDialog } from './dialog.js';
import { openExpected } from './expected.js';
import { h, setText } from './dom.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {Parts} from './view.js' */

/** Who lives here and where, for the settings. @param {Parts} parts @param {HTMLElement} country */
export function householdSettings(parts, country) {
  const t = parts.translate();
  const { person, people } = parts.store.state;
  const others = people.some(({ id, household }) => id !== person?.id && household === person?.household);
  const expected = button(t('expected.open'), () => openExpected(parts), { icon: 'invite' });
  const leave = button(t('leave.open'), () => openLeaving(parts), { icon: 'leave' });
  return h('fieldset', {}, h('legend', {}, t('household.title')), country, expected, ...(others ? [leave] : []));
}

/** What the server keeps, for the settings. @param {Parts} parts */
export function dataSettings(parts) {
  const t = parts.translate();
  const problem = alertLine();
  const said = h('p', { class: 'hint', role: 'status' });
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const copy = async () => {
    problem.say('');
    save(await parts.account.exportData(), 'kith-data.json');
    setText(said, t('export.done'));
  };
  const download = button(t('export.open'), () => void busy(download, copy, failed), { icon: 'save' });
  const goodbye = button(t('deregister.open'), () => openDeregistering(parts), { kind: 'quiet dangerous' });
  return h(
    'fieldset',
    {},
    h('legend', {}, t('data.title')),
    problem.element,
    download,
    said,
    h('p', { class: 'agree' }, guidelinesLink(parts, 'guidelines.title')),
    goodbye,
  );
}

/** @param {Parts} parts */
function openLeaving(parts) {
  const t = parts.translate();
  const leave = async () => {
    await parts.account.leaveHousehold();
    dialog.close();
    parts.store.dispatch({ t: 'notice', notice: { key: 'leave.done', values: {} } });
  };
  const dialog = openQuestion(parts, (part) => t(`leave.${part}`), ['own', 'shared', 'others'], leave);
}

/** @param {Parts} parts */
function openDeregistering(parts) {
  const t = parts.translate();
  const facts = ['own', 'devices', 'others', 'copy'];
  openQuestion(parts, (part) => t(`deregister.${part}`), facts, () => parts.account.deregister());
}

/**
 * Everything that will happen, a tick that it was read, and the button.
 * @param {Parts} parts @param {(part: string) => string} words @param {readonly string[]} facts @param {() => Promise<void>} act
 */
function openQuestion(parts, words, facts, act) {
  const t = parts.translate();
  const problem = alertLine();
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const sure = button(words('act'), () => void busy(sure, act, failed), { kind: 'danger wide' });
  const tick = h('input', { id: 'understood', type: 'checkbox' });
  sure.disabled = true;
  tick.addEventListener('change', () => {
    sure.disabled = !tick.checked;
  });
  const keep = button(words('keep'), () => dialog.close(), { kind: 'wide' });
  const dialog = openDialog(
    words('title'),
    t,
    h('ul', { class: 'facts' }, ...facts.map((fact) => h('li', {}, words(fact)))),
    problem.element,
    h('label', { class: 'tick', for: 'understood' }, tick, h('span', {}, t('understood'))),
    h('div', { class: 'choices' }, sure, keep),
  );
  keep.focus();
  return dialog;
}

/** @param {Blob} data @param {string} name */
function save(data, name) {
  const href = URL.createObjectURL(data);
  const link = h('a', { href, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it when it gets to it
}
