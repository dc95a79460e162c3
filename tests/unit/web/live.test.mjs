import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fare, faring } from '../../../web/state/live.js';

test('how a device fares is said by what is lost of its sound', () => {
  const shares = [0, 0.019, 0.02, 0.099, 0.1, 1];
  assert.deepEqual(
    shares.map((lost) => fare({ connected: true, lost })),
    ['good', 'good', 'fair', 'fair', 'poor', 'poor'],
  );
  assert.equal(fare({ connected: false, lost: 0 }), 'connecting');
});

test('each device is told of by its endpoint, with all who take part', () => {
  const seat = (endpoint, lost) => ({ endpoint, device: 'Hall', connected: true, lost, jitter_ms: 0, delay_ms: 0 });
  const found = faring([{ call: 'c_1', seats: [seat('e_1', 0), seat('e_2', 0.5)], others: 3, load: 0 }]);
  assert.deepEqual([...found], [['e_1', { count: 5, how: 'good' }], ['e_2', { count: 5, how: 'poor' }]]);
  assert.equal(faring([]).size, 0);
});
