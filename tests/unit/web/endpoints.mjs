/** Endpoints with real keys, for tests. */

import assert from 'node:assert/strict';

import { makeKeys, publicKeys, sign } from '../../../web/session/keys.js';
import { publicKeysOf } from '../../../web/trust/keys.js';

/** An endpoint: its public keys, what signs for it, and its private X25519 key. */
export async function endpoint() {
  const pairs = await makeKeys();
  const keys = publicKeysOf(await publicKeys(pairs));
  return { keys, identity: keys.identity, sign: (message) => sign(pairs, message), secret: pairs.sealing.privateKey };
}

export const bytes = (length, fill = 7) => new Uint8Array(length).fill(fill);

/** The same bytes with one bit turned. */
export function turned(original, at = 0) {
  const copy = original.slice();
  copy[at] ^= 1;
  return copy;
}

/** That a promise (or function) is refused with one of these reasons. */
export async function refused(attempt, ...reasons) {
  const caught = await Promise.resolve().then(attempt).then(() => null, (error) => error);
  assert.ok(caught, 'was believed');
  assert.equal(caught.name, 'Untrusted', caught.stack);
  assert.ok(reasons.length === 0 || reasons.includes(caught.reason), `refused as ${caught.reason}`);
}

/**
 * Everything that a copy of a struct with one field changed can be: a bit of each of its bytes fields, one
 * more or less in each of its numbers, another word for each of its words.
 */
export function* mutants(struct, path = []) {
  for (const [name, value] of Object.entries(struct)) {
    const at = [...path, name];
    if (value instanceof Uint8Array) {
      yield [at.join('.'), { ...struct, [name]: turned(value) }];
      yield [at.join('.'), { ...struct, [name]: turned(value, value.length - 1) }];
    } else if (typeof value === 'number') {
      yield [at.join('.'), { ...struct, [name]: value + 1 }];
      if (value > 0) yield [at.join('.'), { ...struct, [name]: value - 1 }];
    } else if (typeof value === 'object' && value !== null) {
      for (const [where, changed] of mutants(value, at)) yield [where, { ...struct, [name]: changed }];
    }
  }
}
