/** Who lives here and will join: names that are saved, to be chosen from at sign-up. */

import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { alertLine, avatar, busy, button, field, form } from './pieces.js';

/** @import {ProfileView} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openExpected(parts) {
  const t = parts.translate();
  const { account } = parts;
  const problem = alertLine();
  const list = h('ul', { class: 'expected' });
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));

  const show = (/** @type {readonly ProfileView[]} */ profiles) => {
    problem.say('');
    list.hidden = profiles.length === 0;
    list.replaceChildren(...profiles.map(row));
  };
  const load = async () => show(await account.home.listProfiles());
  const row = (/** @type {ProfileView} */ { id, name }) => {
    const remove = async () => {
      await account.home.removeProfile(id);
      await load();
    };
    const gone = button(t('expected.remove'), () => void busy(gone, remove, failed), {
      kind: 'quiet',
      icon: 'close',
      attributes: { 'aria-label': t('expected.remove.of', { name }) },
    });
    return h('li', { class: 'row' }, avatar(id, name), h('strong', { class: 'who' }, name), gone);
  };

  const name = field(t('expected.name'), { id: 'expected-name', maxlength: 64, autocomplete: 'off' });
  const add = button(t('expected.add'), () => {}, { kind: 'primary', attributes: { type: 'submit' } });
  const save = async () => {
    show(await account.home.addProfile(name.input.value.trim()));
    name.input.value = '';
    name.input.focus();
  };
  const submitted = () => {
    if (name.input.value.trim() === '') problem.say(t('field.missing'));
    else void busy(add, save, failed);
  };
  openDialog(
    t('expected.title'),
    t,
    h('p', {}, t('expected.lead')),
    problem.element,
    list,
    form(submitted, h('div', { class: 'row end' }, name.element, add)),
  );
  void load().catch(failed);
}
