import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choose, inOrder, letterOf } from '../../../web/contacts/arrange.js';
import { spaced } from '../../../web/contacts/digits.js';
import { NO_CONTACTS, withChanges } from '../../../web/contacts/list.js';
import { byPerson, firstWay, waysOf } from '../../../web/contacts/reach.js';
import { fold, matcher } from '../../../web/contacts/search.js';
import { seenBetween, topsOf } from '../../../web/contacts/tall.js';

let count = 0;
const contact = (name, changes = {}) => ({
  id: `k_${(count += 1)}`,
  source: 'manual',
  book: null,
  name,
  nickname: '',
  organization: '',
  numbers: [],
  ...changes,
});
const number = (text, changes = {}) => ({ label: '', number: text, person: null, moved: false, ...changes });
const page = (changes) => ({ contacts: [], removed: [], revision: 1, whole: false, more: false, ...changes });
const names = (items) => items.map(({ contact: { name } }) => name);
const all = { typed: '', reachable: false, self: 'p_self' };

test('the list follows the revisions', () => {
  const [ana, ben] = [contact('Ana'), contact('Ben')];
  const first = withChanges(NO_CONTACTS, [page({ contacts: [ana], revision: 1, whole: true, more: true }), page({ contacts: [ben], revision: 2 })]);
  assert.deepEqual([...first.all.values()], [ana, ben]);
  assert.deepEqual([first.revision, first.whole], [2, true]);
  const renamed = { ...ana, name: 'Anna' };
  const then = withChanges(first, [page({ contacts: [renamed], removed: [ben.id], revision: 4 })]);
  assert.deepEqual([...then.all.values()], [renamed]);
  assert.equal(first.all.size, 2, 'what was known before is not touched');
  const anew = withChanges(then, [page({ contacts: [ben], revision: 9, whole: true })]);
  assert.deepEqual([...anew.all.values()], [ben]);
  assert.equal(withChanges(anew, [page({ revision: 10, more: true })]).whole, false);
  assert.equal(withChanges(anew, []), anew);
});

test('a name is found without accents, by any of its words, in any order', () => {
  const meant = (typed, one) => matcher(typed)(one);
  const jose = contact('José Ángel Núñez', { nickname: 'Pepe', organization: 'Panadería Sol' });
  for (const typed of ['jose', 'JOSÉ', 'nunez', 'nunez jose', 'pep', 'panaderia', 'an', '', '  ', 'gel']) assert.ok(meant(typed, jose), typed);
  for (const typed of ['el', 'ruiz', 'jose garcia', 'xx']) assert.ok(!meant(typed, jose), typed);
  assert.equal(fold('Łódź Straße ÆØ Ç'), 'lodz strasse aeo c');
  assert.ok(meant('明', contact('王小明')));
  assert.ok(meant("o'neil", contact('Sinéad O’Neill')));
});

test('a number is found as it is known and as it is dialled at home', () => {
  const ben = contact('Ben', { numbers: [number('+34 612 345 678'), number('+493012345')] });
  for (const typed of ['612345', '612 34', '+34 612', '0612', '030 123']) assert.ok(matcher(typed)(ben), typed);
  assert.ok(!matcher('699')(ben));
  assert.ok(matcher('24')(contact('Bar 24')));
  assert.ok(matcher('bar 24')(contact('Bar 24')));
});

test('the list is in the order of names, with letters, and what has none at the end', () => {
  const people = ['Zoë', 'ángel', '24 hours', 'Ana', 'Öz', 'ana', 'Álvaro', '', 'Čedomir', 'Яна', '王'].map((name) => contact(name));
  const items = choose(inOrder(people, 'en'), all);
  assert.deepEqual(names(items), ['Álvaro', 'Ana', 'ana', 'ángel', 'Čedomir', 'Öz', 'Zoë', 'Яна', '', '24 hours', '王']);
  assert.deepEqual(items.map(({ heading }) => heading), ['A', null, null, null, 'C', 'O', 'Z', 'Я', '#', null, null]);
  assert.equal(letterOf('  élan'), 'E');
  assert.equal(letterOf('ßeta'), 'S');
});

test('a filter leaves its own headings', () => {
  const ana = contact('Ana');
  const anton = contact('Anton', { numbers: [number('+1', { person: 'p_anton' })] });
  const self = contact('Amalia', { numbers: [number('+2', { person: 'p_self' })] });
  const items = choose(inOrder([ana, anton, self], 'en'), { ...all, reachable: true });
  assert.deepEqual(items, [{ contact: anton, heading: 'A' }]);
  assert.deepEqual(names(choose(inOrder([ana, anton], 'en'), { ...all, typed: 'ant' })), ['Anton']);
});

test('whoever can be called without a question is called first, and oneself never', () => {
  const moved = number('+1', { person: 'p_other', moved: true });
  const known = number('+2', { person: 'p_ben' });
  const ben = contact('Ben', { numbers: [number('+3'), moved, known, number('+4', { person: 'p_self' })] });
  assert.deepEqual(waysOf(ben, 'p_self').map(({ person }) => person), ['p_ben', 'p_other']);
  assert.equal(firstWay(ben, 'p_self')?.number, known);
  assert.equal(firstWay(contact('Nobody', { numbers: [number('+5')] }), 'p_self'), null);
  assert.deepEqual([...byPerson([contact('Other', { numbers: [moved] }), ben])], [['p_ben', ben], ['p_self', ben]]);
});

test('of a tall list the rows in sight are known without building it', () => {
  const items = [{ heading: 'A' }, { heading: null }, { heading: 'B' }];
  const tops = topsOf(items, { row: 10, heading: 5 });
  assert.deepEqual([...tops], [0, 15, 25, 40]);
  assert.deepEqual(seenBetween(tops, 0, 14), [0, 1]);
  assert.deepEqual(seenBetween(tops, 14.9, 15), [0, 2]);
  assert.deepEqual(seenBetween(tops, 25, 400), [2, 3]);
  assert.deepEqual(seenBetween(tops, -100, -1), [0, 0]);
  assert.deepEqual(seenBetween(tops, 100, 200), [3, 3]);
  assert.deepEqual(seenBetween(topsOf([], { row: 10, heading: 5 }), 0, 100), [0, 0]);
});

test('every row of a tall list is in sight somewhere, once, wherever it is looked at', () => {
  const items = Array.from({ length: 1_000 }, (_, index) => ({ heading: index % 7 === 0 ? 'A' : null }));
  const tops = topsOf(items, { row: 72, heading: 31 });
  for (let at = 0; at < (tops.at(-1) ?? 0); at += 333) {
    const [first, last] = seenBetween(tops, at, at + 800);
    assert.ok(tops[first] <= at && tops[last] > Math.min(at + 800, tops.at(-1) - 1));
    assert.ok(last - first <= 14);
  }
});

test('numbers are read in groups, and one that nobody understands as it was written', () => {
  assert.equal(spaced('+12025550147'), '+1 202 555 0147');
  assert.equal(spaced('+34612340008'), '+34 612 340 008');
  assert.equal(spaced('+493012345'), '+49 301 2345');
  assert.equal(spaced('+35312345678'), '+353 123 456 78');
  for (const written of ['', '112', '030 / 123 45', '+1-800-FLOWERS', '+1']) assert.equal(spaced(written), written);
});
