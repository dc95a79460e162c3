/**
 * Words aloud, by a voice that this machine has. There are browsers whose other voices send what they say to their maker,
 * and what people write to each other is for nobody else: where there is no own voice, nothing is spoken.
 */

/** Some browsers look for their voices only when they are asked. */
export const lookForVoices = () => void globalThis.speechSynthesis?.getVoices();

/** @param {string} language @returns {SpeechSynthesisVoice | null} */
export function voiceFor(language) {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find(({ lang, localService }) => localService && lang.toLowerCase().startsWith(language)) ?? null;
}

/** @param {string} words @param {string} language @param {number} [volume] 0 to 1 */
export function speak(words, language, volume = 1) {
  const voice = voiceFor(language);
  if (voice === null) return;
  const said = new SpeechSynthesisUtterance(words);
  said.voice = voice;
  said.lang = voice.lang;
  said.volume = volume;
  speechSynthesis.speak(said);
}

/** Say no more. */
export const hush = () => globalThis.speechSynthesis?.cancel();
