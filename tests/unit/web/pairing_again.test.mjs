/** Pairing by link where things go wrong on the way: what is lost is said again, and what is late is not taken for old. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { toBase64 } from '../../../web/core/bytes.js';
import { Arriving } from '../../../web/session/arriving.js';
import { Deeds } from '../../../web/session/deeds.js';
import { Hosting } from '../../../web/session/hosting.js';
import { Identities } from '../../../web/session/identities.js';
import { makeKeys, publicKeys } from '../../../web/session/keys.js';
import { ProblemError } from '../../../web/session/problem.js';
import { readStep, writeStep } from '../../../web/session/steps.js';
import { Tending } from '../../../web/session/tending.js';
import { publicKeysOf } from '../../../web/trust/keys.js';
import { nameOf } from '../../../web/trust/links.js';
import { proofOfNew } from '../../../web/trust/pairing.js';
import { bytes, endpoint } from './endpoints.mjs';
import { emptyDatabase } from './database.mjs';

const CODE = 'K7QM3F9X';
const SERVER = bytes(32, 2);
const OWN = 'p_own';

/** A server that keeps what is signed, and answers with what there was when it was asked. */
class Server {
  links = [];
  delegations = null;
  roster = [];
  said = [];
  /** What a test does to the next of a kind: a promise to wait for, or a problem. */ next = new Map();

  send = async (draft) => {
    const reply = this.#reply(draft);
    const waits = this.next.get(draft.t);
    this.next.delete(draft.t);
    await waits;
    return reply;
  };

  #reply(draft) {
    const identities = [{ person: OWN, links: [...this.links], delegations: this.delegations }];
    switch (draft.t) {
      case 'show_roster':
        return { t: 'roster', links: [...this.roster], identities, waiting: [] };
      case 'list_identities':
        return { t: 'identities', identities };
      case 'extend_person':
        this.links.push(...draft.links);
        break;
      case 'extend_household':
        this.roster.push(...draft.links);
        break;
      case 'delegate':
        this.delegations = draft.delegations;
        break;
      case 'pairing_signal':
        this.said.push(readStep(draft.body));
    }
    return { t: 'ok' };
  }
}

const offline = () => {
  const refusal = Promise.reject(new ProblemError('offline'));
  refusal.catch(() => {});
  return refusal;
};

/** Wait for it, without a timer. */
const until = async (done) => {
  for (const begun = performance.now(); !done(); await new Promise(setImmediate)) assert.ok(performance.now() - begun < 20_000);
};

const store = () => ({ state: { registered: true, people: [], meeting: null }, dispatch({ meeting }) { if (meeting !== undefined) this.state.meeting = meeting; } });

let server, identities, deeds;

beforeEach(async () => {
  emptyDatabase();
  server = new Server();
  const send = (draft) => server.send(draft);
  identities = new Identities(send);
  await identities.become({ endpoint: 'e_own', server: SERVER, keys: await makeKeys(), person: OWN, household: 'h' });
  deeds = new Deeds(identities, send);
  const chain = await deeds.beginOwn(bytes(32, 5));
  await identities.belong(chain.root);
});

test('what was asked for before more was signed is not taken for held back', async () => {
  await deeds.begin();
  const { promise: slow, resolve: arrive } = Promise.withResolvers();
  server.next.set('show_roster', slow);
  const kitchen = await endpoint();
  const before = identities.household();
  const deed = deeds.addShared([kitchen.keys]);
  setTimeout(arrive, 20);
  const { people, roster } = await before;
  assert.deepEqual(people.map(({ id, delegations }) => [id, delegations?.endpoints.length ?? 0]), [[OWN, 0]]);
  assert.equal(roster.active.size, 0);
  assert.ok((await deed).active.has(nameOf(kitchen.identity)));
  const after = await identities.household();
  assert.deepEqual(after.people[0].delegations.endpoints, [kitchen.identity]);
});

test('of whom it could not be signed the first time, it is signed when they prove themselves again', async () => {
  const state = store();
  const hosting = new Hosting(identities, deeds, (draft) => server.send(draft), state);
  globalThis.fetch = async () => ({ ok: false });
  const secret = Buffer.from(hosting.show({ code: CODE }, true), 'base64url');
  const { keys } = await endpoint();
  const waiting = { id: 'e_new', name: 'Kitchen', shared: true };
  const proof = writeStep({ step: 'proof', keys, proof: await proofOfNew(new Uint8Array(secret), { code: CODE, server: SERVER }, keys) });
  server.next.set('extend_household', offline());
  hosting.heard({ endpoint: waiting, body: proof });
  await until(() => server.said.length === 1);
  hosting.heard({ endpoint: waiting, body: proof });
  hosting.heard({ endpoint: waiting, body: proof });
  await until(() => server.said.length === 3);
  assert.deepEqual(server.said.map(({ step }) => step), ['stop', 'vouch', 'vouch']);
  assert.deepEqual(server.said[1], server.said[2], 'one that comes again has the same answer');
  assert.equal(state.state.meeting.stage, 'done');
  const other = await endpoint();
  const theirs = { step: 'proof', keys: other.keys, proof: await proofOfNew(new Uint8Array(secret), { code: CODE, server: SERVER }, other.keys) };
  hosting.heard({ endpoint: waiting, body: writeStep(theirs) });
  await until(() => server.said.length === 4);
  assert.equal(server.said.at(-1).step, 'stop', 'a link is for one endpoint');
});

test('the proof is said again until it is answered, each time after twice as long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const arriving = new Arriving(identities, (draft) => server.send(draft), store(), () => {});
  const keys = await makeKeys();
  await identities.become({ endpoint: 'e_new', server: SERVER, keys, offered: 'e_own', pairing: { code: CODE, secret: bytes(16, 1) } });
  server.next.set('pairing_signal', offline());
  arriving.begin();
  await until(() => server.said.length === 1);
  for (const [at, pause] of [2_000, 4_000, 8_000].entries()) {
    t.mock.timers.tick(pause - 1);
    await identities.household(); // as long as anything that was begun now takes
    assert.equal(server.said.length, at + 1);
    t.mock.timers.tick(1);
    await until(() => server.said.length === at + 2);
  }
  const own = publicKeysOf(await publicKeys(keys));
  for (const { step, keys: said } of server.said) assert.deepEqual([step, toBase64(said.identity)], ['proof', toBase64(own.identity)]);
});

test('what the server could not answer is looked at again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const tending = new Tending(identities, deeds, store());
  server.next.set('show_roster', offline());
  await tending.tend();
  assert.equal(server.roster.length, 0);
  t.mock.timers.tick(2_000);
  await until(() => server.roster.length > 0);
  assert.equal(server.roster.length, 1, 'the household was begun');
});
