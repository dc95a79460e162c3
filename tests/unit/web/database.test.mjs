import assert from 'node:assert/strict';
import { test } from 'node:test';

import { amend, load } from '../../../web/session/database.js';
import { emptyDatabase } from './database.mjs';

test('the database is opened once, and again when the browser has closed it', async () => {
  const database = emptyDatabase();
  await amend('own', 'name', () => ({ keep: 'Ana' }));
  assert.equal(await load('own', 'name'), 'Ana');
  assert.equal(database.opened, 1);
  database.closed = true;
  assert.equal(await load('own', 'name'), 'Ana');
  assert.equal(database.opened, 2);
});
