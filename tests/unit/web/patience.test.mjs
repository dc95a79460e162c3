import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Contacts } from '../../../web/session/contacts.js';
import { againIn } from '../../../web/session/patience.js';
import { ProblemError } from '../../../web/session/problem.js';

const CARD = 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Mum\r\nEND:VCARD\r\n';

/** A server that answers so many times with this problem, and then as it should. */
function server(code, times) {
  const asked = [];
  const send = async (command) => {
    asked.push(command.t);
    if (asked.length <= times) throw new ProblemError(code, { retry_after: 0.001 });
    return { t: 'contacts_imported', re: '', added: 1, updated: 0, unchanged: 0, problems: [] };
  };
  return { asked, send };
}

const empty = () => ({ added: 0, updated: 0, unchanged: 0, problems: [], cards: 0 });

test('a part that comes too soon is sent again, when the server says', async () => {
  const { asked, send } = server('rate_limited', 2);
  const tally = empty();
  await new Contacts(send, null).bring(new Blob([CARD]), tally, () => {});
  assert.deepEqual(asked, ['import_contacts', 'import_contacts', 'import_contacts']);
  assert.equal(tally.added, 1);
});

test('what is too much for a minute is tried again by itself, and what is too much for a day is not', () => {
  const after = (code, data) => againIn(new ProblemError(code, data));
  assert.equal(after('quota_exceeded', { retry_after: 59.5 }), 59.5);
  assert.equal(after('quota_exceeded', { retry_after: 121 }), null);
  assert.equal(after('quota_exceeded'), null);
  assert.equal(after('rate_limited', { retry_after: 3 }), 3);
  assert.equal(after('storage_unavailable'), 0);
  assert.equal(after('you_blocked'), null);
  assert.equal(againIn(new Error('of ours')), null);
});

test('any other problem is the end of it', async () => {
  const { asked, send } = server('import_not_allowed', 1);
  await assert.rejects(new Contacts(send, null).bring(new Blob([CARD]), empty(), () => {}), {
    code: 'import_not_allowed',
  });
  assert.equal(asked.length, 1);
});
