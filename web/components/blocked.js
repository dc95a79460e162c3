/** Everybody who is blocked, and the way back. */

import { codeOf } from '../session/problem.js';
import { dayWords } from '../state/words.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine, avatar } from './pieces.js';
import { askedDeed, isAsking, ownRow } from './rows.js';

/** @import {BlockView} from '../protocol.js' */
/** @import {State} from '../state/state.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openBlocked(parts) {
  const t = parts.translate();
  const problem = alertLine();
  const said = h('p', { class: 'hint', role: 'status' });
  const list = h('ul');
  const dialog = openDialog(t('blocked.title'), t, h('p', { class: 'hint' }, t('blocked.lead')), problem.element, said, list);
  let shown = /** @type {State['blocks'] | null} */ (null);

  const show = (/** @type {State} */ { blocks }) => {
    if (blocks === shown || isAsking(list)) return;
    shown = blocks;
    list.replaceChildren(...blocks.map(row));
    if (blocks.length === 0 && said.textContent === '') setText(said, t('blocked.none'));
  };
  const row = (/** @type {BlockView} */ { id, name, person, since }) => {
    const when = dayWords(since, Date.now(), parts.language(), t);
    const words = {
      text: t('card.unblock'),
      of: t('blocked.unblock.of', { name }),
      icon: 'check',
      question: t('blocked.unblock.confirm', { name }),
      keep: t('devices.keep'),
    };
    const unblock = async (/** @type {() => void} */ back) => {
      await parts.account.blocks.unblock([id]);
      back();
      setText(said, t('blocked.unblocked', { name }));
      show(parts.store.state);
    };
    const what = { face: avatar(person ?? id, name), name, about: t('blocked.since', { when }) };
    return ownRow(what, askedDeed(words, unblock, (error) => problem.say(t(`problem.${codeOf(error)}`))));
  };
  dialog.addEventListener('close', parts.store.subscribe(show));
}
