/** When something was said, as one would say it. Pure. */

/** @import {Translate} from '../i18n.js' */

const DAY = 86_400_000;
const WEEK = 6 * DAY;

/** Short, for a list: the time today, then the day, then the date. @param {number} at ms @param {number} now ms @param {string} language @param {Translate} translate */
export function whenWords(at, now, language, translate) {
  const then = new Date(at);
  if (then.toDateString() === new Date(now).toDateString()) return new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(then);
  if (then.toDateString() === new Date(now - DAY).toDateString()) return translate('devices.yesterday');
  if (now - at < WEEK) return new Intl.DateTimeFormat(language, { weekday: 'short' }).format(then);
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', ...(sameYear(then, now) ? {} : { year: 'numeric' }) }).format(then);
}

/** A whole day, as a heading. @param {number} at ms @param {number} now ms @param {string} language @param {Translate} translate */
export function dayHeading(at, now, language, translate) {
  const then = new Date(at);
  if (then.toDateString() === new Date(now).toDateString()) return capital(translate('devices.today'), language);
  if (then.toDateString() === new Date(now - DAY).toDateString()) return capital(translate('devices.yesterday'), language);
  const words = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', ...(sameYear(then, now) ? {} : { year: 'numeric' }) });
  return capital(words.format(then), language);
}

/** @param {string} words @param {string} language */
const capital = (words, language) => words.charAt(0).toLocaleUpperCase(language) + words.slice(1);

/** @param {Date} then @param {number} now ms */
const sameYear = (then, now) => then.getFullYear() === new Date(now).getFullYear();
