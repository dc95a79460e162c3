import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heard, MOST_DRIFT, MOST_ROUNDS, serverTime, until } from '../../../web/announcements/clock-sync.js';

const START = 1_790_000_000;
const ROUNDING = 1e-5;

/** The same numbers every time. @param {number} seed */
function chance(seed) {
  let state = seed;
  return (/** @type {number} */ from, /** @type {number} */ to) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return from + ((to - from) * state) / 2 ** 32;
  };
}

/** What is known after some rounds, of a server that shows true time and an own clock that is ahead and slow. */
function played(between, { rounds = 6, setBy = 0 } = {}) {
  const [ahead, drift] = [between(-1e6, 1e6), between(-0.9 * MOST_DRIFT, 0.9 * MOST_DRIFT)];
  const own = (/** @type {number} */ time) => ahead + (time - START) * (1 - drift);
  let [known, now] = [/** @type {readonly any[]} */ ([]), START];
  for (let round = 0; round < rounds; round += 1) {
    now += between(0, 900);
    const trips = Array.from({ length: 1 + Math.floor(between(0, 5)) }, () => {
      const [there, back] = [between(0, 1.5), between(0, 1.5)];
      const trip = { sent: own(now), received: own(now + there + back), server: now + there + (round === rounds - 1 ? setBy : 0) };
      now += there + back;
      return trip;
    });
    known = heard(known, trips);
  }
  return { known, now, own };
}

test('the time is right to within what is said', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const between = chance(seed);
    const { known, now, own } = played(between, { rounds: 1 + (seed % 14) });
    const later = now + between(0, 7_200);
    const reading = serverTime(known, own(later));
    assert.ok(reading && Math.abs(reading.time - later) <= reading.within + ROUNDING);
    assert.ok(known.length <= MOST_ROUNDS);
    const left = until(known, later, own(now));
    assert.ok(left !== null && Math.abs(left - (own(later) - own(now))) <= 2 * reading.within + ROUNDING);
  }
});

test('a server whose clock was set is believed anew', () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const { known, now, own } = played(chance(seed), { setBy: 30 });
    const reading = serverTime(known, own(now));
    assert.ok(reading && Math.abs(reading.time - now - 30) <= reading.within + ROUNDING);
    assert.equal(known.length, 1);
  }
});

test('whoever heard nothing knows nothing', () => {
  assert.equal(serverTime([], 1), null);
  assert.equal(until([], 1, 1), null);
  assert.deepEqual(heard([], [{ sent: 2, received: 1, server: START }]), []);
});
