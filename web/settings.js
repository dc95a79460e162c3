/** What a person chooses for this one browser. Kept in localStorage: nothing here is secret. */

const KEY = 'kith.settings';

/**
 * @typedef {object} Settings
 * @property {'auto' | 'light' | 'dark'} theme
 * @property {'normal' | 'large'} text
 * @property {'auto' | 'en' | 'es'} language
 * @property {string} tone  an id of sound/tones.js
 * @property {number} volume  of the ring, 0 to 1
 * @property {'direct' | 'relay'} path  of sound and picture in a call
 * @property {boolean} quiet  the person does not want to be asked about notifications
 */

/** @type {Settings} */
export const DEFAULTS = {
  theme: 'auto',
  text: 'normal',
  language: 'auto',
  tone: 'chime',
  volume: 0.7,
  path: 'direct',
  quiet: false,
};

export class Chosen {
  /** @type {Settings} */ values = { ...DEFAULTS, ...stored() };
  /** @type {Set<(values: Settings) => void>} */ #listeners = new Set();

  /** @param {Partial<Settings>} change */
  change(change) {
    this.values = { ...this.values, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.values));
    } catch {
      // A browser that keeps nothing still honours the choice until the page is closed.
    }
    for (const listener of this.#listeners) listener(this.values);
  }

  /** @param {(values: Settings) => void} listener told at once and after each change */
  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.values);
  }
}

/** @returns {Partial<Settings>} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
}

/** Theme and text size are attributes of the root; the style sheets do the rest. @param {Settings} values */
export function applyLook({ theme, text }) {
  const root = document.documentElement;
  root.dataset.theme = theme;
  root.dataset.text = text;
}
