import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { checkMessages } from '../../vectors/check-message.mjs';

test('messages are sealed and signed as the vectors say', async () => {
  const vectors = JSON.parse(readFileSync(new URL('../../vectors/message.json', import.meta.url), 'utf8'));
  const { passed, failed } = await checkMessages(vectors, (name) => import(`../../../web/${name}`));
  assert.deepEqual(failed, []);
  const { endpoints: _, ...sections } = vectors;
  assert.deepEqual(passed, Object.fromEntries(Object.entries(sections).map(([name, cases]) => [name, cases.length])));
});
