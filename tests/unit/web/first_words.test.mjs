import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FirstWords } from '../../../web/call/first-words.js';

const settled = async () => {
  for (let turn = 0; turn < 8; turn += 1) await null;
};

/** `begun`: what a connection was made for. Theirs is what begins with a t. */
function words() {
  const begun = [];
  const first = new FirstWords({ read: async (epoch, body) => body.startsWith('t'), begin: (epoch, bodies) => begun.push([epoch, ...bodies]) });
  return { first, begun };
}

test('a connection is made for what the other one sealed, with all that came meanwhile', async () => {
  const { first, begun } = words();
  first.hear(0, 'theirs');
  first.hear(0, 'and more');
  await settled();
  assert.deepEqual(begun, [[0, 'theirs', 'and more']]);
});

test('garbage neither makes one nor stands in the way of one', async () => {
  const { first, begun } = words();
  first.hear(65_535, 'garbage');
  await settled();
  first.hear(0, 'garbage');
  await settled();
  first.hear(0, 'theirs');
  await settled();
  assert.deepEqual(begun, [[0, 'theirs']]);
});

test('it is one a second, however many they begin, and none once it is over', async (t) => {
  const { first, begun } = words();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (let epoch = 0; epoch < 20; epoch += 1) first.hear(epoch, 'theirs');
  await settled();
  assert.equal(begun.length, 1);
  t.mock.timers.tick(1_000);
  await settled();
  assert.equal(begun.length, 2);
  first.close();
  t.mock.timers.tick(20_000);
  await settled();
  assert.equal(begun.length, 2);
});
