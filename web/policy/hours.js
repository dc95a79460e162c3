/**
 * Times that come again each week, by the clock on the wall somewhere; policy/hours.py, in the browser. Pure.
 *
 * A clock time that comes twice is meant the first time, and one that never comes is counted with the offset before
 * the change (RFC 5545, section 3.3.5).
 */

/** @import {Hours} from '../trust/grants.js' */

const WEEK = 7;
const DAY = 86_400;
const MINUTE = 60;

/** Unix seconds: what claims to be later is taken for that, as calendars end somewhere. */
const LATEST = 2 ** 37;

/** @type {Map<string, Intl.DateTimeFormat | null>} */
const formats = new Map();

/** The clock of this zone; null if nobody here knows it. @param {string} name @returns {Intl.DateTimeFormat | null} */
export function zoneOf(name) {
  const known = formats.get(name);
  if (known !== undefined) return known;
  const made = clockOf(name);
  formats.set(name, made);
  return made;
}

/** @param {string} name */
function clockOf(name) {
  const parts = /** @type {const} */ ({ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name, calendar: 'gregory', hourCycle: 'h23', ...parts });
  } catch {
    return null;
  }
}

/** When that began which lasts now; null if nothing does. Unix seconds. @param {Hours} window @param {Intl.DateTimeFormat} zone @param {number} now */
export function begun(window, zone, now) {
  const moment = Math.min(now, LATEST);
  const lasting = around(window, zone, moment, 1).filter(([begin, end]) => begin <= moment && moment < end);
  return lasting.length === 0 ? null : Math.max(...lasting.map(([begin]) => begin));
}

/** The moments within the next week at which it begins or ends, in no order. @param {Hours} window @param {Intl.DateTimeFormat} zone @param {number} now */
export function turns(window, zone, now) {
  return around(window, zone, Math.min(now, LATEST), WEEK).flat().filter((moment) => moment > now);
}

/**
 * Each time it comes, from yesterday on, as that may have passed midnight.
 * @param {Hours} window @param {Intl.DateTimeFormat} zone @param {number} now @param {number} days
 * @returns {[number, number][]}
 */
function around({ days: wanted, begin, end }, zone, now, days) {
  const today = Math.floor(wall(zone, now) / DAY) * DAY;
  /** @type {[number, number][]} */
  const found = [];
  for (let ahead = -1; ahead <= days; ahead += 1) {
    const day = today + ahead * DAY;
    if (((wanted >> weekday(day)) & 1) === 0) continue;
    const last = end > begin ? day : day + DAY;
    found.push([momentOf(day + begin * MINUTE, zone), momentOf(last + end * MINUTE, zone)]);
  }
  return found;
}

/** Monday 0. The first day of 1970 was a Thursday. @param {number} day seconds */
const weekday = (day) => (((day / DAY + 3) % 7) + 7) % 7;

/** What the clock on the wall shows, as seconds since 1970 there. @param {Intl.DateTimeFormat} zone @param {number} time Unix seconds */
function wall(zone, time) {
  const part = Object.fromEntries(zone.formatToParts(time * 1000).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

/** The moment at which the clock shows that. @param {number} shown @param {Intl.DateTimeFormat} zone */
function momentOf(shown, zone) {
  const [before, after] = [shown - DAY, shown + DAY].map((near) => shown - (wall(zone, near) - near));
  const [early = 0, late = 0] = [before, after];
  return wall(zone, early) === shown || wall(zone, late) !== shown ? early : late;
}
