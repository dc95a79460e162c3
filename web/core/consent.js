/** What a parent agrees to before a child uses Kith: its version, and where its text is. */

/** @import {Language} from '../i18n.js' */

/** The same as kith/core/consent.py says. */
export const VERSION = 1;

/** @param {Language} language */
export const consentPage = (language) => `/consent.${language}.html`;
