/** The recovery key: to be written down or printed once, and then to be nowhere but on paper. */

import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export async function openPaper(parts) {
  const t = parts.translate();
  const { account } = parts;
  const problem = alertLine();
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const body = h('div', { class: 'choices' });

  const show = (/** @type {string | null} */ text) => body.replaceChildren(...(text === null ? written() : unwritten(text)));
  const unwritten = (/** @type {string} */ text) => {
    const done = button(t('paper.written'), () => void busy(done, forget, failed), { kind: 'primary wide' });
    return [
      h('p', {}, t('paper.lead')),
      keyOf(text, t('paper.label')),
      button(t('paper.print'), () => window.print(), { kind: 'wide', icon: 'print' }),
      done,
      h('p', { class: 'hint' }, t('paper.once')),
    ];
  };
  const written = () => {
    const anew = button(t('paper.renew'), () => void busy(anew, renew, failed), { kind: 'wide' });
    return [h('p', {}, t('paper.is_written')), anew, h('p', { class: 'hint' }, t('paper.renew.hint'))];
  };
  const forget = async () => {
    await account.recovery.written();
    show(null);
  };
  const renew = async () => {
    await account.recovery.renew();
    show(await account.recovery.unwritten());
  };

  const dialog = openDialog(t('paper.title'), t, problem.element, body);
  dialog.classList.add('paper');
  show(await account.recovery.unwritten());
}

/** Eleven groups of five, as they are typed again one day. @param {string} text @param {string} label */
function keyOf(text, label) {
  const groups = text.split('-').map((group) => h('li', {}, group));
  return h('ol', { class: 'paper-key', 'aria-label': label }, ...groups);
}
