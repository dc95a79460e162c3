import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reduce } from '../../../web/state/reduce.js';
import { callablePeople, currentTalk, isStranger, reachedPeople, ringingTalks, screenOf, shownTalk, START, strandedTalk } from '../../../web/state/state.js';

const MEDIA = { send_audio: true, receive_audio: true, send_video: true, receive_video: true };
const FAR = { id: 'e_far', name: 'Phone', keys: {}, capabilities: {} };
const ENDPOINT = { id: 'e_own', name: 'Here', shared: false, online: true, capabilities: {}, own: true };

const view = (changes = {}) => ({
  id: 'c_1',
  role: 'callee',
  phase: 'ringing',
  peer_name: 'Ben',
  peer_person: 'p_ben',
  called_name: '',
  video: true,
  media: MEDIA,
  endpoint: null,
  epoch: 0,
  created: 1,
  answered: null,
  ...changes,
});
const OWN = { mobile: '+12025550147', proving: null, contact_import: false, contacts: 0, guidelines: null };
const snapshot = (changes = {}) => ({
  own: OWN,
  person: { id: 'p_ana', name: 'Ana', household: 'h_1', own: true },
  endpoint: ENDPOINT,
  registered: true,
  people: [],
  endpoints: [],
  calls: [],
  missed: [],
  elsewhere: [],
  news: [],
  ...changes,
});
const after = (...actions) => actions.reduce(reduce, START);
const event = (t, fields) => ({ t: 'server', event: { t, seq: 1, ...fields } });
const placing = { t: 'placing', call: 'c_1', to: 'p_ben', name: 'Ben', person: 'p_ben', video: true };
const confirmed = { t: 'standing', standing: 'confirmed' };
const home = [{ t: 'enrolled' }, confirmed, { t: 'snapshot', snapshot: snapshot() }];

test('the screen follows the stage, the number and what stands in the way', () => {
  assert.equal(screenOf(START), 'starting');
  assert.equal(screenOf(after({ t: 'newcomer', secret: 's', demo: '', code: '' })), 'welcome');
  assert.equal(screenOf(after({ t: 'enrolled' })), 'starting');
  assert.equal(screenOf(after(...home)), 'home');
  const unverified = { t: 'snapshot', snapshot: snapshot({ registered: false }) };
  assert.equal(screenOf(after({ t: 'enrolled' }, confirmed, unverified)), 'code');
  assert.equal(screenOf(after({ t: 'enrolled' }, confirmed, unverified, event('registered', {}))), 'home');
  const asked = event('own_changed', { own: { ...OWN, contact_import: null } });
  assert.equal(screenOf(after(...home, asked)), 'bring');
  assert.equal(screenOf(after(...home, asked, event('own_changed', { own: OWN }))), 'home');
  assert.equal(screenOf(after(...home, { t: 'tab', tab: 'contacts' })), 'contacts');
  assert.equal(screenOf(after(...home, { t: 'elsewhere', elsewhere: true })), 'elsewhere');
  assert.equal(screenOf(after(...home, { t: 'refused', why: 'other_server' })), 'refused');
});

test('a device that nobody has signed for can only be confirmed', () => {
  const snapshotted = [{ t: 'enrolled' }, { t: 'snapshot', snapshot: snapshot() }];
  assert.equal(screenOf(after(...snapshotted)), 'starting');
  assert.equal(screenOf(after(...snapshotted, { t: 'standing', standing: 'waiting' })), 'waiting');
  assert.equal(screenOf(after(...snapshotted, { t: 'standing', standing: 'waiting' }, confirmed)), 'home');
  const untold = [{ t: 'enrolled' }, { t: 'snapshot', snapshot: snapshot({ own: null }) }, confirmed];
  assert.equal(screenOf(after(...untold)), 'starting');
  assert.equal(screenOf(after(...untold, event('own_changed', { own: OWN }))), 'home');
});

test('what is known of the other side goes with the call, and ends with it', () => {
  const acquaintance = { sort: 'person', changed: true, verified: false, since: null, roots: null };
  const acquainted = { t: 'acquainted', call: 'c_1', acquaintance };
  const talk = (...actions) => shownTalk(after(...home, placing, ...actions));
  assert.equal(talk().acquaintance, null);
  assert.deepEqual(talk(acquainted).acquaintance, acquaintance);
  assert.equal(talk(acquainted).sealed, false);
  assert.equal(talk({ t: 'sealed', call: 'c_1' }).sealed, true);
  assert.equal(talk(acquainted, { t: 'compared', call: 'c_1', alike: true }).acquaintance.verified, true);
  assert.equal(talk({ t: 'over', call: 'c_1', ending: 'unsafe' }, { t: 'sealed', call: 'c_1' }).sealed, false);
});

test('a shared device has no number to verify', () => {
  const shared = snapshot({ registered: false, own: null, person: null, endpoint: { ...ENDPOINT, shared: true } });
  assert.equal(screenOf(after({ t: 'enrolled' }, confirmed, { t: 'snapshot', snapshot: shared })), 'home');
});

test('a call that rings here is offered until it is answered or over', () => {
  const ringing = after(...home, event('ringing', { call: view() }));
  assert.deepEqual(ringingTalks(ringing).map((talk) => talk.name), ['Ben']);
  assert.equal(currentTalk(ringing), null);
  const over = reduce(ringing, event('ended', { call: 'c_1', reason: 'cancelled' }));
  assert.deepEqual(over.talks, []);
  assert.equal(over.notice, null);
});

test('ringing again changes nothing', () => {
  const once = after(...home, event('ringing', { call: view() }));
  const twice = reduce(once, event('ringing', { call: view() }));
  assert.equal(ringingTalks(twice).length, 1);
});

test('answered on another device says so and stops ringing', () => {
  const over = after(
    ...home,
    event('ringing', { call: view() }),
    event('ended', { call: 'c_1', reason: 'answered_elsewhere' }),
  );
  assert.deepEqual(over.talks, []);
  assert.deepEqual(over.notice, { key: 'notice.answered_elsewhere', values: { name: 'Ben' } });
});

test('answering without video makes it a call without video', () => {
  const state = after(...home, event('ringing', { call: view() }), { t: 'answering', call: 'c_1', video: false });
  assert.equal(currentTalk(state).video, false);
  assert.equal(ringingTalks(state).length, 0);
});

test('an ended call stays on the screen until forgotten, and never comes back to life', () => {
  const over = after(...home, placing, event('ended', { call: 'c_1', reason: 'no_answer' }));
  assert.equal(currentTalk(over), null);
  assert.equal(shownTalk(over).ended, 'no_answer');
  const late = reduce(over, event('call_changed', { call: view({ role: 'caller', phase: 'active', endpoint: FAR }) }));
  assert.equal(shownTalk(late).ended, 'no_answer');
  const second = reduce(late, event('ended', { call: 'c_1', reason: 'hung_up' }));
  assert.equal(shownTalk(second).ended, 'no_answer');
  assert.equal(shownTalk(reduce(second, { t: 'forget', call: 'c_1' })), null);
});

test('a reply that an event has overtaken does not take the call back', () => {
  const answered = view({ role: 'caller', phase: 'answering', endpoint: FAR });
  const state = after(
    ...home,
    placing,
    event('call_changed', { call: answered }),
    { t: 'call_state', call: 'c_1', view: view({ role: 'caller' }) },
  );
  assert.equal(currentTalk(state).view.phase, 'answering');
  const recovering = view({ role: 'caller', phase: 'recovering', endpoint: FAR, epoch: 1 });
  const later = reduce(state, event('call_changed', { call: recovering }));
  assert.equal(currentTalk(reduce(later, event('call_changed', { call: answered }))).view.epoch, 1);
});

test('both call each other at once: the other call survives and is answered here', () => {
  const theirs = view({ id: 'c_2', phase: 'answering', endpoint: FAR });
  const state = after(...home, placing, { t: 'call_state', call: 'c_1', view: theirs });
  assert.deepEqual(state.talks.map((talk) => talk.id), ['c_2']);
  assert.equal(currentTalk(state).role, 'callee');
});

test('a snapshot replaces what was believed', () => {
  const before = after(...home, event('ringing', { call: view() }), { ...placing, call: 'c_2' });
  const placed = reduce(before, { t: 'call_state', call: 'c_2', view: view({ id: 'c_2', role: 'caller' }) });
  const state = reduce(placed, { t: 'snapshot', snapshot: snapshot() });
  assert.deepEqual(ringingTalks(state), []);
  assert.equal(shownTalk(state).ended, 'lost');
});

test('a call that the server has not confirmed survives a snapshot: its invite is sent again', () => {
  const state = after(...home, placing, { t: 'snapshot', snapshot: snapshot() });
  assert.equal(currentTalk(state).id, 'c_1');
});

test('a call that goes on although this page was away is offered, not taken up', () => {
  const calls = [view({ phase: 'recovering', endpoint: FAR })];
  const state = after({ t: 'enrolled' }, { t: 'snapshot', snapshot: snapshot({ calls }) });
  assert.equal(currentTalk(state), null);
  assert.equal(strandedTalk(state).id, 'c_1');
});

test('what the far end said is forgotten when another endpoint takes its place', () => {
  const state = after(
    ...home,
    placing,
    event('call_changed', { call: view({ role: 'caller', phase: 'active', endpoint: FAR }) }),
    event('peer_indicated', { call: 'c_1', audio: false, video: false, hardware_muted: true }),
  );
  assert.equal(currentTalk(state).peer.audio, false);
  const elsewhere = { ...FAR, id: 'e_other' };
  const moved = reduce(state, event('call_changed', { call: view({ role: 'caller', endpoint: elsewhere, epoch: 1 }) }));
  assert.equal(currentTalk(moved).peer, null);
});

test('an endpoint that comes and goes changes in place', () => {
  const kitchen = { ...ENDPOINT, id: 'e_kitchen', name: 'Kitchen', own: false };
  const state = after({ t: 'enrolled' }, { t: 'snapshot', snapshot: snapshot({ endpoints: [kitchen] }) });
  const away = reduce(state, event('endpoint_changed', { endpoint: { ...kitchen, online: false } }));
  assert.deepEqual(away.endpoints.map((endpoint) => endpoint.online), [false]);
});

test('the clock of a call starts once', () => {
  const up = after(...home, placing, { t: 'media', call: 'c_1', media: 'up', at: 1_000 });
  const again = [
    { t: 'media', call: 'c_1', media: 'lost', at: 2_000 },
    { t: 'media', call: 'c_1', media: 'up', at: 3_000 },
  ].reduce(reduce, up);
  assert.equal(currentTalk(again).since, 1_000);
});

test('one that is signed out for good has no part in any call', () => {
  const talking = after(...home, { t: 'server', event: { t: 'ringing', seq: 1, call: view() } }, { t: 'answering', call: 'c_1', video: false });
  assert.equal(currentTalk(talking)?.id, 'c_1');
  const out = reduce(talking, { t: 'refused', why: 'endpoint_removed' });
  assert.deepEqual([out.talks, screenOf(out)], [[], 'refused']);
  assert.equal(currentTalk(reduce(talking, { t: 'refused', why: 'other_server' }))?.id, 'c_1');
});

test('news of the household comes with the snapshot and is replaced as a whole', () => {
  const one = { number: 1, kind: 'endpoint_added', at: 1, name: 'Ben', own: false, device: 'Tablet', shared: false };
  const told = after({ t: 'enrolled' }, { t: 'snapshot', snapshot: snapshot({ news: [one] }) });
  assert.deepEqual(told.news, [one]);
  assert.deepEqual(reduce(told, event('household_news', { news: [] })).news, []);
});

test('own calls at other own devices come with the snapshot and are replaced as a whole', () => {
  const one = { call: 'c_1', name: 'Ben', at: 'Study', video: false };
  const told = after({ t: 'enrolled' }, { t: 'snapshot', snapshot: snapshot({ elsewhere: [one] }) });
  assert.deepEqual(told.ongoing, [one]);
  assert.deepEqual(reduce(told, event('calls_elsewhere', { calls: [] })).ongoing, []);
});

test('the list of contacts is what the server is asked for when its revision rises', () => {
  const state = after(...home, event('contacts_changed', { revision: 7 }));
  assert.equal(state.own.contacts, 7);
  assert.equal(reduce(START, event('contacts_changed', { revision: 7 })).own, null);
});

test('whoever is known by nothing is a stranger, once the contacts have come', () => {
  const call = { person: 'p_new', view: null };
  const known = (numbers) => ({ revision: 1, whole: true, all: new Map([['k_1', { id: 'k_1', name: 'New', numbers }]]) });
  const number = { label: '', number: '+1', person: 'p_new', moved: false };
  const state = after(...home);
  assert.equal(isStranger(state, call), false, 'nothing has come yet');
  const come = reduce(state, { t: 'contacts', contacts: known([]) });
  assert.equal(isStranger(come, call), true);
  assert.equal(isStranger(come, { ...call, person: null }), false);
  assert.equal(isStranger(reduce(come, { t: 'contacts', contacts: known([number]) }), call), false);
  assert.equal(isStranger(reduce(come, { t: 'contacts', contacts: known([{ ...number, moved: true }]) }), call), true);
});

test('people of the contacts are called by the name that the contact has, and nobody twice', () => {
  const number = (person, moved = false) => ({ label: '', number: '+1', person, moved });
  const all = new Map([
    ['k_1', { id: 'k_1', name: 'Zoë', numbers: [number('p_zoe')] }],
    ['k_2', { id: 'k_2', name: 'Benny', numbers: [number('p_ben')] }],
    ['k_3', { id: 'k_3', name: 'Moved', numbers: [number('p_moved', true)] }],
    ['k_4', { id: 'k_4', name: 'Al', numbers: [number('p_al'), number('p_zoe')] }],
  ]);
  const people = [{ id: 'p_ben', name: 'Ben', household: 'h_1', own: false }];
  const state = { ...after(...home), people, contacts: { revision: 1, whole: true, all } };
  assert.deepEqual(callablePeople(state, 'en'), [{ id: 'p_ben', name: 'Ben', contact: 'k_2' }]);
  assert.deepEqual(reachedPeople(state, 'en').map(({ id }) => id), ['p_al', 'p_zoe']);
});
