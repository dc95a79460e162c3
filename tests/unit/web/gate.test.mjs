import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Gate } from '../../../web/call/gate.js';
import { nameOf } from '../../../web/trust/links.js';
import { Untrusted } from '../../../web/trust/untrusted.js';
import { bytes } from './endpoints.mjs';

const [ANA, TOM, HOME, PHONE, TABLET] = [1, 2, 3, 4, 5].map((fill) => bytes(32, fill));
const SET = { person: ANA, grants: [], home: 'instant', devices: [], quiet: [], schedules: [], zone: 'UTC', closed: false, time: 100, fresh_days: 7, frost: 3, longest: 60, silence: 10, chime: 5 };

/** A household as it is shown: its members have each signed a link in it. */
const living = (...members) => ({
  roster: { root: HOME, members: new Map(members.map((root) => [nameOf(root), root])), active: new Map() },
  links: members.map((person) => ({ person })),
});

/** What Tom, who speaks with his own phone, is told by Ana's page, which is shown these households one after the other. */
async function told(home, ...shown) {
  const asked = [];
  const account = {
    sets: { all: () => [SET], clock: 200 },
    quiet: { own: null },
    identities: {
      own: { keys: { identity: TABLET } },
      identity: { person: 'p_ana' },
      rosters: async () => [],
      household: async () => {
        const next = shown[asked.push('household') - 1];
        if (next === undefined) throw new Untrusted('stale');
        return next;
      },
    },
  };
  const gate = new Gate({ state: { unready: null, blocks: [] } }, account);
  const person = { id: 'p_tom', chain: { spans: new Map([[nameOf(PHONE), null]]) } };
  const caller = { keys: { identity: PHONE }, root: TOM, person, home };
  await gate.meet(caller);
  const decided = gate.decide(caller, { letIn: false, inside: false });
  return { decided: decided.mode ?? decided, asked: asked.length };
}

test('whoever lives there comes in without another question', async () => {
  assert.deepEqual(await told(living(ANA, TOM)), { decided: 'instant', asked: 0 });
});

test('before somebody is refused because they live elsewhere, it is asked whether they have moved in', async () => {
  assert.deepEqual(await told(living(ANA), living(ANA, TOM)), { decided: 'instant', asked: 1 });
  const overtaken = { roster: null, links: [], trouble: 'stale' };
  assert.deepEqual(await told(overtaken, living(ANA, TOM)), { decided: 'instant', asked: 1 });
});

test('whoever lives elsewhere stays outside, as where no household can be believed', async () => {
  assert.deepEqual(await told(living(ANA), living(ANA)), { decided: 'not_given', asked: 1 });
  assert.deepEqual(await told(living(ANA)), { decided: 'not_given', asked: 1 });
  assert.deepEqual(await told({ roster: null, links: [], trouble: 'stale' }), { decided: 'not_given', asked: 1 });
});
