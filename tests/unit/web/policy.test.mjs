import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { fromBase64, toBase64 } from '../../../web/core/bytes.js';
import { decide, gather, nextChange, whyNotAlong } from '../../../web/policy/drop_in.js';
import { sizeAt, widthAt } from '../../../web/policy/frost.js';
import { begun, zoneOf } from '../../../web/policy/hours.js';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/policy.json', import.meta.url), 'utf8'));
const BYTES = new Set(['person', 'person_head', 'signer', 'signature', 'receiver', 'household', 'identity']);

/** A set as web/trust/grants.js reads it; nobody signed these. */
function read(value, name = '') {
  if (Array.isArray(value)) return value.map((each) => (typeof each === 'string' ? fromBase64(each) : read(each)));
  if (typeof value === 'string') return BYTES.has(name) ? fromBase64(value) : value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, read(each, key)]));
}

const placeOf = ({ identity, shared, household, alone }) => ({
  identity: fromBase64(identity),
  shared,
  alone,
  household: household === null ? null : fromBase64(household),
});
const callerOf = ({ root, identity, shared, households }) => ({
  root: fromBase64(root),
  identity: fromBase64(identity),
  shared,
  households: new Map(Object.entries(households).map(([name, members]) => [name, new Set(members)])),
});
const hereOf = ({ switch: own, drop_in: dropIn, microphone_off: microphoneOff, ready }, blocked) => ({
  own: own === null ? null : { ...own, heard: new Map(Object.entries(own.heard)) },
  dropIn,
  microphoneOff,
  ready,
  blocked,
});

test('hours are those of the vectors, whatever the clocks do', () => {
  for (const { name, zone, window, moments } of vectors.hours) {
    for (const [now, wanted] of moments) assert.equal(begun(window, zoneOf(zone), now), wanted, `${name} at ${now}`);
  }
});

test('nobody knows a zone that is none', () => assert.equal(zoneOf('Nowhere/Land'), null));

test('drop ins are decided as in the vectors', () => {
  for (const one of vectors.drop_in) {
    const [sets, place, caller] = [one.sets.map((set) => read(set)), placeOf(one.place), callerOf(one.caller)];
    const facts = gather(sets, place, caller, hereOf(one.here, one.blocked), one.now);
    assert.deepEqual(facts.standing, one.standing, one.name);
    assert.equal(facts.term, one.term, one.name);
    assert.deepEqual([...facts.quietBy].sort(order), one.quiet_by, one.name);
    assert.equal(nextChange(sets, place, caller, one.now), one.next_change, one.name);
    const { admit, ...decided } = decide(facts);
    assert.deepEqual(decided, one.decision, one.name);
    assert.equal(admit, 'mode' in one.decision, one.name);
    const along = { by_itself: whyNotAlong(facts, { letIn: false }), let_in: whyNotAlong(facts, { letIn: true }) };
    assert.deepEqual(along, one.along, one.name);
  }
});

/** As the bytes are ordered, not the letters. */
const order = (one, other) => Buffer.compare(Buffer.from(fromBase64(one)), Buffer.from(fromBase64(other)));

test('frost is that of the vectors', () => {
  for (const { name, seconds, frame, sizes } of vectors.frost) {
    for (const [elapsed, wanted] of sizes) {
      const size = sizeAt(elapsed, seconds, { width: frame[0], height: frame[1] });
      assert.deepEqual(size && [size.width, size.height], wanted, `${name} at ${elapsed}`);
    }
  }
});

test('a clock that is no number leaves it frosted', () => {
  assert.equal(widthAt(NaN, 10), 20);
  assert.equal(toBase64(new Uint8Array()), '');
});
