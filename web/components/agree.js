/** "I have read the usage guidelines": a tick, and the way to their text. */

import { guidelinesPage } from '../core/guidelines.js';
import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { alertLine, busy, button } from './pieces.js';

/** @import {Parts} from './view.js' */

/** @param {Parts} parts @param {string} text a text key */
export function guidelinesLink(parts, text) {
  const href = guidelinesPage(parts.language());
  return h('a', { href, target: '_blank', rel: 'noopener' }, parts.translate()(text));
}

/** @param {Parts} parts */
export function agreement(parts) {
  const t = parts.translate();
  const input = h('input', { id: 'agree', type: 'checkbox', required: true });
  const label = h('label', { class: 'tick', for: 'agree' }, input, h('span', {}, t('guidelines.agree')));
  const element = h('div', { class: 'field agree' }, label, h('p', {}, guidelinesLink(parts, 'guidelines.read')));
  return { element, input };
}

/** A newer version is asked for once; whoever does not want to decide now goes on as before. @param {Parts} parts */
export function openGuidelines(parts) {
  const t = parts.translate();
  const problem = alertLine();
  const agree = async () => {
    await parts.account.registration.acceptGuidelines();
    dialog.close();
  };
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const accept = button(t('guidelines.accept'), () => void busy(accept, agree, failed), { kind: 'primary wide' });
  const read = h('p', { class: 'agree' }, guidelinesLink(parts, 'guidelines.read'));
  const dialog = openDialog(t('guidelines.title'), t, problem.element, h('p', {}, t('guidelines.newer')), read, accept);
}
