import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Agreement } from '../../../web/call/agreement.js';
import { readBody, writeBody } from '../../../web/call/body.js';
import { requireShared, requireSpeaksFor } from '../../../web/call/party.js';
import { Secured } from '../../../web/call/secured.js';
import { utf8 } from '../../../web/core/bytes.js';
import { signDelegations } from '../../../web/trust/delegations.js';
import * as person from '../../../web/trust/person.js';
import * as roster from '../../../web/trust/roster.js';
import { nameOf } from '../../../web/trust/links.js';
import { Untrusted } from '../../../web/trust/untrusted.js';
import { bytes, endpoint, refused, turned } from './endpoints.mjs';

const sdpOf = (fill) => `v=0\r\na=fingerprint:sha-256 ${Array(32).fill(fill).join(':')}\r\n`;
const OFFER = { type: 'offer', sdp: sdpOf('AA') };
const ANSWER = { type: 'answer', sdp: sdpOf('BB') };

let ana, ben, eve, kitchen, anaChain, benChain;
before(async () => {
  [ana, ben, eve, kitchen] = await Promise.all(Array.from({ length: 4 }, endpoint));
  [anaChain, benChain] = await Promise.all([ana, ben].map((who) => begun(who)));
});

const go = async (chain, { identity, sign }, deed) =>
  person.extend(chain, await person.signPersonLink(chain, deed, { time: 10, signer: identity, sign }));
const begun = (who) => go(null, who, { action: 'begin', keys: who.keys, recovery: bytes(32, 9) });
const partyOf = ({ root, version, head }) => ({ root, point: { version, head } });
const believing = () => async () => {};

/** Both sides of a call. */
function couple({ vouch = believing(), callerTerms = {}, calleeTerms = {} } = {}) {
  const common = { kind: 'call', call: 'c_1', epoch: 0 };
  const end = (who, chain) => ({ ...partyOf(chain), identity: who.identity, sign: who.sign });
  const caller = { ...common, role: 'caller', nonce: bytes(32, 1), own: end(ana, anaChain), peer: { identity: ben.identity, vouch } };
  const callee = { ...common, role: 'callee', nonce: bytes(32, 2), own: end(ben, benChain), peer: { identity: ana.identity, vouch } };
  return { caller: new Agreement({ ...caller, ...callerTerms }), callee: new Agreement({ ...callee, ...calleeTerms }) };
}

const across = (body) => readBody(writeBody(body));

/** Up to the answer, which is given back with its offer. */
async function answered({ caller, callee }) {
  const [offer] = (await caller.describe(OFFER)).say.map(across);
  assert.deepEqual(await callee.hear(offer), { say: [], apply: OFFER });
  const [answer] = (await callee.describe(ANSWER)).say.map(across);
  return { offer, answer };
}

test('each body comes out as it went in, and what is not known is nothing', async () => {
  const { caller, callee } = couple();
  const { offer, answer } = await answered({ caller, callee });
  const [confirm] = (await caller.hear(answer)).say;
  for (const body of [offer, answer, confirm, { kind: 'candidate', candidate: null }, { kind: 'candidate', candidate: { candidate: 'c' } }]) {
    assert.deepEqual(across(body), body);
  }
  for (const strange of ['{"v":1,"kind":"confirm"}', '{"v":2,"kind":"rollback"}', '{"v":2,"kind":"candidate"}', 'null']) {
    assert.equal(readBody(utf8(strange)), null);
  }
  for (const broken of ['[', '{"v":2,"kind":"confirm"}', '{"v":2,"kind":"description","type":"offer"}']) {
    assert.throws(() => readBody(utf8(broken)), Untrusted);
  }
});

test('two who believe each other sign, and only then may media leave', async () => {
  const { caller, callee } = couple();
  const { answer } = await answered({ caller, callee });
  assert.equal(callee.peerFingerprint, null);
  const step = await caller.hear(answer);
  assert.deepEqual([step.apply, step.agreed], [ANSWER, true]);
  assert.deepEqual(caller.peerFingerprint, bytes(32, 0xbb));
  assert.deepEqual(await callee.hear(across(step.say[0])), { say: [], agreed: true });
  assert.deepEqual(callee.peerFingerprint, bytes(32, 0xaa));
});

test('what comes again is answered with what was said before, byte for byte', async () => {
  const { caller, callee } = couple();
  const { offer, answer } = await answered({ caller, callee });
  assert.deepEqual((await callee.hear(offer)).say.map(across), [answer]);
  const [confirm] = (await caller.hear(answer)).say;
  assert.deepEqual(await caller.hear(answer), { say: [confirm] });
  await callee.hear(across(confirm));
  assert.deepEqual(await callee.hear(across(confirm)), { say: [] });
});

test('another description in the same epoch is refused', async () => {
  const { caller, callee } = couple();
  const { offer, answer } = await answered({ caller, callee });
  await refused(() => callee.hear({ ...offer, sdp: sdpOf('CC') }), 'out_of_turn');
  await refused(() => callee.hear({ ...offer, nonce: turned(offer.nonce) }), 'out_of_turn');
  await caller.hear(answer);
  await refused(() => caller.hear({ ...answer, sdp: sdpOf('CC') }), 'out_of_turn');
});

test('whatever is changed on the way, the caller does not apply the answer', async () => {
  for (const change of [
    (answer) => ({ ...answer, sdp: sdpOf('EE') }),
    (answer) => ({ ...answer, nonce: turned(answer.nonce) }),
    (answer) => ({ ...answer, root: turned(answer.root) }),
    (answer) => ({ ...answer, point: { ...answer.point, version: answer.point.version + 1 } }),
    (answer) => ({ ...answer, signature: turned(answer.signature) }),
  ]) {
    const both = couple();
    const { answer } = await answered(both);
    await refused(() => both.caller.hear(change(answer)), 'bad_signature');
    assert.equal(both.caller.peerFingerprint, null);
  }
  const both = couple();
  const { answer } = await answered(both);
  await refused(() => both.caller.hear({ ...answer, sdp: 'v=0' }), 'fingerprint');
});

test('another call, epoch, kind or endpoint has other signatures', async () => {
  for (const calleeTerms of [{ call: 'c_2' }, { epoch: 1 }, { kind: 'drop_in' }, { own: { ...partyOf(benChain), identity: eve.identity, sign: eve.sign } }]) {
    const both = couple({ calleeTerms });
    const { answer } = await answered(both);
    await refused(() => both.caller.hear(answer), 'bad_signature');
  }
});

test('the callee hears of nobody else than who offered', async () => {
  const { caller, callee } = couple();
  const { answer } = await answered({ caller, callee });
  const [confirm] = (await caller.hear(answer)).say;
  await refused(() => callee.hear({ ...confirm, signature: turned(confirm.signature) }), 'bad_signature');
  assert.equal(callee.peerFingerprint, null);
});

test('nothing is taken out of turn', async () => {
  const early = couple();
  await refused(() => early.callee.describe(ANSWER), 'out_of_turn');
  await refused(() => early.callee.hear({ kind: 'confirm', signature: bytes(64) }), 'out_of_turn');
  const { offer, answer } = await answered(couple());
  await refused(() => early.caller.hear(offer), 'out_of_turn');
  await refused(() => early.caller.hear(answer), 'out_of_turn');
  await refused(() => early.callee.hear(answer), 'out_of_turn');
});

test('who cannot be vouched for is neither answered nor applied', async () => {
  const vouch = async () => {
    throw new Untrusted('forked');
  };
  const { callee } = couple({ vouch });
  const { caller: honest } = couple();
  const [offer] = (await honest.describe(OFFER)).say;
  await refused(() => callee.hear(offer), 'forked');
  await refused(() => callee.describe(ANSWER), 'out_of_turn');
});

// -- sealed -----------------------------------------------------------------------------------------

/** Both ends, each hearing what the other says, until nothing more is said. */
async function conversation({ change = (body) => body, anaKeys = ana.keys, decision = Promise.resolve() } = {}) {
  const log = [];
  const ends = {};
  const sinkOf = (name, other) => ({
    signal: (body) => {
      log.push([name, 'said']);
      ends[other].hear(change(body));
    },
    apply: (said) => {
      log.push([name, 'apply', said.type ?? 'candidate']);
      if (said.type === 'offer') ends[name].say(ANSWER);
    },
    agreed: (fingerprint) => log.push([name, 'agreed', fingerprint[0]]),
    untrusted: (reason) => log.push([name, 'untrusted', reason]),
  });
  const endOf = (name, other, role, own, chain, peerKeys) =>
    new Secured({
      kind: 'call',
      call: 'c_1',
      epoch: 0,
      role,
      assurance: decision.then(() => ({ own: { ...own, ...partyOf(chain) }, peer: { keys: peerKeys, vouch: believing() } })),
      sink: sinkOf(name, other),
    });
  ends.ana = endOf('ana', 'ben', 'caller', ana, anaChain, ben.keys);
  ends.ben = endOf('ben', 'ana', 'callee', ben, benChain, anaKeys);
  ends.ana.say(OFFER);
  ends.ana.say({ kind: 'candidate', candidate: null });
  return { log, ends };
}

/** Waits until something was logged; without a test, long enough for what should not be. */
async function settled(done, patience = done ? 5_000 : 40) {
  for (let waited = 0; waited < patience && !done?.(); waited += 1) await new Promise((resolve) => setTimeout(resolve, 1));
}
const of = (log, ...wanted) => log.filter(([name, what]) => wanted.includes(`${name} ${what}`));

test('two ends agree through the seal', async () => {
  const { log } = await conversation();
  await settled(() => of(log, 'ana agreed', 'ben agreed').length === 2);
  assert.deepEqual(of(log, 'ana agreed', 'ben agreed').toSorted(), [['ana', 'agreed', 0xbb], ['ben', 'agreed', 0xaa]]);
  assert.deepEqual(of(log, 'ben apply'), [['ben', 'apply', 'offer'], ['ben', 'apply', 'candidate']]);
});

test('one changed byte ends it before anything is applied', async () => {
  const { log } = await conversation({ change: (body) => `${body.slice(0, 30)}${body[30] === 'A' ? 'B' : 'A'}${body.slice(31)}` });
  await settled(() => of(log, 'ben untrusted').length > 0);
  assert.deepEqual(of(log, 'ben untrusted'), [['ben', 'untrusted', 'unreadable']]);
  assert.deepEqual(of(log, 'ana apply', 'ben apply', 'ana agreed', 'ben agreed'), []);
});

test('keys that are not the caller’s open nothing', async () => {
  const { log } = await conversation({ anaKeys: eve.keys });
  await settled(() => of(log, 'ben untrusted').length > 0);
  assert.deepEqual(of(log, 'ben untrusted'), [['ben', 'untrusted', 'unreadable']]);
  assert.deepEqual(of(log, 'ben apply'), []);
});

test('nothing is said before a person has decided, and nothing at all if they hang up', async () => {
  let decide;
  const decision = new Promise((resolve) => (decide = resolve));
  const { log, ends } = await conversation({ decision });
  await settled();
  assert.deepEqual(log, []);
  ends.ana.close();
  decide();
  await settled();
  assert.deepEqual(log, []);
});

const at = (roster) => ({ roster, trouble: null });
const nowhere = at(null);

// -- who may speak for whom -------------------------------------------------------------------------

test('an endpoint speaks for its person then and still', async () => {
  const both = await go(anaChain, ana, { action: 'add', keys: eve.keys });
  const removed = await go(both, ana, { action: 'remove', identity: eve.identity });
  const alone = { chain: anaChain, delegations: null };
  requireSpeaksFor(alone, nowhere, ana.keys, partyOf(anaChain));
  requireSpeaksFor({ ...alone, chain: both }, nowhere, ana.keys, partyOf(anaChain));
  await refused(() => requireSpeaksFor(alone, nowhere, ben.keys, partyOf(anaChain)), 'not_delegated');
  await refused(() => requireSpeaksFor(alone, nowhere, ana.keys, partyOf(benChain)), 'forked');
  await refused(() => requireSpeaksFor(alone, nowhere, ana.keys, partyOf(both)), 'missing');
  await refused(() => requireSpeaksFor({ ...alone, chain: both }, nowhere, eve.keys, partyOf(anaChain)), 'not_active');
  await refused(() => requireSpeaksFor({ ...alone, chain: removed }, nowhere, eve.keys, partyOf(both)), 'not_active');
  const swapped = { ...ana.keys, sealing: eve.keys.sealing };
  await refused(() => requireSpeaksFor(alone, nowhere, swapped, partyOf(anaChain)), 'weak_key');
});

test('a shared endpoint speaks for its household, and for a person who said so', async () => {
  const persons = new Map([[nameOf(anaChain.root), anaChain]]);
  const by = { chain: anaChain, time: 10, signer: ana.identity, sign: ana.sign };
  let home = await roster.extend(null, await roster.signHouseholdLink(null, { action: 'begin' }, by), persons);
  const empty = home;
  home = await roster.extend(home, await roster.signHouseholdLink(home, { action: 'add', keys: kitchen.keys }, by), persons);
  requireShared(at(home), kitchen.keys, partyOf(home));
  await refused(() => requireShared(at(home), kitchen.keys, partyOf(empty)), 'not_active');
  await refused(() => requireShared(nowhere, kitchen.keys, partyOf(home)), 'not_active');
  await refused(() => requireShared(at(home), eve.keys, partyOf(home)), 'not_active');

  const set = (endpoints) => signDelegations(anaChain, { version: 0, time: 10, endpoints, signer: ana.identity, sign: ana.sign });
  const ours = { chain: anaChain, delegations: await set([kitchen.identity]) };
  requireSpeaksFor(ours, at(home), kitchen.keys, partyOf(anaChain));
  requireSpeaksFor(ours, nowhere, kitchen.keys, partyOf(anaChain));
  await refused(() => requireSpeaksFor(ours, at(empty), kitchen.keys, partyOf(anaChain)), 'not_active');
  await refused(() => requireSpeaksFor(ours, at(home), eve.keys, partyOf(anaChain)), 'not_delegated');
  await refused(() => requireSpeaksFor(ours, { roster: null, trouble: 'stale' }, kitchen.keys, partyOf(anaChain)), 'stale');
  await refused(() => requireShared({ roster: null, trouble: 'forked' }, kitchen.keys, partyOf(home)), 'forked');
  requireSpeaksFor(ours, { roster: null, trouble: 'stale' }, ana.keys, partyOf(anaChain));
  await refused(() => requireSpeaksFor({ ...ours, delegations: null }, at(home), kitchen.keys, partyOf(anaChain)), 'not_delegated');
});
