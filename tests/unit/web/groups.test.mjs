import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Part } from '../../../web/call/group-part.js';
import { identityOf, Signed } from '../../../web/call/group-roster.js';
import { readBody, writeBody } from '../../../web/call/body.js';
import { toBase64 } from '../../../web/core/bytes.js';
import { optedIn } from '../../../web/policy/enhanced.js';
import { negotiate } from '../../../web/policy/media.js';
import { titleOf } from '../../../web/state/asking.js';
import { currentGroup, isSealed, openGroups, othersIn, reduceGroups, restored, ringingGroups } from '../../../web/state/groups.js';
import { unsigned } from '../../../web/granting/contents.js';
import { bytes, endpoint, refused } from './endpoints.mjs';

const CALL = 'c_abcdefghijklmnopqrst';
const ROOTS = { ana: bytes(32, 1), ben: bytes(32, 2), carla: bytes(32, 3), eve: bytes(32, 4) };

let ana, ben, carla, eve;
before(async () => {
  [ana, ben, carla, eve] = await Promise.all(Array.from({ length: 4 }, endpoint));
});

const member = (id, order, who = null, more = {}) => ({
  ...{ endpoint: `e_${id}`, order, name: id, device: 'Phone', shared: false, person: `p_${id}`, connected: true, starter: order === 0 },
  keys: { identity: who ? toBase64(who.identity) : '', sealing: who ? toBase64(who.keys.sealing) : '', sealing_signature: who ? toBase64(who.keys.sealing_signature) : '' },
  capabilities: { microphone: true, speaker: true, camera: true, screen: true },
  ...more,
});

const viewOf = (members, more = {}) => ({
  ...{ id: CALL, kind: 'call', path: 'mesh', e2ee: true, epoch: 0, video: true, phase: 'active', created: 1_000, own: 'e_ana', own_person: 'p_ana', members, places: [] },
  ...{ started_by: { endpoint: 'e_ana', name: 'Ana', device: 'Phone', identity: toBase64(ana.identity), person: 'p_ana' }, roster: null, mode: null },
  ...more,
});

// -- what is shown ----------------------------------------------------------------------------------------

const begun = (path = 'mesh') => reduceGroups([], { t: 'begin', id: CALL, kind: 'call', video: true, path, title: 'Ben and Carla' });
const shown = (groups, view) => reduceGroups(groups, { t: 'view', view });

test('the path that a person agreed to stays, whatever the server says', () => {
  const [group] = shown(begun(), viewOf([member('ana', 0)], { path: 'mixer', e2ee: false }));
  assert.equal(group.path, 'mesh');
  assert.equal(isSealed(group), false, 'and nobody is told that it is end-to-end where the server says otherwise');
  const [mixed] = shown(begun('mixer'), viewOf([member('ana', 0)]));
  assert.equal(isSealed(mixed), false);
});

test('before anybody agreed it is the way that the server says now', () => {
  const rings = { places: [{ name: 'Ana', state: 'ringing', person: 'p_ana', endpoint: null }] };
  const first = shown([], viewOf([member('ben', 0)], { ...rings, path: 'mixer', e2ee: false }));
  assert.equal(isSealed(first[0]), false);
  assert.equal(isSealed(shown(first, viewOf([member('ben', 0)], rings))[0]), true);
});

test('who comes and who goes is told, once for each', () => {
  const alone = shown(begun(), viewOf([member('ana', 0)]));
  assert.equal(alone[0].told, null);
  const two = shown(alone, viewOf([member('ana', 0), member('ben', 1)]));
  assert.deepEqual(two[0].told, { joined: true, name: 'ben' });
  assert.deepEqual(othersIn(two[0]).map(({ name }) => name), ['ben']);
  const again = shown(two, viewOf([member('ana', 0), member('ben', 1, null, { connected: false })]));
  assert.deepEqual(again[0].told, two[0].told);
  assert.deepEqual(shown(again, viewOf([member('ana', 0)]))[0].told, { joined: false, name: 'ben' });
});

test('what has ended stays ended, and what only rang here leaves nothing', () => {
  const over = reduceGroups(begun(), { t: 'over', id: CALL, ending: 'removed' });
  assert.equal(over[0].ended, 'removed');
  assert.deepEqual(shown(over, viewOf([member('ana', 0)])), over);
  assert.equal(currentGroup({ groups: over }), null);
  const rang = shown([], viewOf([member('ben', 0)]));
  assert.deepEqual(reduceGroups(rang, { t: 'over', id: CALL, ending: 'cancelled' }), []);
});

test('a call rings where the own place rings, unless nothing is to; later it may be joined', () => {
  const rings = (state) => shown([], viewOf([member('ben', 0)], { places: [{ name: 'Ana', state, person: 'p_ana', endpoint: null }] }));
  const at = (groups, quiet = false) => ({ groups, quiet });
  assert.equal(ringingGroups(at(rings('ringing'))).length, 1);
  assert.equal(ringingGroups(at(rings('ringing'), true)).length, 0);
  assert.equal(openGroups(at(rings('ringing'))).length, 0);
  for (const state of ['declined', 'no_answer', 'left', 'joined']) {
    assert.equal(ringingGroups(at(rings(state))).length, 0, state);
    assert.equal(openGroups(at(rings(state))).length, 1, state);
  }
});

test('a drop in is shown only once the gate has let it knock', () => {
  const asks = viewOf([member('ben', 0)], { kind: 'drop_in', mode: 'knock', places: [{ name: 'Ana', state: 'ringing', person: 'p_ana', endpoint: null }] });
  const groups = shown([], asks);
  assert.equal(ringingGroups({ groups, quiet: false }).length, 0);
  const checked = reduceGroups(groups, { t: 'door', id: CALL, door: 'checking' });
  assert.equal(ringingGroups({ groups: checked, quiet: true }).length, 1);
});

test('after a new session a group that the server does not know is over', () => {
  const there = shown(begun(), viewOf([member('ana', 0)]));
  assert.equal(restored(there, [])[0].ended, 'lost');
  assert.equal(restored(there, [viewOf([member('ana', 0), member('ben', 1)])])[0].ended, null);
  assert.equal(restored(begun(), [])[0].ended, null, 'its command is still on the way');
});

test('a title takes three names', () => {
  const t = (key, values) => (key === 'group.more' ? `${values.count} more` : key);
  assert.equal(titleOf(['A', 'B', 'C'], 'en', t), 'A, B, and C');
  assert.equal(titleOf(['A', 'B', 'C', 'D'], 'en', t), 'A, B, and 2 more');
  assert.equal(titleOf(null, 'en', t), 'group.everyone');
});

// -- media and consent ------------------------------------------------------------------------------------

test('a picture goes from who has a camera to who has a screen, if the group has pictures', () => {
  const all = { microphone: true, speaker: true, camera: true, screen: true };
  const speaker = { microphone: true, speaker: true };
  assert.deepEqual(negotiate(all, all, true), { send_audio: true, receive_audio: true, send_video: true, receive_video: true });
  assert.deepEqual(negotiate(all, speaker, true), { send_audio: true, receive_audio: true, send_video: false, receive_video: false });
  assert.deepEqual(negotiate(all, all, false), { send_audio: true, receive_audio: true, send_video: false, receive_video: false });
});

test('the server may decrypt only where all whose device it is have said so, and lately', () => {
  const set = (person, more) => ({ ...unsigned('UTC'), person, person_version: 0, person_head: bytes(32), version: 0, time: 100, signer: bytes(32), signature: bytes(64), ...more });
  const on = { enhanced: true };
  const { ana: a, ben: b } = ROOTS;
  assert.equal(optedIn([set(a, {})], [a], 100), false, 'off unless switched on');
  assert.equal(optedIn([set(a, on)], [a], 100), true);
  assert.equal(optedIn([set(a, on), set(b, {})], [a, b], 100), false);
  assert.equal(optedIn([set(a, on)], [a, b], 100), false, 'who has signed nothing has not');
  assert.equal(optedIn([set(a, on), set(b, on)], [a, b], 100), true);
  assert.equal(optedIn([set(a, { ...on, closed: true })], [a], 100), false);
  assert.equal(optedIn([set(a, on)], [a], 100 + 8 * 86_400), false, 'a newer set may be held back');
  assert.equal(optedIn([], [], 100), false);
});

test('what is told in a pair comes out as it went in', () => {
  for (const body of [{ kind: 'again' }, { kind: 'sends', audio: true, video: false }]) assert.deepEqual(readBody(writeBody(body)), body);
});

// -- the signed roster --------------------------------------------------------------------------------------

const rootOf = { e_ana: ROOTS.ana, e_ben: ROOTS.ben, e_carla: ROOTS.carla, e_eve: ROOTS.eve };
const vouchFor = (known = {}) => async (one) => ({ caller: { root: rootOf[one.endpoint] }, acquaintance: { sort: 'person', changed: false, since: known[one.endpoint] ?? 2_000 } });
const signedBy = (who, known, call = CALL) => new Signed(call, { own: { keys: who.keys, sign: who.sign } }, vouchFor(known));
const A_CALL = { kind: 'call', path: 'mesh' };
const MIXED = { kind: 'drop_in', path: 'mixer' };
const invited = () => [ROOTS.ben, ROOTS.carla];

async function twoOf() {
  const there = signedBy(ana);
  const zero = await there.begin(A_CALL, ROOTS.ana, invited());
  const members = [member('ana', 0, ana), member('ben', 1, ben)];
  const one = await there.next(viewOf(members, { roster: zero }));
  return { there, zero, one, members };
}

test('who has been there longest signs for whoever joined and was asked', async () => {
  const { one, members } = await twoOf();
  assert.deepEqual(one.members.map(({ order }) => order), [0, 1]);
  const newcomer = signedBy(ben);
  const view = viewOf(members, { own: 'e_ben', roster: one });
  await newcomer.hear(view);
  assert.ok(newcomer.holds(members[0]) && newcomer.holds(members[1]));
  assert.ok(newcomer.names(identityOf(members[0]), ROOTS.ana));
  assert.equal(newcomer.names(identityOf(members[0]), ROOTS.eve), false);
  assert.equal(await newcomer.next(view), null, 'nothing is to be said');
  const three = viewOf([...members, member('carla', 2, carla)], { own: 'e_ben', roster: one });
  assert.equal(await newcomer.next(three), null, 'and it is not their turn');
});

test('nobody whom the server brings along is taken in, nor held', async () => {
  const { there, one, members } = await twoOf();
  await there.hear(viewOf(members, { roster: one }));
  const withEve = viewOf([...members, member('eve', 2, eve)], { roster: one });
  assert.equal(await there.next(withEve), null);
  assert.equal(there.holds(member('eve', 2, eve)), false);
});

test('who has left is signed out, by the next one where the first is gone', async () => {
  const { one, members } = await twoOf();
  const next = signedBy(ben);
  await next.hear(viewOf(members, { own: 'e_ben', roster: one }));
  const left = await next.next(viewOf([members[1]], { own: 'e_ben', roster: one }));
  assert.deepEqual(left.members.map(({ order }) => order), [1]);
  await next.hear(viewOf([members[1]], { own: 'e_ben', roster: left }));
  assert.equal(next.holds(members[0]), false);
});

test('another one signs only while those before are not connected, and it is', async () => {
  const { one, members } = await twoOf();
  const away = [{ ...members[0], connected: false }, members[1], member('carla', 2, carla)];
  const next = signedBy(ben);
  await next.hear(viewOf(members, { own: 'e_ben', roster: one }));
  assert.equal((await next.next(viewOf(away, { own: 'e_ben', roster: one }))).version, 2);
  const both = [away[0], { ...members[1], connected: false }, away[2]];
  assert.equal(await next.next(viewOf(both, { own: 'e_ben', roster: one })), null);
});

test('whoever comes back has another order, and is signed anew', async () => {
  const { there, one } = await twoOf();
  const again = [member('ana', 0, ana), member('ben', 2, ben)];
  await there.hear(viewOf(again, { roster: one }));
  assert.equal(there.holds(again[1]), false);
  const two = await there.next(viewOf(again, { roster: one }));
  await there.hear(viewOf(again, { roster: two }));
  assert.ok(there.holds(again[1]));
});

test('the first roster that one sees is by who began the group, or by somebody known before', async () => {
  const stranger = signedBy(eve);
  const forged = await stranger.begin(A_CALL, ROOTS.eve, [ROOTS.ana, ROOTS.ben]);
  const view = viewOf([member('eve', 0, eve), member('ben', 1, ben)], { own: 'e_ben', roster: forged });
  await refused(() => signedBy(ben).hear(view), 'unknown_person');
  const known = signedBy(ben, { e_eve: 500 });
  await known.hear(view);
  assert.equal(known.roster.version, 0);
});

test('an older roster changes nothing, and another one of the same group is not believed', async () => {
  const { there, zero, one, members } = await twoOf();
  await there.hear(viewOf(members, { roster: one }));
  await there.hear(viewOf(members, { roster: zero }));
  assert.equal(there.roster.version, 1);
  const other = signedBy(eve);
  await other.begin(A_CALL, ROOTS.eve, [ROOTS.ana, ROOTS.ben]);
  const two = [member('eve', 0, eve), member('ana', 1, ana)];
  const forged = await other.next(viewOf(two, { own: 'e_eve' }));
  await other.hear(viewOf(two, { own: 'e_eve', roster: forged }));
  const next = await other.next(viewOf([...two, member('ben', 2, ben)], { own: 'e_eve', roster: forged }));
  await refused(() => there.hear(viewOf(members, { roster: next })), 'not_active', 'forked');
  assert.equal(there.roster.version, 1);
});

test('with more who are asked, it holds those who were', async () => {
  const { there, one, members } = await twoOf();
  await there.hear(viewOf(members, { roster: one }));
  const wider = await there.wider([ROOTS.eve]);
  assert.equal(wider.invited.length, 4);
  await there.hear(viewOf(members, { roster: wider }));
  const taken = await there.next(viewOf([...members, member('eve', 2, eve)], { roster: wider }));
  assert.deepEqual(taken.members.map(({ order }) => order), [0, 1, 2]);
});

test('a drop in through the mixer rests on what whoever began it has signed, lately, for somebody here', async () => {
  const began = signedBy(ana);
  const zero = await began.begin(MIXED, ROOTS.ana, [ROOTS.ben]);
  const view = viewOf([member('ana', 0, ana), member('ben', 1, ben)], { ...MIXED, e2ee: false, own: 'e_ben', roster: zero });
  const there = signedBy(ben);
  await refused(() => there.requireBegun(view, [ROOTS.ben]), 'missing');
  await there.hear(view);
  await there.requireBegun(view, [ROOTS.carla, ROOTS.ben]);
  await refused(() => there.requireBegun(view, [ROOTS.carla]), 'not_invited');
  const inEvesName = { ...view, started_by: { ...view.started_by, name: 'Eve', person: 'p_eve' } };
  await refused(() => there.requireBegun(inEvesName, [ROOTS.ben]), 'missing');
  there.roster = { ...there.roster, time: there.roster.time - 301 };
  await refused(() => there.requireBegun(view, [ROOTS.ben]), 'stale');
  const other = { ...view, started_by: { ...view.started_by, identity: toBase64(eve.identity) } };
  await refused(() => there.requireBegun(other, [ROOTS.ben]), 'missing');
});

test('a roster belongs to its group, and says whether it is a call and which way it goes', async () => {
  const zero = await signedBy(ana).begin(A_CALL, ROOTS.ana, [ROOTS.ben]);
  const view = viewOf([member('ana', 0, ana), member('ben', 1, ben)], { own: 'e_ben', roster: zero });
  await signedBy(ben).hear(view);
  await refused(() => signedBy(ben, {}, 'c_tsrqponmlkjihgfedcba').hear(view), 'forked');
  await refused(() => signedBy(ana, {}, 'c_tsrqponmlkjihgfedcba').hear(view), 'forked');
  for (const other of [{ kind: 'drop_in' }, { path: 'mixer', e2ee: false }, { ...MIXED, e2ee: false }]) {
    await refused(() => signedBy(ben).hear({ ...view, ...other }), 'forked');
    await refused(() => signedBy(ben).hear({ ...view, roster: { ...zero, kind: 'drop_in', path: 'mixer' }, ...other }), 'forked', 'bad_signature');
  }
});

test('whom whoever began it has taken out stays out, whatever the server shows', async () => {
  const { there, one, members } = await twoOf();
  await there.hear(viewOf(members, { roster: one }));
  await there.bar(members[1]);
  const alone = viewOf([members[0], member('carla', 2, carla)], { roster: one });
  const without = await there.next(alone);
  assert.deepEqual([without.removed, without.members.map(({ order }) => order)], [[toBase64(ROOTS.ben)], [0, 2]]);
  const next = signedBy(carla);
  const shown = [members[0], member('carla', 2, carla), member('ben', 3, ben)];
  await next.hear(viewOf(shown, { own: 'e_carla', roster: without }));
  const ana_away = [{ ...shown[0], connected: false }, ...shown.slice(1)];
  assert.equal(await next.next(viewOf(ana_away, { own: 'e_carla', roster: without })), null);
  assert.equal(next.holds(shown[2]), false);
});

test('taking somebody out is told to the server, and then signed; not where the server refuses it', async () => {
  const said = [];
  let refuses = false;
  const send = async (draft) => {
    said.push(draft);
    if (refuses) throw new Error('refused');
  };
  const identities = { identity: { server: bytes(32) }, own: { keys: ana.keys, sign: ana.sign } };
  const vouched = vouchFor();
  const members = { vouch: (_, one) => vouched(one), forget() {} };
  const nothing = () => {};
  const sink = { send, signal: nothing, bond: nothing, unbound: nothing, speaking: nothing, untrusted: (reason) => assert.fail(reason) };
  const part = new Part({ call: CALL, identities, members, ice: {}, sink });
  const show = async (...all) => {
    part.update(shown(begun(), viewOf(all, { roster: said.at(-1)?.roster ?? zero }))[0]);
    await part.followed();
  };
  const zero = await part.signed.begin(A_CALL, ROOTS.ana, invited());
  await show(member('ana', 0, ana), member('carla', 1, carla));
  await show(member('ana', 0, ana), member('carla', 1, carla));
  refuses = true;
  await part.remove('e_carla');
  await part.followed();
  assert.deepEqual(said.map(({ t }) => t), ['sign_group', 'remove_from_group']);
  refuses = false;
  await part.remove('e_carla');
  await part.followed();
  part.close();
  assert.deepEqual(said.slice(2).map(({ t, roster }) => [t, roster?.removed]), [['remove_from_group', undefined], ['sign_group', [toBase64(ROOTS.carla)]]]);
});

test('one member alone throws nobody out whom the server still shows', async () => {
  const { there, one, members } = await twoOf();
  await there.hear(viewOf(members, { roster: one }));
  const other = signedBy(ben);
  await other.hear(viewOf(members, { own: 'e_ben', roster: one }));
  const out = await other.next(viewOf([members[1]], { own: 'e_ben', roster: one }));
  await there.hear(viewOf(members, { roster: out }));
  assert.equal(there.roster.version, 1);
  assert.ok(there.holds(members[1]));
});
