import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { DropIns } from '../../../web/call/drop-ins.js';
import { START } from '../../../web/state/state.js';
import { bytes } from './endpoints.mjs';

const CALL = 'c_1';
const MEDIA = { send_audio: true, receive_audio: true, send_video: false, receive_video: false };
const [GRAN, TOM] = [1, 2].map((fill) => ({ keys: { identity: bytes(32, fill) }, root: bytes(32, fill) }));

before(() => (globalThis.document = { addEventListener: () => {}, hidden: false }));

/** A page that Gran's group drops in on by itself. `asked`: what the gate was asked of those who come along; `ends`: how it ended. */
function page({ keepsOut = () => null } = {}) {
  const asked = [];
  const ends = [];
  const gate = {
    closed: () => null,
    meet: async () => {},
    decide: () => ({ mode: 'instant', frost: 3, longest: 60, silence: 10, chime: 5 }),
    keepsOut: (caller, how) => (asked.push(how), keepsOut(caller, how)),
    note: () => {},
  };
  const nothing = () => {};
  const ways = { answer: nothing, refuse: nothing, changed: nothing, remote: () => null, stage: nothing, frost: nothing, about: () => null, end: (call, why) => ends.push(why) };
  const dropIns = new DropIns({ store: { state: START, subscribe: nothing }, gate, capture: {}, ringer: {}, ways });
  dropIns.arrive({ id: CALL, mode: 'instant' }, 'e_gran');
  return { dropIns, ends, asked };
}

test('whoever may come only by a knock is not let in beside somebody who needs none', async () => {
  const { dropIns, ends, asked } = page({ keepsOut: (caller, { letIn }) => (letIn ? null : 'not_given') });
  await dropIns.met(CALL, TOM, 'e_tom');
  await dropIns.met(CALL, GRAN, 'e_gran');
  dropIns.connected(CALL, MEDIA);
  assert.deepEqual(ends, ['not_let_in']);
  assert.deepEqual(asked, [{ letIn: false, inside: false }]);
});

test('when who began it has gone it is over, whatever the server says', async () => {
  const { dropIns, ends } = page();
  await dropIns.met(CALL, GRAN, 'e_gran');
  await dropIns.met(CALL, TOM, 'e_tom');
  dropIns.left(CALL, 'e_tom');
  assert.deepEqual(ends, []);
  dropIns.left(CALL, 'e_gran');
  assert.deepEqual(ends, ['done']);
});

test('without a connection with who began it, it is over after half a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dropIns, ends } = page();
  await dropIns.met(CALL, GRAN, 'e_gran');
  dropIns.reached(CALL, 'e_tom', 'lost');
  t.mock.timers.tick(60_000);
  assert.deepEqual(ends, []);
  dropIns.reached(CALL, 'e_gran', 'lost');
  t.mock.timers.tick(20_000);
  dropIns.reached(CALL, 'e_gran', 'up');
  t.mock.timers.tick(60_000);
  assert.deepEqual(ends, [], 'they were back in time');
  dropIns.reached(CALL, 'e_gran', 'lost');
  dropIns.reached(CALL, 'e_gran', 'lost');
  t.mock.timers.tick(30_000);
  assert.deepEqual(ends, ['done']);
});

test('it is over at once where a later connection with who began it is not believed', async () => {
  const { dropIns, ends } = page();
  await dropIns.met(CALL, GRAN, 'e_gran');
  dropIns.reached(CALL, 'e_tom', 'unsafe');
  assert.deepEqual(ends, []);
  dropIns.reached(CALL, 'e_gran', 'unsafe');
  assert.deepEqual(ends, ['done']);
});
