import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import vm from 'node:vm';

import { signInStatement } from '../../../web/core/statements.js';
import { wanted } from '../../../web/session/history.js';

test('a day is a whole day of this place, also one of 23 hours', () => {
  assert.deepEqual(wanted({ endpoint: null, day: null }), {});
  assert.deepEqual(wanted({ endpoint: 'e_1', day: null }), { endpoint: 'e_1' });
  for (const day of [new Date(2026, 2, 29), new Date(2026, 9, 25), new Date(2026, 11, 31)]) {
    const { since, until, endpoint } = wanted({ endpoint: 'e_1', day });
    assert.equal(endpoint, 'e_1');
    assert.equal(since, day.getTime() / 1_000);
    assert.equal(until, new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime() / 1_000);
  }
});

test('the service worker signs what the page would', async () => {
  const context = vm.createContext({ TextEncoder, Uint8Array, btoa, atob });
  const source = await readFile(new URL('../../../web/sw-own.js', import.meta.url), 'utf8');
  vm.runInContext(`${source}; globalThis.made = signIn;`, context);
  const server = Uint8Array.from({ length: 32 }, (_, at) => at);
  const nonce = Uint8Array.from({ length: 16 }, (_, at) => 255 - at);
  const made = context['made'](server, 'https://kith.local:8443', nonce, 'e_0123456789abcdefghjk');
  assert.deepEqual([...made], [...signInStatement(server, 'https://kith.local:8443', nonce, 'e_0123456789abcdefghjk')]);
});
