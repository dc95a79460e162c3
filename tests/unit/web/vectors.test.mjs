import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { check } from '../../vectors/check.mjs';

test('the trust formats are those of the vectors', async () => {
  const vectors = JSON.parse(readFileSync(new URL('../../vectors/trust.json', import.meta.url), 'utf8'));
  const { passed, failed, unknown } = await check(vectors, (name) => import(`../../../web/${name}`));
  assert.deepEqual(failed, []);
  assert.deepEqual(unknown, [], 'sections that the web app does not check yet');
  assert.ok(Object.values(passed).every((count) => count > 0));
});
