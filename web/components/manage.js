/** Where contacts come from, and whether any may be brought at all. */

import { codeOf } from '../session/problem.js';
import { openBlocked } from './blocked.js';
import { openBooks } from './books.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { chooseFile, openImport } from './import.js';
import { alertLine, busy, button } from './pieces.js';
import { confirmation } from './rows.js';

/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openManage(parts) {
  const t = parts.translate();
  const problem = alertLine();
  const body = h('div', { class: 'choices' });
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const blocked = button(t('blocked.open'), () => openBlocked(parts), { icon: 'block' });
  const blocks = h('fieldset', {}, h('legend', {}, t('blocked.title')), blocked);
  const dialog = openDialog(t('manage.title'), t, problem.element, body, blocks);
  let drawn = '';
  const show = (/** @type {State} */ state) => {
    const allowed = state.own?.contact_import === true;
    const shown = `${allowed}|${imported(state)}`;
    if (shown === drawn || body.querySelector('.confirm') !== null) return;
    drawn = shown;
    body.replaceChildren(h('fieldset', { class: 'loose' }, h('legend', {}, t('manage.bring')), ...(allowed ? allowedPart() : askedPart())));
  };

  const askedPart = () => {
    const allow = button(t('manage.allow'), () => void busy(allow, () => parts.account.contacts.allowImport(true), failed), { kind: 'primary' });
    return [h('p', { class: 'hint' }, t('bring.what')), allow];
  };
  const allowedPart = () => {
    const off = button(t('manage.off'), () => off.replaceWith(sure()), { icon: 'close', kind: 'quiet' });
    const sure = () => {
      const words = { question: t('manage.off.confirm', { count: String(imported(parts.store.state)) }), sure: t('manage.off'), keep: t('devices.keep') };
      const forbid = async () => {
        await parts.account.contacts.allowImport(false);
        asked.remove();
        drawn = '';
        show(parts.store.state);
      };
      const back = () => {
        asked.replaceWith(off);
        off.focus();
      };
      const asked = h('div', { class: 'own' }, confirmation(words, forbid, failed, back));
      return asked;
    };
    return [
      button(t('bring.file'), () => chooseFile((file) => openImport(parts, file)), { icon: 'file' }),
      h('p', { class: 'hint' }, t('bring.how')),
      button(t('books.open'), () => openBooks(parts), { icon: 'book' }),
      h('p', { class: 'hint' }, t('books.about')),
      off,
    ];
  };
  dialog.addEventListener('close', parts.store.subscribe(show));
}

/** @param {State} state */
function imported({ contacts }) {
  let count = 0;
  for (const { source } of contacts.all.values()) if (source !== 'manual') count += 1;
  return count;
}
