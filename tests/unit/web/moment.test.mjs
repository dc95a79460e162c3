import assert from 'node:assert/strict';
import { test } from 'node:test';

import { patiently } from '../../../web/session/patience.js';
import { ProblemError } from '../../../web/session/problem.js';

/** Asked, it refuses so many times; what was waited for, in seconds. */
function refusing(times, code, data) {
  const pauses = [];
  let asked = 0;
  const ask = async () => {
    asked += 1;
    if (asked <= times) throw new ProblemError(code, data);
    return asked;
  };
  const pause = async (seconds) => void pauses.push(seconds);
  return { done: () => patiently(ask, pause), pauses, asked: () => asked };
}

test('what is too much at once is said again a moment later, and each time after twice as long', async () => {
  const { done, pauses } = refusing(3, 'rate_limited', { retry_after: 0.25 });
  assert.equal(await done(), 4);
  assert.deepEqual(pauses, [0.25, 0.5, 1]);
});

test('what takes longer than a moment is told at once', async () => {
  const { done, pauses, asked } = refusing(1, 'rate_limited', { retry_after: 5 });
  await assert.rejects(done(), { code: 'rate_limited' });
  assert.deepEqual([pauses, asked()], [[], 1]);
});

test('it does not go on for ever', async () => {
  const { done, asked } = refusing(Infinity, 'rate_limited', { retry_after: 0.25 });
  await assert.rejects(done(), { code: 'rate_limited' });
  assert.equal(asked(), 6);
});

test('any other problem is told at once', async () => {
  const { done, asked } = refusing(1, 'untrusted', { retry_after: 0.25 });
  await assert.rejects(done(), { code: 'untrusted' });
  assert.equal(asked(), 1);
});
