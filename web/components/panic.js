/** Close everything with one tap; what was done is said afterwards. To open again is asked twice. */

import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {Parts} from './view.js' */

/** What was done, in the order in which it matters. */
const DONE = ['calls', 'grants', 'outside', 'devices', 'shared'];

/** @param {Parts} parts Rejects with ProblemError or Untrusted. */
export async function closeEverything(parts) {
  const t = parts.translate();
  await parts.account.granting.closeEverything();
  const facts = DONE.map((fact) => h('li', {}, t(`panic.done.${fact}`)));
  const read = () => {
    dialog.close();
    window.scrollTo({ top: 0 }); // there it stands, with the way back
  };
  const seen = button(t('panic.done.seen'), read, { kind: 'primary wide' });
  const dialog = openDialog(t('closed.title'), t, h('ul', { class: 'facts' }, ...facts), h('p', {}, t('panic.done.back')), seen);
  seen.focus();
}

/** @param {Parts} parts */
export function openAgain(parts) {
  const t = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' });
  const keep = (/** @type {string} */ key) => button(t(key), () => dialog.close(), { kind: 'wide' });
  const dialog = openDialog(t('reopen.title'), t, problem.element, body);

  const first = () => {
    const facts = ['calls', 'grants', 'devices'].map((fact) => h('li', {}, t(`reopen.${fact}`)));
    const stay = keep('reopen.keep');
    body.replaceChildren(h('ul', { class: 'facts' }, ...facts), button(t('reopen.go_on'), second, { kind: 'wide' }), stay);
    stay.focus();
  };
  const second = () => {
    const open = async () => {
      await parts.account.granting.change((contents) => ({ ...contents, closed: false }));
      dialog.close();
    };
    const sure = button(t('reopen.sure'), () => void busy(sure, open, (error) => problem.say(t(`problem.${codeOf(error)}`))), { kind: 'danger wide' });
    const stay = keep('reopen.keep');
    body.replaceChildren(h('p', {}, t('reopen.second')), sure, stay);
    stay.focus();
  };
  first();
}
