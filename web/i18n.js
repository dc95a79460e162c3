/** The texts, one file a language. A text is found by its key and may hold `{names}` for values. */

/** @typedef {'en' | 'es'} Language */
/** @typedef {(key: string, values?: Record<string, string>) => string} Translate */

/** @type {readonly Language[]} */
export const LANGUAGES = ['en', 'es'];

/**
 * @param {string} chosen a language or `auto`
 * @param {readonly string[]} preferred the browser's, best first
 * @returns {Language}
 */
export function languageFor(chosen, preferred) {
  const wishes = chosen === 'auto' ? preferred : [chosen];
  const known = wishes.map((wish) => LANGUAGES.find((language) => wish.toLowerCase().startsWith(language)));
  return known.find((language) => language !== undefined) ?? 'en';
}

/** @param {Language} language @returns {Promise<Record<string, string>>} */
export async function loadTexts(language) {
  const response = await fetch(`/texts/${language}.json`);
  return response.json();
}

/** @param {Record<string, string>} texts @returns {Translate} */
export function translator(texts) {
  return (key, values = {}) => fill(texts[key] ?? key, values);
}

/** @param {string} text @param {Record<string, string>} values */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
