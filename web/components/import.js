/** A vCard file is brought: how far it is, and what became of it. */

import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { alertLine, button } from './pieces.js';

/** @import {Tally} from '../session/contacts.js' */
/** @import {Translate} from '../i18n.js' */
/** @import {Parts} from './view.js' */

/** Lines that are named; who has more wrong knows enough by then. */
const NAMED = 50;

/** Ask the browser for a file. @param {(file: File) => void} chosen */
export function chooseFile(chosen) {
  const input = h('input', { type: 'file', accept: '.vcf,.vcard,text/vcard,text/x-vcard' });
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) chosen(file);
  });
  input.click();
}

/** @param {Parts} parts @param {File} file */
export function openImport(parts, file) {
  const t = parts.translate();
  const problem = alertLine();
  const said = h('p', { role: 'status' }, t('import.running', { file: file.name }));
  const bar = h('progress', { max: 1, 'aria-label': t('import.title') });
  const result = h('div', { class: 'choices' });
  /** @type {Tally} */
  const tally = { added: 0, updated: 0, unchanged: 0, problems: [], cards: 0 };
  const dialog = openDialog(t('import.title'), t, problem.element, said, bar, result);
  dialog.classList.add('import');

  const work = async () => {
    try {
      await parts.account.contacts.bring(file, tally, (share) => (bar.value = share));
    } catch (error) {
      problem.say(t(`problem.${codeOf(error)}`));
    }
    bar.hidden = true;
    setText(said, summary(tally, t));
    const done = button(t('import.done'), () => dialog.close(), { kind: 'primary wide' });
    result.replaceChildren(...troubles(tally, t), done);
    if (dialog.open) done.focus();
  };
  void work();
}

/** @param {Tally} tally @param {Translate} t */
function summary({ added, updated, unchanged, cards }, t) {
  if (cards === 0) return t('import.nothing');
  const counted = /** @type {const} */ ([['added', added], ['updated', updated], ['unchanged', unchanged]]);
  const words = counted.filter(([, count]) => count > 0).map(([key, count]) => t(`import.${key}`, { count: String(count) }));
  return words.length > 0 ? words.join(' ') : t('import.none');
}

/** @param {Tally} tally @param {Translate} t */
function troubles({ problems }, t) {
  if (problems.length === 0) return [];
  const lines = problems.slice(0, NAMED).map(({ line, code }) => h('li', {}, t('import.line', { line: String(line) }), ' ', t(`import.fault.${code}`)));
  const more = problems.length > NAMED ? [h('p', { class: 'hint' }, t('import.more', { count: String(problems.length - NAMED) }))] : [];
  return [h('h3', {}, t('import.troubles', { count: String(problems.length) })), h('ul', { class: 'troubles' }, ...lines), ...more];
}
