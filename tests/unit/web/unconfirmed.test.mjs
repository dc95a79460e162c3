import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEPT, Unconfirmed } from '../../../web/session/unconfirmed.js';

/** @param {number} count */
function filled(count, call = 'c') {
  const signals = new Unconfirmed();
  for (let number = 1; number <= count; number++) signals.add(call, `${number}`);
  return signals;
}

test('a session that goes on misses the later ones', () => {
  assert.deepEqual(filled(5).missing(3, true), ['4', '5']);
  assert.deepEqual(filled(5).missing(5, true), []);
});

test('a new session may miss all, and counting goes on from there', () => {
  const signals = filled(3);
  assert.deepEqual(signals.missing(0, false), ['1', '2', '3']);
  signals.add('c', '4');
  assert.deepEqual(signals.missing(3, true), ['4']);
});

test('calls that are over need no signals, and no more is kept than a call needs', () => {
  const signals = filled(2, 'over');
  signals.add('on', '3');
  signals.forget('over');
  assert.deepEqual(signals.missing(0, false), ['3']);
  assert.equal(filled(KEPT + 9).missing(0, false).length, KEPT);
});
