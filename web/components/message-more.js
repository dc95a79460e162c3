/** What can be done with somebody's message: have it read aloud, or tell whoever runs the server. */

import { hush, speak, voiceFor } from '../sound/voices.js';
import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { button } from './pieces.js';
import { openReport } from './report.js';

/** @import {Messages, Shown} from '../messages/messages.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts @param {Messages} engine @param {Shown} item @param {string} name */
export function openMessage(parts, engine, item, name) {
  const t = parts.translate();
  const words = item.text ?? item.transcript ?? '';
  const language = parts.language();
  const silenced = voiceFor(language) === null;
  const aloud = button(t('message.aloud'), () => readAloud(words, language), { icon: 'speaker', kind: 'wide big' });
  aloud.disabled = words === '' || silenced;
  const silent = words !== '' && silenced ? h('p', { class: 'hint' }, t('message.aloud.not')) : null;
  const report = button(t('message.report'), () => openReport(parts, { person: item.with, name }, { act: (why, text) => engine.report(item, why, text), lead: 'message.report.lead' }), { icon: 'flag', kind: 'wide big' });
  report.disabled = !item.envelope;
  const dialog = openDialog(t('message.title', { name }), t, h('div', { class: 'choices' }, aloud, ...(silent ? [silent] : []), report));
  dialog.addEventListener('close', hush);
}

/** From the beginning, if it was begun already. @param {string} words @param {string} language */
function readAloud(words, language) {
  hush();
  speak(words, language);
}
