/** What was granted, in words. Pure; the texts are in texts/. */

import { clock, daysOf } from './contents.js';

/** @import {Language, Translate} from '../i18n.js' */
/** @import {Grant, Hours} from '../trust/grants.js' */

/** A Monday, to have the names of days from. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY = 86_400_000;
const [WEEKDAYS, WEEKEND, ALL] = [0b0011111, 0b1100000, 0b1111111];

/** @param {Language} language @param {'short' | 'long'} weekday @returns {string[]} Monday first */
export function dayNames(language, weekday) {
  const words = new Intl.DateTimeFormat(language, { weekday, timeZone: 'UTC' });
  return [0, 1, 2, 3, 4, 5, 6].map((day) => words.format(MONDAY + day * DAY));
}

/** @param {number} days @param {Language} language @param {Translate} t */
export function daysWords(days, language, t) {
  if (days === ALL) return t('hours.daily');
  if (days === WEEKDAYS) return t('hours.weekdays');
  if (days === WEEKEND) return t('hours.weekend');
  const names = dayNames(language, 'short');
  return daysOf(days).map((day) => names[day]).join(', ');
}

/** @param {Pick<Hours, 'days' | 'begin' | 'end'>} hours @param {Language} language @param {Translate} t */
export function hoursWords({ days, begin, end }, language, t) {
  const values = { days: daysWords(days, language, t), begin: clockWords(begin, language), end: clockWords(end, language) };
  return t(end < begin ? 'hours.overnight' : 'hours.span', values);
}

/** @param {number} minutes of the day @param {Language} language */
function clockWords(minutes, language) {
  const words = new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: 'UTC' });
  return words.format(Date.parse(`2024-01-01T${clock(minutes)}Z`));
}

/** @param {number} at Unix seconds @param {Language} language */
export function dateWords(at, language) {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(at * 1_000));
}

/** What somebody may, when and until when. @param {Grant} grant @param {string} name @param {number} now Unix seconds @param {Language} language @param {Translate} t @returns {string[]} sentences */
export function grantWords({ mode, household, hours, until, carer }, name, now, language, t) {
  if (until !== 0 && until <= now) return [t('grant.over', { name, date: dateWords(until, language) })];
  const who = household.length > 0 ? 'household' : 'person';
  return [
    t(`grant.may.${mode}.${who}`, { name }),
    ...hours.map((span) => t('grant.only', { hours: hoursWords(span, language, t) })),
    until === 0 ? t('grant.endless') : t('grant.until', { date: dateWords(until, language) }),
    ...(carer ? [t('grant.carer', { name })] : []),
  ];
}
