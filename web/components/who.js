/** Who calls, at a device that several people share: it asks each time, and never guesses. */

import { adultsHere } from '../state/state.js';
import { openDialog } from './dialog.js';
import { avatar } from './pieces.js';
import { h } from './dom.js';

/** @import {Parts} from './view.js' */

/**
 * Call somebody, after asking who calls where that is not plain.
 * @param {Parts} parts @param {{to: string, name: string, person: string | null, video: boolean}} whom
 */
export function placeCall(parts, whom) {
  const adults = adultsHere(parts.store.state);
  if (adults.length < 2) {
    void parts.calls.place(whom);
    return;
  }
  const t = parts.translate();
  const choices = adults.map(({ id, name }) => {
    const choice = h('button', { type: 'button', class: 'button wide big' }, avatar(id, name), h('span', { class: 'label' }, name));
    choice.addEventListener('click', () => {
      dialog.close();
      void parts.calls.place({ ...whom, as: id });
    });
    return h('li', {}, choice);
  });
  const dialog = openDialog(t('who_calls.title'), t, h('p', {}, t('who_calls.lead', { name: whom.name })), h('ul', { class: 'choices' }, ...choices));
}
