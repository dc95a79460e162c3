/** Somebody is at the page: what is said of it, and how often. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Near } from '../../../web/session/near.js';

function world() {
  const said = [];
  const state = { now: 0, fails: false };
  const send = async (draft) => {
    if (state.fails) throw new Error('away');
    said.push(draft);
  };
  return { said, state, near: new Near(send, () => state.now) };
}

test('a page that is used says so three times a minute at the most, and nothing of how', () => {
  const { said, state, near } = world();
  for (state.now = 0; state.now < 60_000; state.now += 500) near.used();
  assert.deepEqual(said, Array(3).fill({ t: 'touch', kind: 'interaction' }));
});

test('what could not be said is said at the next touch', async () => {
  const { said, state, near } = world();
  state.fails = true;
  near.used();
  await Promise.resolve();
  await Promise.resolve();
  state.fails = false;
  near.used();
  assert.equal(said.length, 1);
});
