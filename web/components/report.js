/** What a person does is told to whoever runs the server. */

import { codeOf } from '../session/problem.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { alertLine, busy, button, form } from './pieces.js';

/** @import {Why} from '../protocol.js' */
/** @import {Parts} from './view.js' */

/** @type {readonly Why[]} */
const REASONS = ['spam', 'impersonation', 'abuse', 'other'];

/** What is reported, where it is not the person as such. @typedef {{act: (why: Why, text: string) => Promise<void>, lead: string}} Reported */

/** @param {Parts} parts @param {{person: string, name: string}} whom @param {Reported} [what] */
export function openReport(parts, { person, name }, what) {
  const act = what?.act ?? ((/** @type {Why} */ why, /** @type {string} */ text) => parts.account.blocks.report(person, why, text));
  const t = parts.translate();
  const problem = alertLine();
  const radios = REASONS.map((why) => {
    const input = h('input', { type: 'radio', name: 'why', value: why });
    return h('label', { class: 'option' }, input, h('span', {}, t(`report.why.${why}`)));
  });
  const more = h('textarea', { id: 'report-text', rows: 3, maxlength: 1_000 });
  const send = button(t('report.send'), () => {}, { kind: 'primary wide', attributes: { type: 'submit' } });
  const body = h('div', { class: 'choices' });

  const report = async (/** @type {string} */ why) => {
    await act(/** @type {Why} */ (why), more.value.trim());
    const done = button(t('close'), () => dialog.close(), { kind: 'primary wide' });
    body.replaceChildren(h('p', { role: 'status' }, t('report.sent')), done);
    done.focus();
  };
  const submitted = () => {
    const why = dialog.querySelector('input:checked')?.getAttribute('value') ?? null;
    problem.say(why === null ? t('report.choose') : '');
    if (why !== null) void busy(send, () => report(why), (error) => problem.say(t(`problem.${codeOf(error)}`)));
  };
  body.append(
    h('p', {}, t(what?.lead ?? 'report.lead', { name })),
    problem.element,
    form(
      submitted,
      h('div', { class: 'options', role: 'radiogroup', 'aria-label': t('report.why') }, ...radios),
      h('div', { class: 'field' }, h('label', { for: 'report-text' }, t('report.text')), more),
      send,
    ),
  );
  const dialog = openDialog(t('report.title', { name }), t, body);
}
