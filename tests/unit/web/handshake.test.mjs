import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { utf8 } from '../../../web/core/bytes.js';
import { Callee, Caller } from '../../../web/trust/handshake.js';
import { readMessage, writeMessage } from '../../../web/trust/messages.js';
import { bytes, endpoint, refused } from './endpoints.mjs';

let ana, ben, mallory;
before(async () => {
  [ana, ben, mallory] = await Promise.all(Array.from({ length: 3 }, endpoint));
});

const sdp = (byte) => `v=0\r\na=fingerprint:sha-256 ${Array.from({ length: 32 }, () => byte).join(':')}\r\n`;
const [ANAS, BENS, MALLORYS] = ['AA', 'BB', 'CC'].map(sdp);

const party = (who, fill) => ({ root: bytes(32, fill), point: { version: 3, head: bytes(32, fill + 1) }, identity: who.identity });
const meeting = (changes = {}) => ({ kind: 'call', call: 'c_1', epoch: 0, caller: party(ana, 1), callee: party(ben, 5), ...changes });
const caller = (changes) => new Caller(meeting(changes), ana.sign, bytes(32, 9));
const callee = (changes, sign = ben.sign) => new Callee(meeting(changes), sign, bytes(32, 10));
/** Over the wire and back. */
const carried = (message) => readMessage(writeMessage(message));

test('two who agree on everything may send', async () => {
  const [here, there] = [caller(), callee()];
  assert.equal(there.offered(carried(here.offer(ANAS))), true);
  const { confirm, agreement } = await here.answered(carried(await there.answer(BENS)));
  assert.deepEqual(await there.confirmed(carried(confirm)), agreement);
  assert.deepEqual(agreement.caller.fingerprint, bytes(32, 0xaa));
  assert.deepEqual(agreement.callee.fingerprint, bytes(32, 0xbb));
});

/** What somebody in the middle changes, and at whom it stops. */
const SWAPS = {
  'the offered certificate': { offer: (offer) => ({ ...offer, sdp: MALLORYS }) },
  'the nonce of the offer': { offer: (offer) => ({ ...offer, nonce: bytes(32, 77) }) },
  'the answered certificate': { answer: (answer) => ({ ...answer, sdp: MALLORYS }) },
  'the nonce of the answer': { answer: (answer) => ({ ...answer, nonce: bytes(32, 77) }) },
  'the kind': { there: { kind: 'drop_in' } },
  'the call': { there: { call: 'c_2' } },
  'the epoch': { there: { epoch: 1 } },
  'who calls': { there: () => ({ caller: party(mallory, 1) }) },
  'the point of the chain': { there: () => ({ caller: { ...party(ana, 1), point: { version: 2, head: bytes(32, 2) } } }) },
  'who signs': { sign: () => mallory.sign },
};

for (const [what, { offer = (it) => it, answer = (it) => it, there = {}, sign = () => ben.sign }] of Object.entries(SWAPS)) {
  test(`the caller applies nothing if somebody changed ${what}`, async () => {
    const here = caller();
    const other = callee(typeof there === 'function' ? there() : there, sign());
    other.offered(offer(here.offer(ANAS)));
    const said = answer(await other.answer(BENS));
    await refused(() => here.answered(said), 'bad_signature');
    await refused(() => here.answered(said), 'out_of_turn');
  });
}

test('the callee sends nothing before the caller has confirmed this very connection', async () => {
  const [here, there] = [caller(), callee()];
  await refused(() => there.confirmed({ kind: 'confirm', signature: bytes(64) }), 'out_of_turn');
  there.offered(here.offer(ANAS));
  const answer = await there.answer(BENS);
  await refused(() => there.confirmed({ kind: 'confirm', signature: answer.signature }), 'bad_signature');
  const { confirm } = await here.answered(answer);
  await refused(() => there.confirmed(confirm), 'out_of_turn');
  const later = callee({ epoch: 1 });
  later.offered({ kind: 'description', type: 'offer', sdp: ANAS, nonce: bytes(32, 9) });
  await later.answer(BENS);
  await refused(() => later.confirmed(confirm), 'bad_signature');
});

test('an offer comes once, or again as it was', async () => {
  const there = callee();
  const offer = caller().offer(ANAS);
  assert.equal(there.offered(offer), true);
  assert.equal(there.offered(carried(offer)), false);
  await refused(() => there.offered({ ...offer, sdp: MALLORYS }), 'out_of_turn');
  await refused(() => there.offered({ ...offer, nonce: bytes(32) }), 'out_of_turn');
  await there.answer(BENS);
  await refused(() => there.answer(BENS), 'out_of_turn');
});

test('nothing is answered before it was offered, and no description without its certificate', async () => {
  await refused(() => callee().answer(BENS), 'out_of_turn');
  await refused(() => caller().answered({ sdp: BENS, nonce: bytes(32), signature: bytes(64) }), 'out_of_turn');
  await refused(() => caller().offer('v=0\r\n'), 'fingerprint');
  await refused(() => callee().offered({ sdp: 'v=0\r\n', nonce: bytes(32) }), 'fingerprint');
});

test('messages are read as they were written, and nothing else is', () => {
  const [nonce, signature] = [bytes(32), bytes(64)];
  const messages = [
    { kind: 'description', type: 'offer', sdp: 'v=0', nonce },
    { kind: 'description', type: 'answer', sdp: 'v=0', nonce, signature },
    { kind: 'confirm', signature },
    { kind: 'candidate', candidate: null },
    { kind: 'candidate', candidate: { candidate: 'candidate:1', sdpMid: '0' } },
  ];
  for (const message of messages) {
    assert.deepEqual(carried(message), message);
    const wire = JSON.parse(new TextDecoder().decode(writeMessage(message)));
    for (const name of Object.keys(wire)) assert.equal(readMessage(utf8(JSON.stringify({ ...wire, [name]: 7 }))), null);
  }
  for (const odd of ['', 'null', '[]', '{"v":2}', '{"v":2,"kind":"confirm","signature":"AAAA"}', '{"v":1,"kind":"candidate","candidate":null}']) {
    assert.equal(readMessage(utf8(odd)), null);
  }
  assert.equal(readMessage(Uint8Array.of(0xff)), null);
});
