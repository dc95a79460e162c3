/** The usage guidelines of this app: their version, and where their text is. */

/** @import {Language} from '../i18n.js' */

/** The same as kith/core/guidelines.py says. */
export const VERSION = 1;

/** @param {Language} language */
export const guidelinesPage = (language) => `/guidelines.${language}.html`;
