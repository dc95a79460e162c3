import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { toBase64 } from '../../../web/core/bytes.js';
import { acceptDelegations, delegationsOf, requireDelegated, signDelegations } from '../../../web/trust/delegations.js';
import { former } from '../../../web/trust/endpoints.js';
import { acknowledged, compared, met, reconcile } from '../../../web/trust/known.js';
import { nameOf } from '../../../web/trust/links.js';
import * as person from '../../../web/trust/person.js';
import { extend, householdLinkOf, replay, signHouseholdLink } from '../../../web/trust/roster.js';
import { bytes, endpoint, mutants, refused } from './endpoints.mjs';

/** Ana has a phone and a tablet, Ben a phone; Cleo lives elsewhere. The kitchen and the hall are for everybody. */
let anaPhone, anaTablet, benPhone, cleoPhone, kitchen, hall, paper;
/** Chains: Ana's with the phone alone, with both, and after the phone was removed; and one that forks there. */
let ana0, ana1, ana2, anaForked, ben, cleo;

before(async () => {
  const made = await Promise.all(Array.from({ length: 7 }, endpoint));
  [anaPhone, anaTablet, benPhone, cleoPhone, kitchen, hall, paper] = made;
  [ana0, ben, cleo] = await Promise.all([anaPhone, benPhone, cleoPhone].map((who) => go(null, who, begun(who))));
  ana1 = await go(ana0, anaPhone, { action: 'add', keys: anaTablet.keys });
  ana2 = await go(ana1, anaTablet, { action: 'remove', identity: anaPhone.identity });
  anaForked = await go(ana1, anaPhone, { action: 'remove', identity: anaTablet.identity });
});

const begun = (who) => ({ action: 'begin', keys: who.keys, recovery: paper.identity });
const go = async (chain, { identity, sign }, deed) =>
  person.extend(chain, await person.signPersonLink(chain, deed, { time: 10, signer: identity, sign }));

const by = (who, chain, time = 1_000) => ({ chain, time, signer: who.identity, sign: who.sign });
const persons = (...chains) => new Map(chains.map((chain) => [nameOf(chain.root), chain]));
const join = ({ root, version, head }) => ({ action: 'join', member: root, member_version: version, member_head: head });
const leave = ({ root }) => ({ action: 'leave', member: root });
const add = (who) => ({ action: 'add', keys: who.keys });
const remove = (who) => ({ action: 'remove', identity: who.identity });

/** Links as [deed, endpoint, its person's chain]. The newest chain of each person is what is known. */
async function links(...steps) {
  const made = [];
  let roster = null;
  for (const [deed, who, chain, known = [ana2, ben]] of steps) {
    made.push(await signHouseholdLink(roster, deed, by(who, chain)));
    roster = await extend(roster, made.at(-1), persons(...known));
  }
  return made;
}
const rosterOf = async (...steps) => replay(await links(...steps), persons(ana2, ben));

const START = () => [[{ action: 'begin' }, anaPhone, ana0]];
const life = () =>
  links(
    ...START(),
    [join(ben), anaPhone, ana1],
    [add(kitchen), benPhone, ben],
    [{ action: 'confirm' }, anaTablet, ana2],
    [add(hall), anaTablet, ana2],
    [remove(kitchen), benPhone, ben],
    [leave(ben), anaTablet, ana2],
  );

test('a roster says who lives here and what is shared', async () => {
  const roster = await replay(await life(), persons(ana2, ben));
  assert.equal(roster.version, 6);
  assert.deepEqual(roster.members, new Set([nameOf(ana0.root)]));
  assert.deepEqual([...roster.active.keys()], [nameOf(hall.identity)]);
  assert.deepEqual(former(roster), new Set([nameOf(kitchen.identity)]));
  assert.equal(roster.pins.get(nameOf(ana0.root)).version, 2);
});

test('no field of any household link can be changed', async () => {
  const made = await life();
  const known = persons(ana2, ben, cleo);
  const rosters = await Promise.all(made.map((_, at) => (at === 0 ? null : replay(made.slice(0, at), known))));
  let tried = 0;
  for (const [at, link] of made.entries()) {
    for (const [where, changed] of mutants(link)) {
      await refused(() => extend(rosters[at], changed, known)).catch((error) => assert.fail(`${link.action}.${where}: ${error.message}`));
      tried += 1;
    }
    const everything = { keys: kitchen.keys, identity: hall.identity, ...join(ben) };
    for (const action of ['begin', 'join', 'leave', 'add', 'remove', 'confirm'].filter((one) => one !== link.action)) {
      await refused(() => extend(rosters[at], { ...everything, ...link, action }, known));
    }
  }
  assert.ok(tried > 100);
  for (let at = 0; at < made.length - 1; at += 1) await refused(() => replay(made.toSpliced(at, 1), known), 'out_of_order', 'wrong_start');
});

const WITH_BEN = () => [...START(), [join(ben), anaPhone, ana0]];
const REFUSED = {
  'an invented member signs': [START, () => [add(kitchen), cleoPhone, cleo], 'not_a_member'],
  'an unknown person joins': [START, () => [join(cleo), anaPhone, ana0], 'unknown_person'],
  'a foreign endpoint signs for a member': [START, () => [add(kitchen), cleoPhone, ana0], 'not_active'],
  'an endpoint signs where it was not yet': [START, () => [add(kitchen), anaTablet, ana0], 'not_active'],
  'an endpoint signs where it is no more': [START, () => [add(kitchen), anaPhone, ana2], 'not_active'],
  'a removed endpoint signs at an older version, after the newer was confirmed': [
    () => [...START(), [{ action: 'confirm' }, anaTablet, ana2]],
    () => [add(kitchen), anaPhone, ana1],
    'stale',
  ],
  'a removed endpoint forks its chain to sign': [START, () => [add(kitchen), anaPhone, anaForked], 'forked'],
  'who left signs': [() => [...WITH_BEN(), [leave(ben), anaPhone, ana0]], () => [add(kitchen), benPhone, ben], 'not_a_member'],
  'begins again': [START, () => [{ action: 'begin' }, anaPhone, ana0], 'wrong_start'],
  'joins twice': [WITH_BEN, () => [join(ben), anaPhone, ana0], 'already_there'],
  'who is not there leaves': [START, () => [leave(ben), anaPhone, ana0], 'not_there'],
  'the last one leaves': [START, () => [leave(ana0), anaPhone, ana0], 'last_one'],
  'added twice': [() => [...START(), [add(kitchen), anaPhone, ana0]], () => [add(kitchen), anaPhone, ana0], 'key_reused'],
  'removed twice': [START, () => [remove(kitchen), anaPhone, ana0], 'not_there'],
  'back after removal': [
    () => [...START(), [add(kitchen), anaPhone, ana0], [remove(kitchen), anaPhone, ana0]],
    () => [add(kitchen), anaPhone, ana0],
    'key_reused',
  ],
  'joins with more than is known': [START, () => [{ ...join(ben), member_version: 1 }, anaPhone, ana0], 'missing'],
  'joins again with an older chain': [
    () => [...START(), [join(ben), anaPhone, ana0], [{ action: 'confirm' }, anaTablet, ana1], [leave(ana0), benPhone, ben]],
    () => [join(ana0), benPhone, ben],
    'stale',
  ],
  'joins again with another past': [
    () => [...WITH_BEN(), [leave(ben), anaPhone, ana0]],
    () => [{ ...join(ben), member_head: bytes(32) }, anaPhone, ana0],
    'forked',
  ],
};
for (const [what, [steps, last, reason]] of Object.entries(REFUSED)) {
  test(`roster: ${what}`, async () => {
    const roster = await rosterOf(...steps());
    const [deed, who, chain] = last();
    const link = await signHouseholdLink(roster, deed, by(who, chain));
    await refused(() => extend(roster, link, persons(ana2, ben)), reason);
  });
}

test('a roster begins with its beginning, and has limits', async () => {
  await refused(async () => extend(null, await signHouseholdLink(null, add(kitchen), by(anaPhone, ana0)), persons(ana0)), 'wrong_start');
  await refused(() => replay([], persons()), 'wrong_start');
  const roster = await rosterOf(...START());
  const many = (count) => Array.from({ length: count }, (_, at) => `${at}`);
  for (const [full, deed] of [
    [{ ...roster, members: new Set([...roster.members, ...many(63)]) }, join(ben)],
    [{ ...roster, active: new Map(many(64).map((name) => [name, hall.keys])) }, add(kitchen)],
    [{ ...roster, version: 4_095 }, { action: 'confirm' }],
  ]) {
    await refused(async () => extend(full, await signHouseholdLink(full, deed, by(anaPhone, ana0)), persons(ana0)), 'too_many');
  }
});

const wireOf = ({ keys, ...link }) =>
  Object.fromEntries(Object.entries({ ...link, ...keys }).map(([name, value]) => [name, value instanceof Uint8Array ? toBase64(value) : value]));

test('household links are read from JSON as they were written, and nothing else is', async () => {
  for (const link of await life()) {
    const wire = JSON.parse(JSON.stringify(wireOf(link)));
    assert.deepEqual(householdLinkOf(wire), link);
    for (const name of Object.keys(wire)) await refused(() => householdLinkOf({ ...wire, [name]: null }), 'malformed');
  }
});

const setOf = (changes = {}, chain = ana1, who = anaPhone) =>
  signDelegations(chain, { version: 3, time: 50, endpoints: [kitchen.identity, hall.identity], signer: who.identity, sign: who.sign, ...changes });

test('delegations are accepted from the person, and nothing in them can be changed', async () => {
  const set = await setOf();
  assert.equal(await acceptDelegations(set, ana1, null), set);
  assert.equal(await acceptDelegations(set, ana1, await setOf()), set, 'the same again');
  for (const [, changed] of mutants(set)) await refused(() => acceptDelegations(changed, ana1, null));
  await refused(() => acceptDelegations({ ...set, endpoints: set.endpoints.toReversed() }, ana1, null), 'malformed');
  await refused(() => acceptDelegations({ ...set, endpoints: [set.endpoints[0]] }, ana1, null), 'bad_signature');
  await refused(() => acceptDelegations(set, ben, null), 'unknown_person');
  await refused(() => acceptDelegations({ ...set, endpoints: Array.from({ length: 65 }, () => bytes(32)) }, ana1, null), 'too_many');
});

test('delegations never go back, and lapse with who signed them', async () => {
  const set = await setOf();
  await refused(async () => acceptDelegations(set, ana1, await setOf({ version: 4 })), 'stale');
  await refused(async () => acceptDelegations(await setOf({ version: 4, time: 49 }), ana1, set), 'time_reversed');
  await refused(async () => acceptDelegations(await setOf({ version: 4 }, ana0), ana1, set), 'stale');
  await refused(async () => acceptDelegations(await setOf({ endpoints: [] }), ana1, set), 'forked');
  await refused(() => acceptDelegations(set, ana2, null), 'not_active');
  await refused(async () => acceptDelegations(await setOf({}, anaForked), ana2, null), 'forked');
  await refused(async () => acceptDelegations(await setOf({}, ana2, anaTablet), ana1, null), 'missing');
  const twice = await setOf({ endpoints: [kitchen.identity, kitchen.identity] });
  await refused(() => acceptDelegations(twice, ana1, null), 'malformed');
});

test('a shared endpoint acts for whom it is listed by, lives there, and in whose house it stands', async () => {
  const set = await setOf({ endpoints: [kitchen.identity] });
  const roster = await rosterOf(...START(), [add(kitchen), anaPhone, ana0], [add(hall), anaPhone, ana0]);
  requireDelegated(set, kitchen.identity, roster);
  await refused(() => requireDelegated(set, hall.identity, roster), 'not_delegated');
  await refused(() => requireDelegated(set, kitchen.identity, { ...roster, members: new Set() }), 'not_a_member');
  await refused(() => requireDelegated(set, kitchen.identity, { ...roster, active: new Map() }), 'not_active');
});

const memoryOf = ({ root, version, head }, verified = false) => ({ root, version, head, verified, since: 5 });

test('what is remembered tells what is shown', () => {
  const outcomes = [
    [null, ana1, 'new'],
    [memoryOf(ana1), ana1, 'same'],
    [memoryOf(ana1), ana2, 'extended'],
    [memoryOf(ana2), ana1, 'rolled_back'],
    [memoryOf(ana2), anaForked, 'forked'],
    [memoryOf(ben), ana1, 'changed'],
  ];
  for (const [known, chain, outcome] of outcomes) assert.equal(reconcile(known, chain), outcome);
});

test('only what goes on from what is known is remembered', () => {
  assert.deepEqual(met(null, ana1, 9), { answer: 'new', keep: { ...memoryOf(ana1), since: 9 } });
  assert.deepEqual(met(memoryOf(ana1, true), ana2, 9), { answer: 'extended', keep: memoryOf(ana2, true) });
  assert.deepEqual(met(memoryOf(ana1, true), ana1, 9), { answer: 'same' });
  assert.deepEqual(met(memoryOf(ana2, true), ana1, 9), { answer: 'rolled_back' });
  assert.deepEqual(met(memoryOf(ana2, true), anaForked, 9), { answer: 'forked' });
  assert.deepEqual(met(memoryOf(ben, true), ana2, 9), { answer: 'changed' });
});

test('who changed is remembered once somebody knows, and is not verified', () => {
  assert.deepEqual(acknowledged(memoryOf(ben, true), ana2, 9).keep, { ...memoryOf(ana2), since: 9 });
  assert.equal(acknowledged(memoryOf(ana2, true), ana1, 9).keep, undefined);
  assert.equal(acknowledged(memoryOf(ana2, true), anaForked, 9).keep, undefined);
});

test('a safety number says something of the person it is of', () => {
  assert.deepEqual(compared(memoryOf(ana1), ana1.root, true), { answer: true, keep: memoryOf(ana1, true) });
  assert.deepEqual(compared(memoryOf(ana1, true), ana1.root, false), { answer: true, keep: memoryOf(ana1) });
  assert.deepEqual(compared(memoryOf(ben), ana1.root, true), { answer: false });
  assert.deepEqual(compared(null, ana1.root, true), { answer: false });
});
