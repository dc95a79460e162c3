/** What the app signs by itself rests on what it believes, never on what a server shows. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unsigned, withQuiet } from '../../../web/granting/contents.js';
import { Granting } from '../../../web/session/granting.js';
import { grantsToWire } from '../../../web/session/wire.js';
import { acceptGrants, grantsOf, signGrants } from '../../../web/trust/grants.js';
import { replay, signPersonLink } from '../../../web/trust/person.js';
import { bytes, endpoint } from './endpoints.mjs';

const PERSON = 'p_1';
const NOW = 1_790_500_000;
const OWN = { ...unsigned('Europe/Madrid'), frost: 30, home: 'knock', schedules: [{ devices: [], days: 127, begin: 1320, end: 420 }] };
const CHOSEN = withQuiet(OWN, bytes(32, 5), true, 1);
const grant = { receiver: bytes(32, 9), household: new Uint8Array(0), mode: 'instant', carer: false, since: 1, until: 0, hours: [], devices: [] };

/** A person with a telephone and a tablet, of which the tablet may be gone. */
async function family({ gone = false } = {}) {
  const [phone, tablet, paper] = [await endpoint(), await endpoint(), await endpoint()];
  const by = { time: NOW, signer: phone.identity, sign: phone.sign };
  const links = [await signPersonLink(null, { action: 'begin', keys: phone.keys, recovery: paper.identity }, by)];
  links.push(await signPersonLink(await replay(links), { action: 'add', keys: tablet.keys }, by));
  const before = await replay(links);
  if (gone) links.push(await signPersonLink(before, { action: 'remove', identity: tablet.identity }, by));
  return { phone, tablet, before, chain: await replay(links) };
}

/** The app on the telephone, that holds `known`, at a server that shows `shown`. */
function app({ phone, chain }, known, shown) {
  const sent = [];
  const store = { state: { endpoint: { shared: false }, registered: true, standing: 'confirmed', terms: null }, dispatch: () => {} };
  const identities = {
    identity: { person: PERSON },
    own: { keys: phone.keys, sign: phone.sign },
    roster: null,
    isOwn: () => true,
    person: async () => ({ chain }),
  };
  let kept = known;
  const sets = {
    of: () => kept,
    meet: async (set) => {
      kept = await acceptGrants(set, chain, kept);
    },
  };
  const send = async (command) => {
    if (command.t === 'set_grants') sent.push(grantsOf(command.grants));
    if (command.t === 'show_grants') return { t: 'grants_shown', sets: [{ person: PERSON, grants: grantsToWire(shown), heard: [], receivers: [] }] };
    return command.t === 'list_endpoints' ? { t: 'endpoints', endpoints: [] } : { t: 'ok' };
  };
  return { sent, granting: new Granting(identities, {}, send, store, sets) };
}

const signed = (chain, { identity, sign }, contents, version) => signGrants(chain, { ...contents, version, time: NOW, signer: identity, sign });

test('what a server makes up is not built upon, and is not signed by itself', async () => {
  const people = await family();
  const stranger = await endpoint();
  const known = await signed(people.chain, people.phone, CHOSEN, 1);
  const invented = await signed(people.chain, stranger, { ...unsigned('UTC'), frost: 3, fresh_days: 30 }, 2 ** 52);
  const { granting, sent } = app(people, known, invented);
  await granting.change((contents) => ({ ...contents, show_activity: false }));
  const [next] = sent;
  assert.equal(next.version, 2);
  assert.deepEqual([next.frost, next.fresh_days, next.zone, next.quiet, next.schedules], [30, 7, 'Europe/Madrid', CHOSEN.quiet, CHOSEN.schedules]);
});

test('what a device granted that is gone is not signed again, what it forbade is', async () => {
  const people = await family({ gone: true });
  const theirs = await signed(people.before, people.tablet, { ...CHOSEN, grants: [grant], home: 'instant' }, 2);
  const { granting, sent } = app(people, theirs, theirs); // it was believed while the tablet was there
  granting.open();
  await granting.change((contents) => contents); // after what was begun before
  const [next] = sent;
  assert.deepEqual([next.version, next.grants, next.home, next.quiet], [3, [], 'unset', CHOSEN.quiet]);
});

test('a device that is gone opens nothing that was closed, by signing where it was there still', async () => {
  const people = await family({ gone: true });
  const closed = await signed(people.chain, people.phone, { ...CHOSEN, home: 'off', closed: true }, 3);
  const late = await signed(people.before, people.tablet, { ...OWN, grants: [grant], home: 'instant', closed: false, frost: 3 }, 4);
  const { granting, sent } = app(people, closed, late);
  granting.open();
  await granting.change((contents) => contents);
  const [next] = sent;
  assert.deepEqual([next.version, next.closed, next.home, next.grants, next.frost], [5, true, 'off', [], 30]);
  assert.deepEqual(next.quiet, CHOSEN.quiet);
});

test('where nothing else is known, what was forbidden holds', async () => {
  const people = await family({ gone: true });
  const theirs = await signed(people.before, people.tablet, { ...CHOSEN, grants: [grant], home: 'instant', closed: true, frost: 3 }, 7);
  const { granting, sent } = app(people, null, theirs);
  granting.open();
  await granting.change((contents) => contents);
  const [next] = sent;
  assert.deepEqual([next.version, next.closed, next.home, next.grants, next.frost], [8, true, 'unset', [], 10]);
  assert.deepEqual([next.quiet, next.schedules], [CHOSEN.quiet, CHOSEN.schedules]);
});

test('an older set than the one that is known changes nothing', async () => {
  const people = await family();
  const known = await signed(people.chain, people.phone, CHOSEN, 4);
  const old = await signed(people.chain, people.phone, { ...OWN, grants: [grant] }, 2);
  const { granting, sent } = app(people, known, old);
  await granting.change((contents) => contents);
  assert.deepEqual([sent[0].version, sent[0].grants, sent[0].quiet], [5, [], CHOSEN.quiet]);
});
