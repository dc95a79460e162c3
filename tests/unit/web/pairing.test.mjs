import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { CodeNew, CodeOwn, LinkNew, LinkOwn, proofOfNew, proofOfOwn } from '../../../web/trust/pairing.js';
import { extend, signPersonLink } from '../../../web/trust/person.js';
import { newSeed, readRecovery, recoveryKey, writeRecovery } from '../../../web/trust/recovery.js';
import { safetyCode } from '../../../web/trust/safety.js';
import { verify } from '../../../web/trust/keys.js';
import { bytes, endpoint, mutants, refused, turned } from './endpoints.mjs';

const SECRET = bytes(16, 1);
const meeting = { code: 'K4T9-M2QX', server: bytes(32, 2) };
const NONCES = { fresh: bytes(32, 3), own: bytes(32, 4) };
const AUTHORITY = bytes(32, 5);

let own, fresh, impostor, paper, alone, both;
before(async () => {
  [own, fresh, impostor, paper] = await Promise.all(Array.from({ length: 4 }, endpoint));
  alone = await go(null, { action: 'begin', keys: own.keys, recovery: paper.identity });
  both = await go(alone, { action: 'add', keys: fresh.keys });
});

const go = async (chain, deed, who = own) => extend(chain, await signPersonLink(chain, deed, { time: 1, signer: who.identity, sign: who.sign }));
const belonging = ({ root, version, head }) => ({ root, version, head });
const answer = (chain = both) => ({ ...belonging(chain), authority: AUTHORITY });
const introduction = (changes = {}) => ({ ...belonging(alone), identity: own.identity, nonce: NONCES.own, ...changes });

test('paired by link, both know each other', async () => {
  const [here, there] = [new LinkNew(SECRET, meeting, fresh.keys), new LinkOwn(SECRET, meeting)];
  await there.greeted(fresh.keys, await here.greeting());
  const later = await go(both, { action: 'renew', recovery: impostor.identity });
  await here.answered(answer(), await there.answer(answer()), later);
});

test('by link, nothing that is proved can be changed', async () => {
  const proof = await proofOfNew(SECRET, meeting, fresh.keys);
  for (const [where, changed] of mutants({ secret: SECRET, meeting, keys: fresh.keys, proof })) {
    await refused(() => new LinkOwn(changed.secret, changed.meeting).greeted(changed.keys, changed.proof), 'wrong_proof', 'weak_key').catch((error) =>
      assert.fail(`${where}: ${error.message}`),
    );
  }
  await refused(() => new LinkOwn(SECRET, { ...meeting, code: 'K4T9-M2QY' }).greeted(fresh.keys, proof), 'wrong_proof');
  const reply = await proofOfOwn(SECRET, meeting, fresh.identity, answer());
  for (const [where, changed] of mutants({ answer: answer(), proof: reply })) {
    const here = new LinkNew(SECRET, meeting, fresh.keys);
    await here.greeting();
    await refused(() => here.answered(changed.answer, changed.proof, both), 'wrong_proof').catch((error) =>
      assert.fail(`${where}: ${error.message}`),
    );
  }
});

test('by link, a chain in which the new endpoint is not, or another chain, is refused', async () => {
  for (const [chain, shown, reason] of [
    [alone, alone, 'not_active'],
    [both, alone, 'missing'],
    [both, await go(alone, { action: 'add', keys: impostor.keys }), 'forked'],
  ]) {
    const here = new LinkNew(SECRET, meeting, fresh.keys);
    await here.greeting();
    const proof = await proofOfOwn(SECRET, meeting, fresh.identity, answer(chain));
    await refused(() => here.answered(answer(chain), proof, shown), reason);
  }
});

/** Both sides up to the digits. */
async function compare({ seen = fresh.keys, heard = introduction(), revealed = NONCES.fresh } = {}) {
  const here = new CodeNew(meeting, fresh.keys, NONCES.fresh);
  const there = new CodeOwn(meeting, introduction());
  await there.committed(await here.commitment());
  const shown = await here.answered(heard);
  return { here, there, fresh: shown.digits, own: await there.revealed(seen, revealed) };
}

test('paired by code, both show the same six digits', async () => {
  const { here, there, ...digits } = await compare();
  assert.match(digits.fresh, /^\d{6}$/);
  assert.equal(digits.fresh, digits.own);
  assert.deepEqual(await there.confirmed(true), fresh.keys);
  await here.confirmed(true);
  await here.admitted(both);
});

test('by code, a server that swaps keys, nonces or persons is noticed', async () => {
  await refused(() => compare({ seen: impostor.keys }), 'wrong_proof');
  await refused(() => compare({ revealed: turned(NONCES.fresh) }), 'wrong_proof');
  await refused(() => compare({ revealed: bytes(31) }), 'malformed');
  await refused(() => compare({ heard: introduction({ nonce: bytes(31) }) }), 'malformed');
  for (const [, heard] of mutants(introduction())) {
    const digits = await compare({ heard });
    assert.notEqual(digits.fresh, digits.own);
  }
});

test('by code, nothing goes on when the digits differ', async () => {
  const { here, there } = await compare();
  await refused(() => there.confirmed(false), 'not_confirmed');
  await refused(() => there.confirmed(true), 'out_of_turn');
  await refused(() => here.confirmed(false), 'not_confirmed');
  await refused(() => here.admitted(both), 'out_of_turn');
});

test('by code, the chain must be the one that was in the digits', async () => {
  const foreign = await go(null, { action: 'begin', keys: impostor.keys, recovery: paper.identity }, impostor);
  const invented = await go(foreign, { action: 'add', keys: fresh.keys }, impostor);
  for (const [chain, reason] of [[invented, 'forked'], [alone, 'not_active']]) {
    const { here } = await compare();
    await here.confirmed(true);
    await refused(() => here.admitted(chain), reason);
  }
});

test('every step of a pairing comes once and in its turn', async () => {
  const steps = {
    linkNew: [() => new LinkNew(SECRET, meeting, fresh.keys), [(it) => it.greeting(), async (it) => it.answered(answer(), await proofOfOwn(SECRET, meeting, fresh.identity, answer()), both)]],
    linkOwn: [() => new LinkOwn(SECRET, meeting), [async (it) => it.greeted(fresh.keys, await proofOfNew(SECRET, meeting, fresh.keys)), (it) => it.answer(answer())]],
    codeNew: [() => new CodeNew(meeting, fresh.keys, NONCES.fresh), [(it) => it.commitment(), (it) => it.answered(introduction()), (it) => it.confirmed(true), (it) => it.admitted(both)]],
    codeOwn: [
      () => new CodeOwn(meeting, introduction()),
      [async (it) => it.committed(await new CodeNew(meeting, fresh.keys, NONCES.fresh).commitment()), (it) => it.revealed(fresh.keys, NONCES.fresh), (it) => it.confirmed(true)],
    ],
  };
  for (const [make, order] of Object.values(steps)) {
    for (let done = 0; done <= order.length; done += 1) {
      for (const [index, step] of order.entries()) {
        if (index === done) continue;
        const it = make();
        for (const earlier of order.slice(0, done)) await earlier(it);
        await refused(() => step(it), 'out_of_turn');
      }
    }
    const hurried = make();
    const [first] = order;
    // Which of the two is through first is the browser's business: exactly one is.
    const both = await Promise.allSettled([first(hurried), first(hurried)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }
});

test('the code to scan is the same on both sides', () => {
  const [ana, ben] = [bytes(32, 1), bytes(32, 2)];
  assert.match(safetyCode(ana, ben), /^kith-safety:1:[\w-]{86}$/);
  assert.equal(safetyCode(ana, ben), safetyCode(ben, ana));
  assert.notEqual(safetyCode(ana, turned(ben)), safetyCode(ana, ben));
});

test('a recovery key survives paper', async () => {
  const seed = newSeed();
  const text = await writeRecovery(seed);
  assert.match(text, /^(?:[0-9A-HJKMNP-TV-Z]{5}-){10}[0-9A-HJKMNP-TV-Z]{5}$/);
  assert.deepEqual(await readRecovery(text), seed);
  const sloppy = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
  assert.deepEqual(await readRecovery(` ${sloppy}`), seed);
  assert.deepEqual(await readRecovery(text.replaceAll('-', '').replaceAll('1', 'I')), seed);
  const { identity, sign } = await recoveryKey(seed);
  assert.equal(await verify(identity, await sign(bytes(3)), bytes(3)), true);
});

test('a mistyped recovery key is called so', async () => {
  const text = await writeRecovery(bytes(32));
  const symbols = text.replaceAll('-', '');
  const wrong = ['', text.slice(1), `${text}0`, text.replace(/^./, 'U'), `\u0131${symbols.slice(1)}`];
  const swaps = Array.from(symbols, (symbol, at) => symbols.slice(0, at) + (symbol === '7' ? '8' : '7') + symbols.slice(at + 1));
  for (const typed of [...wrong, ...swaps]) await refused(() => readRecovery(typed), 'mistyped');
});
