import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { utf8 } from '../../../web/core/bytes.js';
import { sealingStatement, statement, u64 } from '../../../web/core/statements.js';
import { PLAINTEXT_LIMIT, Sealer } from '../../../web/trust/sealer.js';
import { fingerprintOf, signTranscript, transcript, verifyTranscript } from '../../../web/trust/transcript.js';
import { bytes, endpoint, mutants, refused, turned } from './endpoints.mjs';

let caller, callee, stranger;
before(async () => {
  [caller, callee, stranger] = await Promise.all(Array.from({ length: 3 }, endpoint));
});

const PURPOSE = { kind: 'call', call: 'c_1', epoch: 0 };

/** `own`'s seal towards `peer`. */
const seal = (own, peer, purpose = PURPOSE) =>
  Sealer.between({ own: own.keys, secret: own.secret, peer: peer.keys, ...purpose });

test('statements frame what they hold', () => {
  assert.throws(() => statement('x', bytes(65_536)), RangeError);
  assert.deepEqual(statement('x', 'é'), Uint8Array.of(0x78, 0, 2, 0xc3, 0xa9));
  assert.deepEqual(u64(258), Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2));
  for (const odd of [-1, 1.5, 2 ** 53, NaN]) assert.throws(() => u64(odd), RangeError);
});

test('what one end seals the other opens, both ways', async () => {
  const [here, there] = await Promise.all([seal(caller, callee), seal(callee, caller)]);
  for (const length of [0, 1, PLAINTEXT_LIMIT]) {
    assert.deepEqual(await there.open(await here.seal(bytes(length))), bytes(length));
    assert.deepEqual(await here.open(await there.seal(bytes(length))), bytes(length));
  }
  const same = await Promise.all([here.seal(bytes(9)), here.seal(bytes(9))]);
  assert.notDeepEqual(same[0], same[1]);
});

test('nobody else opens it, and not for another call, kind or epoch', async () => {
  const sealed = await (await seal(caller, callee)).seal(utf8('v=0'));
  await refused(async () => (await seal(caller, callee)).open(sealed), 'unreadable'); // it was not the peer who sealed
  await refused(async () => (await seal(stranger, caller)).open(sealed), 'unreadable');
  await refused(async () => (await seal(callee, stranger)).open(sealed), 'unreadable');
  for (const other of [{ kind: 'drop_in' }, { call: 'c_2' }, { epoch: 1 }]) {
    await refused(async () => (await seal(callee, caller, { ...PURPOSE, ...other })).open(sealed), 'unreadable');
  }
});

test('not one bit of a seal can be changed', async () => {
  const [here, there] = await Promise.all([seal(caller, callee), seal(callee, caller)]);
  const sealed = await here.seal(utf8('v=0'));
  for (let at = 0; at < sealed.length; at += 1) {
    await refused(() => there.open(turned(sealed, at)), 'unreadable');
    await refused(() => there.open(sealed.slice(0, at)), 'unreadable');
  }
  await assert.rejects(() => here.seal(bytes(PLAINTEXT_LIMIT + 1)), RangeError);
  await refused(() => there.open(bytes(PLAINTEXT_LIMIT + 30, 1)), 'unreadable');
});

test('a key on which nothing secret can be agreed is refused', async () => {
  for (const sealing of [bytes(32, 0), Uint8Array.of(1, ...bytes(31, 0))]) {
    const signature = await callee.sign(sealingStatement(callee.identity, sealing));
    await refused(() => seal(caller, { keys: { identity: callee.identity, sealing, sealing_signature: signature } }), 'weak_key');
  }
});

test('nothing is sealed to keys that do not belong together, nor to oneself', async () => {
  await refused(() => seal(caller, { keys: { ...callee.keys, sealing: stranger.keys.sealing } }), 'weak_key');
  await refused(() => seal(caller, caller), 'weak_key');
});

const side = (who, fill) => ({
  root: bytes(32, fill),
  point: { version: fill, head: bytes(32, fill + 3) },
  identity: who.identity,
  fingerprint: bytes(32, fill + 1),
  nonce: bytes(32, fill + 2),
});
const agreement = () => ({ kind: 'call', call: 'c_1', epoch: 3, caller: side(caller, 10), callee: side(callee, 20) });

test('both sides sign one transcript, each in its role', async () => {
  const signature = await signTranscript('callee', agreement(), callee.sign);
  await verifyTranscript('callee', agreement(), signature);
  await refused(() => verifyTranscript('caller', agreement(), signature), 'bad_signature');
  const foreign = await signTranscript('callee', agreement(), stranger.sign);
  await refused(() => verifyTranscript('callee', agreement(), foreign), 'bad_signature');
  await refused(() => verifyTranscript('callee', agreement(), bytes(63)), 'bad_signature');
});

test('nothing in a transcript can be changed', async () => {
  const signature = await signTranscript('callee', agreement(), callee.sign);
  const swapped = { ...agreement(), caller: agreement().callee, callee: agreement().caller };
  const changed = [...mutants(agreement()), ['kind', { ...agreement(), kind: 'drop_in' }], ['call', { ...agreement(), call: 'c_2' }], ['sides', swapped]];
  assert.ok(changed.length > 20);
  for (const [where, other] of changed) {
    assert.notDeepEqual(transcript('callee', other), transcript('callee', agreement()), where);
    await refused(() => verifyTranscript('callee', other, signature), 'bad_signature');
  }
});

const PRINT = Array.from({ length: 32 }, (_, at) => (at + 160).toString(16).toUpperCase()).join(':');
const line = (text = `sha-256 ${PRINT}`) => `a=fingerprint:${text}\r\n`;

test('a description names one certificate', async () => {
  const wanted = Uint8Array.from({ length: 32 }, (_, at) => at + 160);
  assert.deepEqual(fingerprintOf(`v=0\r\n${line()}m=audio\r\n${line()}`), wanted);
  assert.deepEqual(fingerprintOf(`v=0\n${line().toLowerCase()}`), wanted);
  const refusals = [
    'v=0\r\n',
    line('sha-1 AB:CD'),
    line(`sha-512 ${PRINT}:${PRINT}`),
    line(`sha-256 ${PRINT}`.replace('A1', 'A0')) + line(),
    line() + line(`sha-1 ${PRINT.slice(0, 59)}`),
    line(`sha-256 ${PRINT}:00`),
    line(`sha-256 ${PRINT.slice(3)}`),
    line(`sha-256  ${PRINT}`),
    line(`sha-256 ${PRINT} ${PRINT}`),
    line() + line('sha-256'),
    line() + `A=Fingerprint:sha-256 ${PRINT.replace('A1', 'A0')}\r\n`,
    line() + ` a=fingerprint:sha-256 ${PRINT.replace('A1', 'A0')}\r\n`,
    `x\rv=0 ${line()}`,
  ];
  for (const sdp of refusals) await refused(() => fingerprintOf(sdp), 'fingerprint');
});
