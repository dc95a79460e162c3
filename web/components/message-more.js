/** What can be done with somebody's message: have it read aloud, or tell whoever runs the server. */

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
  const voice = voiceFor(parts.language());
  const aloud = button(t('message.aloud'), () => speak(words, voice), { icon: 'speaker', kind: 'wide big' });
  aloud.disabled = words === '' || voice === null;
  const silent = words !== '' && voice === null ? h('p', { class: 'hint' }, t('message.aloud.not')) : null;
  const report = button(t('message.report'), () => openReport(parts, { person: item.with, name }, { act: (why, text) => engine.report(item, why, text), lead: 'message.report.lead' }), { icon: 'flag', kind: 'wide big' });
  report.disabled = !item.envelope;
  const dialog = openDialog(t('message.title', { name }), t, h('div', { class: 'choices' }, aloud, ...(silent ? [silent] : []), report));
  dialog.addEventListener('close', () => globalThis.speechSynthesis?.cancel());
}

/** One that speaks on this device: what somebody wrote goes to nobody else. @param {string} language */
function voiceFor(language) {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find(({ lang, localService }) => localService && lang.toLowerCase().startsWith(language)) ?? null;
}

/** @param {string} words @param {SpeechSynthesisVoice | null} voice */
function speak(words, voice) {
  if (voice === null) return;
  speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(words);
  said.voice = voice;
  said.lang = voice.lang;
  speechSynthesis.speak(said);
}
