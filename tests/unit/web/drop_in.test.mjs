import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dueOf, loudness } from '../../../web/call/course.js';
import { unreadyOf } from '../../../web/session/readiness.js';
import { soundFor } from '../../../web/sound/sounding.js';
import { reduce } from '../../../web/state/reduce.js';
import { START, ringingTalks } from '../../../web/state/state.js';
import { frostedFor, standingKey, visitNotes } from '../../../web/state/words.js';

const MINUTE = 60_000;
const MEDIA = { send_audio: true, receive_audio: true, send_video: true, receive_video: true };
const VIEW = { id: 'c_1', kind: 'drop_in', mode: 'knock', role: 'callee', phase: 'ringing', peer_name: 'Ben', peer_person: 'p_ben', own_person: 'p_ana', video: true, media: MEDIA, endpoint: null, epoch: 0 };

/** The state after these actions. */
const after = (...actions) => actions.reduce(reduce, START);
const rings = (view = {}) => ({ t: 'server', event: { t: 'ringing', seq: 1, call: { ...VIEW, ...view } } });
const door = (stage) => ({ t: 'door', call: 'c_1', door: stage });

test('what is due in a drop in comes at its minute, and never where it is switched off', () => {
  const terms = { longest: 60, silence: 10, chime: 5 };
  const times = { began: 0, spoke: 0, chimed: 0 };
  assert.equal(dueOf(terms, times, 5 * MINUTE - 1), null);
  assert.equal(dueOf(terms, times, 5 * MINUTE), 'chime');
  assert.equal(dueOf(terms, { ...times, chimed: 5 * MINUTE }, 10 * MINUTE - 1), null);
  assert.equal(dueOf(terms, { ...times, chimed: 9 * MINUTE }, 10 * MINUTE), 'silence');
  assert.equal(dueOf(terms, { ...times, spoke: 59 * MINUTE, chimed: 59 * MINUTE }, 60 * MINUTE), 'over');
  assert.equal(dueOf({ ...terms, silence: 0, chime: 0 }, times, 59 * MINUTE), null);
});

test('loudness tells a voice from a quiet room', () => {
  assert.equal(loudness(new Float32Array(64)), 0);
  assert.ok(loudness(Float32Array.from({ length: 64 }, (_, at) => 0.1 * Math.sin(at))) > 0.05);
});

test('a page is ready when nothing is missing, and says first what must be done first', () => {
  const ready = { confirmed: true, touched: true, allowed: true, sounding: true, visible: true };
  assert.equal(unreadyOf(ready), null);
  for (const [part, missing] of Object.entries({ confirmed: 'unconfirmed', allowed: 'microphone', touched: 'tap', sounding: 'sound', visible: 'hidden' })) {
    assert.equal(unreadyOf({ ...ready, [part]: false }), missing);
  }
  assert.equal(unreadyOf({ ...ready, touched: false, sounding: false }), 'tap');
});

test('a drop in is shown at the door only once this page has looked at it, and then softly', () => {
  const arrived = after(rings());
  assert.deepEqual(ringingTalks(arrived), []);
  const knocks = reduce(arrived, door('checking'));
  assert.equal(ringingTalks(knocks).length, 1);
  assert.equal(soundFor(knocks), 'knock');
  assert.deepEqual(ringingTalks(after(rings({ mode: 'instant' }), door('checking'))), []);
});

test('a quiet page does not ring, but for whoever was let through', () => {
  const quiet = { t: 'quiet', quiet: true };
  assert.deepEqual(ringingTalks(after(rings({ kind: 'call', mode: null }), quiet)), []);
  assert.equal(ringingTalks(after(rings(), door('checking'), quiet)).length, 1);
});

test('what a call is it is from its first moment, whatever the server says later', () => {
  const [call] = after(rings({ kind: 'call', mode: null }), rings({ epoch: 1 })).talks;
  assert.deepEqual([call.kind, call.mode], ['call', null]);
  const [visit] = after(rings(), rings({ kind: 'call', mode: 'instant', epoch: 1 })).talks;
  assert.deepEqual([visit.kind, visit.mode], ['drop_in', 'knock']);
});

test('frost lasts from before its first frame until its end', () => {
  const frosted = (until) => after(rings(), { t: 'frost', call: 'c_1', frost: { seconds: 3, until } }).talks[0];
  assert.equal(frostedFor(frosted(null), 5_000), 3_000);
  assert.equal(frostedFor(frosted(6_000), 5_000), 1_000);
  assert.equal(frostedFor(frosted(6_000), 6_000), null);
});

test('whoever drops in is told what happens there', () => {
  const placed = { t: 'placing', call: 'c_1', to: 'p_ben', name: 'Ben', person: 'p_ben', video: true, kind: 'drop_in' };
  const view = { ...VIEW, role: 'caller' };
  const said = (...actions) => standingKey(after(placed, ...actions).talks[0]);
  assert.equal(said(), 'drop_in.going');
  assert.equal(said({ t: 'call_state', call: 'c_1', view }), 'drop_in.knocking');
  assert.equal(said({ t: 'call_state', call: 'c_1', view: { ...view, mode: 'instant' } }), 'drop_in.going');
  const up = [{ t: 'call_state', call: 'c_1', view: { ...view, phase: 'active' } }, { t: 'media', call: 'c_1', media: 'up', at: 1_000 }];
  assert.equal(said(...up), 'drop_in.tone_there');
  const seen = { t: 'server', event: { t: 'peer_indicated', seq: 2, call: 'c_1', audio: true, video: true, hardware_muted: false } };
  assert.equal(said(...up, seen), 'call.connected');
  const [talk] = after(placed, ...up, seen).talks;
  assert.deepEqual(visitNotes(talk, 2_000), ['drop_in.frosted_there']);
  assert.deepEqual(visitNotes(talk, 60_000), []);
  assert.equal(said({ t: 'over', call: 'c_1', ending: 'not_permitted' }), 'drop_in.not_permitted');
  assert.equal(said({ t: 'over', call: 'c_1', ending: 'not_let_in' }), 'ended.not_let_in');
});
