/** What a person chooses about drop in, before it is signed; and the lock of the app. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as terms from '../../../web/granting/contents.js';
import { notHeard } from '../../../web/granting/terms.js';
import { daysWords, grantWords, hoursWords } from '../../../web/granting/words.js';
import { nameOf } from '../../../web/trust/links.js';
import { lapsed } from '../../../web/policy/grants.js';
import { GRACE, isLocked, waitAfter } from '../../../web/policy/lock.js';

const key = (number) => new Uint8Array(32).fill(number);
const grant = (receiver, changes = {}) => ({
  receiver: key(receiver),
  household: terms.NONE,
  mode: 'knock',
  carer: false,
  since: 1,
  until: 0,
  hours: [],
  devices: [],
  ...changes,
});
const START = terms.unsigned('Europe/Madrid');
const say = (text, values = {}) => `${text}(${Object.values(values).join('|')})`;

test('nothing is granted before anybody chose', () => {
  assert.deepEqual([START.grants, START.home, START.closed], [[], 'unset', false]);
});

test('a person has one grant, and the list stays in order', () => {
  const three = [3, 1, 2].reduce((contents, one) => terms.withGrant(contents, grant(one)), START);
  const again = terms.withGrant(three, grant(1, { mode: 'instant', household: key(9) }));
  assert.deepEqual(again.grants.map(({ receiver, mode }) => [receiver[0], mode]), [[1, 'instant'], [2, 'knock'], [3, 'knock']]);
  assert.deepEqual(terms.withoutGrants(again, [key(1)]).grants.length, 2);
  assert.equal(terms.withoutGrants(again, [key(7)]), again);
  assert.equal(terms.grantTo(again, key(7)), null);
});

test('a device that is on needs no entry', () => {
  const off = terms.withDropInAt(START, key(4), 'off');
  assert.equal(terms.dropInAt(off, key(4)), 'off');
  assert.equal(terms.dropInAt(off, key(5)), 'on');
  assert.deepEqual(terms.withDropInAt(off, key(4), 'on').devices, []);
});

test('of what was said of a device and of all, the later holds', () => {
  const all = terms.withQuiet(START, terms.NONE, true, 3);
  assert.equal(terms.quietAt(all, key(1)), true);
  const but = terms.withQuiet(all, key(1), false, 4);
  assert.deepEqual([terms.quietAt(but, key(1)), terms.quietAt(but, key(2))], [false, true]);
  const none = terms.withQuiet(but, terms.NONE, false, 5);
  assert.deepEqual([1, 2].map((one) => terms.quietAt(none, key(one))), [false, false]);
  assert.equal(none.quiet.length, 1, 'what was said of single ones is done with');
});

test('closing takes everything back for good', () => {
  const open = { ...terms.withGrant(START, grant(1)), home: 'instant' };
  const closed = terms.shut(open);
  assert.deepEqual([closed.grants, closed.home, closed.closed], [[], 'unset', true]);
});

test('what a device that is gone had signed allows nothing, and forbids what it forbade', () => {
  const signed = terms.withQuiet({ ...terms.withGrant(START, grant(1)), home: 'instant', closed: true }, key(2), true, 1);
  const left = lapsed(signed);
  assert.deepEqual([left.grants, left.home, left.closed, left.quiet.length], [[], 'unset', true, 1]);
  assert.equal(lapsed({ ...signed, home: 'off' }).home, 'off');
});

test('times of the day come from the field and go back to it', () => {
  assert.deepEqual(['00:00', '09:05', '23:59'].map(terms.minutesOf), [0, 545, 1439]);
  assert.equal(terms.minutesOf(''), null);
  assert.deepEqual([545, terms.MIDNIGHT].map(terms.clock), ['09:05', '00:00']);
  assert.equal(terms.daysTogether(terms.daysOf(0b1010101)), 0b1010101);
  assert.deepEqual([[0, 1, 2], [1, 5, 5], [1, 5, 6]].map(([days, begin, end]) => terms.isSpan({ days, begin, end })), [false, false, true]);
});

test('who has not heard is named', () => {
  const devices = [{ id: 'a', identity: key(1), name: 'Kitchen' }, { id: 'b', identity: key(2), name: 'Phone' }];
  const known = { version: 2, heard: new Map([[nameOf(key(1)), 1], [nameOf(key(2)), 2]]), devices };
  assert.deepEqual(notHeard(known), ['Kitchen']);
  assert.deepEqual(notHeard(known, ['b']), []);
  assert.deepEqual(notHeard({ ...known, version: -1 }), [], 'nothing was signed yet');
});

test('a grant is told in words', () => {
  assert.deepEqual(['en', 'es'].map((language) => daysWords(0b0000101, language, say)), ['Mon, Wed', 'lun, mié']);
  assert.equal(daysWords(0b0011111, 'en', say), 'hours.weekdays()');
  assert.match(hoursWords({ days: 127, begin: 1320, end: 420 }, 'es', say), /^hours\.overnight\(hours\.daily\(\)\|22:00\|7:00\)$/);
  const words = grantWords(grant(1, { until: 100, carer: true, mode: 'instant' }), 'Leo', 50, 'en', say);
  assert.deepEqual([words[0], words.at(-1)], ['grant.may.instant.person(Leo)', 'grant.carer(Leo)']);
  assert.match(grantWords(grant(1, { until: 100 }), 'Leo', 100, 'en', say)[0], /^grant\.over/, 'over to the second');
});

test('the app asks for its PIN after half an hour, and each wrong one costs more', () => {
  assert.deepEqual([29, 30, 31].map((minutes) => isLocked(minutes * 60_000)), [false, false, true]);
  assert.equal(GRACE, 1_800_000);
  const waits = Array.from({ length: 40 }, (_, failures) => waitAfter(failures));
  assert.deepEqual(waits.slice(0, 6), [0, 0, 0, 0, 30_000, 60_000]);
  assert.equal(waits.at(-1), 3_600_000);
});
