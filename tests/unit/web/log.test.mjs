import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { fromBase64, toBase64, utf8 } from '../../../web/core/bytes.js';
import { after, entryOf, follow, headOf, payloadBytes, readPayload } from '../../../web/trust/log.js';
import { Untrusted } from '../../../web/trust/untrusted.js';

const { lines } = JSON.parse(readFileSync(new URL('../../vectors/log.json', import.meta.url), 'utf8'));

async function walk(some) {
  let head = null;
  for (const { entry, payload } of some) head = await after(head, entryOf(entry), payloadBytes(payload));
  return head;
}

const refused = (some, reason) => assert.rejects(walk(some), (error) => error instanceof Untrusted && error.reason === reason);

test('a chain of the log is read as it was written', async () => {
  assert.equal(toBase64((await walk(lines)).hash), lines.at(-1).head);
  assert.deepEqual(readPayload(fromBase64(lines[1].payload)).outcome, 'refused');
  assert.equal((await walk([lines[0], { ...lines[1], payload: null }, lines[2]])).number, 2);
});

test('what was edited, left out, moved or written by another is found', async () => {
  const [first, second, third] = lines;
  await refused([first, { ...second, payload: toBase64(utf8('{"what":"call"}')) }], 'broken');
  await refused([first, third], 'out_of_order');
  await refused([second, first], 'out_of_order');
  await refused([first, { ...second, entry: { ...second.entry, time: second.entry.time + 5 } }], 'bad_signature');
  await refused([first, { ...second, entry: { ...second.entry, previous: third.entry.previous } }], 'broken');
  await refused([{ ...first, entry: { ...first.entry, signature: second.entry.signature } }], 'bad_signature');
});

test('an entry that is written here goes on from the chain', async () => {
  const keys = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
  const writer = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', keys.privateKey, bytes));
  const what = { owner: `p_${'a'.repeat(20)}`, writer, sign };
  const one = await follow(null, utf8('{"what":"call"}'), { ...what, time: 20 });
  const two = await follow(await headOf(one), utf8('{"what":"call"}'), { ...what, time: 10 });
  const head = await after(await after(null, one, null), two, utf8('{"what":"call"}'));
  assert.deepEqual([head.number, head.time], [1, 20]);
});
