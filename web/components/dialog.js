/** A dialog over the page. The browser's own element keeps the focus inside and closes on Escape. */

import { h } from './dom.js';
import { button } from './pieces.js';

/** @import {Translate} from '../i18n.js' */

/**
 * @param {string} title @param {Translate} translate @param {...HTMLElement} content
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, translate, ...content) {
  closeDialogs(); // one at a time: behind a second one the first would only confuse
  const close = () => dialog.close();
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'dialog-title' },
    h(
      'header',
      { class: 'row' },
      h('h2', { id: 'dialog-title' }, title),
      button(translate('close'), close, { icon: 'close', kind: 'quiet' }),
    ),
    ...content,
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A call matters more than any dialog. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
}
