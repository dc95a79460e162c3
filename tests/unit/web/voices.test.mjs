import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';

import { hush, lookForVoices, speak, voiceFor } from '../../../web/sound/voices.js';

const CLOUD = { lang: 'en-US', localService: false, name: 'of the maker' };
const HERE = { lang: 'en-GB', localService: true, name: 'of this machine' };
const SPANISH = { lang: 'es-ES', localService: true, name: 'otra' };

/** A browser that has these voices; what it was given to say. */
function browser(...voices) {
  const said = [];
  globalThis.SpeechSynthesisUtterance = class {
    constructor(text) {
      this.text = text;
    }
  };
  globalThis.speechSynthesis = { getVoices: () => voices, speak: (utterance) => said.push(utterance), cancel: () => said.push('hush') };
  return said;
}

afterEach(() => {
  delete globalThis.SpeechSynthesisUtterance;
  delete globalThis.speechSynthesis;
});

test('a voice of this machine is chosen, wherever it stands', () => {
  const said = browser(CLOUD, SPANISH, HERE);
  speak('Dinner is ready', 'en', 0.5);
  hush();
  const [{ text, voice, lang, volume }, then] = said;
  assert.deepEqual([text, voice, lang, volume, then], ['Dinner is ready', HERE, 'en-GB', 0.5, 'hush']);
});

test('nothing is given to a voice in the cloud, nor to none', () => {
  for (const voices of [[CLOUD], [], [SPANISH, CLOUD]]) {
    const said = browser(...voices);
    speak('Dinner is ready', 'en');
    assert.equal(voiceFor('en'), null);
    assert.deepEqual(said, []);
  }
});

test('a browser that cannot speak does not', () => {
  lookForVoices();
  speak('Dinner is ready', 'en');
  hush();
  assert.equal(voiceFor('en'), null);
});

test('nothing else in the app speaks', () => {
  const web = new URL('../../../web/', import.meta.url);
  const speaking = readdirSync(web, { recursive: true }).filter((path) => path.endsWith('.js') && /speechSynthesis|SpeechSynthesisUtterance\(/.test(readFileSync(new URL(path, web), 'utf8')));
  assert.deepEqual(speaking, ['sound/voices.js']);
});
