/** Who calls or drops in, at a device that several people share: it asks each time, and never guesses. */

import { adultsHere } from '../state/state.js';
import { openDialog } from './dialog.js';
import { avatar } from './pieces.js';
import { h } from './dom.js';

/** @import {Parts} from './view.js' */

/** @typedef {{to: string, name: string, person: string | null, video: boolean}} Whom */

/** Call somebody, after asking who calls where that is not plain. @param {Parts} parts @param {Whom} whom */
export function placeCall(parts, whom) {
  asked(parts, whom.name, { title: 'who_calls.title', lead: 'who_calls.lead' }, (as) => parts.calls.place({ ...whom, ...as }));
}

/** Drop in on a person, an endpoint or `home`, after asking who drops in where that is not plain. @param {Parts} parts @param {Whom} whom */
export function dropInOn(parts, whom) {
  asked(parts, whom.name, { title: 'who_drops_in.title', lead: 'who_drops_in.lead' }, (as) => parts.calls.dropIn({ ...whom, ...as }));
}

/** @param {Parts} parts @param {string} whom a name @param {{title: string, lead: string}} words text keys @param {(as: {as?: string}) => Promise<void>} go */
function asked(parts, whom, words, go) {
  const adults = adultsHere(parts.store.state);
  if (adults.length < 2) {
    void go({});
    return;
  }
  const t = parts.translate();
  const choices = adults.map(({ id, name }) => {
    const choice = h('button', { type: 'button', class: 'button wide big' }, avatar(id, name), h('span', { class: 'label' }, name));
    choice.addEventListener('click', () => {
      dialog.close();
      void go({ as: id });
    });
    return h('li', {}, choice);
  });
  const dialog = openDialog(t(words.title), t, h('p', {}, t(words.lead, { name: whom })), h('ul', { class: 'choices' }, ...choices));
}
