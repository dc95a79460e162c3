import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { toBase64 } from '../../../web/core/bytes.js';
import { nameOf } from '../../../web/trust/links.js';
import { activeAt, former } from '../../../web/trust/endpoints.js';
import { extend, personLinkOf, replay, signPersonLink } from '../../../web/trust/person.js';
import { bytes, endpoint, mutants, refused } from './endpoints.mjs';

/** Four endpoints and three printed keys, one after another. */
let phone, tablet, laptop, stranger, printed, reprinted, printedAgain;

before(async () => {
  const made = await Promise.all(Array.from({ length: 7 }, endpoint));
  [phone, tablet, laptop, stranger, printed, reprinted, printedAgain] = made;
});

const by = (signer, time = 1_000) => ({ time, signer: signer.identity, sign: signer.sign });
const begin = (who = phone, key = printed) => ({ action: 'begin', keys: who.keys, recovery: key.identity });
const add = (who) => ({ action: 'add', keys: who.keys });
const remove = (who) => ({ action: 'remove', identity: who.identity });
const renew = (key) => ({ action: 'renew', recovery: key.identity });
const recover = (who, key) => ({ action: 'recover', keys: who.keys, recovery: key.identity });

/** Links as [deed, who signs], one after another. */
async function links(...steps) {
  const made = [];
  let chain = null;
  for (const [deed, signer, time] of steps) {
    made.push(await signPersonLink(chain, deed, by(signer, time)));
    chain = await extend(chain, made.at(-1));
  }
  return made;
}

const names = (...who) => new Set(who.map((one) => nameOf(one.identity)));

/** A life: a second endpoint, the first is lost, a new printed key, all is lost, recovered. */
const life = () =>
  links(
    [begin(), phone, 10],
    [add(tablet), phone, 20],
    [remove(phone), tablet, 30],
    [renew(reprinted), tablet, 30],
    [recover(laptop, printedAgain), reprinted, 40],
  );

test('a person chain says who is active, and was at each version', async () => {
  const chain = await replay(await life());
  assert.equal(chain.version, 4);
  assert.deepEqual(new Set(chain.active.keys()), names(laptop));
  assert.deepEqual(former(chain), names(phone, tablet));
  assert.deepEqual(chain.recovery, printedAgain.identity);
  assert.deepEqual(chain.heads[0], chain.root);
  const table = [phone, tablet, laptop].map((who) => [0, 1, 2, 3, 4].map((at) => activeAt(chain, who.identity, at)));
  assert.deepEqual(table, [
    [true, true, false, false, false],
    [false, true, true, true, false],
    [false, false, false, false, true],
  ]);
  assert.equal(activeAt(chain, laptop.identity, 5), false, 'of a version to come nothing is known');
});

test('no field of any link can be changed', async () => {
  const made = await life();
  let tried = 0;
  for (const [index, link] of made.entries()) {
    const chain = index === 0 ? null : await replay(made.slice(0, index));
    for (const [where, changed] of mutants(link)) {
      await refused(() => extend(chain, changed)).catch((error) => assert.fail(`${link.action}.${where}: ${error.message}`));
      tried += 1;
    }
    for (const action of ['begin', 'add', 'remove', 'recover', 'renew'].filter((one) => one !== link.action)) {
      const everything = { keys: stranger.keys, identity: phone.identity, recovery: printed.identity };
      await refused(() => extend(chain, { ...everything, ...link, action }));
      tried += 1;
    }
  }
  assert.ok(tried > 80);
});

test('no link can be left out, repeated or moved', async () => {
  const made = await life();
  for (let at = 0; at < made.length - 1; at += 1) await refused(() => replay(made.toSpliced(at, 1)), 'out_of_order', 'wrong_start');
  for (let at = 0; at < made.length; at += 1) await refused(() => replay(made.toSpliced(at, 0, made[at])), 'out_of_order');
  for (let at = 1; at < made.length; at += 1) {
    await refused(() => replay(made.with(at, made[at - 1]).with(at - 1, made[at])), 'out_of_order');
  }
  await refused(() => replay([]), 'wrong_start');
});

test('a link of another person does not fit', async () => {
  const [first] = await links([begin(), phone]);
  const [, foreign] = await links([begin(phone, reprinted), phone], [add(tablet), phone]);
  await refused(async () => extend(await replay([first]), foreign), 'broken');
});

const REFUSED = {
  'a stranger adds': [() => [[begin(), phone], [add(tablet), stranger]], 'not_active'],
  'a stranger begins for somebody': [() => [[begin(), stranger]], 'not_active'],
  'who was removed adds': [() => [[begin(), phone], [add(tablet), phone], [remove(phone), tablet], [add(laptop), phone]], 'not_active'],
  'the printed key adds': [() => [[begin(), phone], [add(tablet), printed]], 'not_active'],
  'an endpoint recovers': [() => [[begin(), phone], [recover(tablet, reprinted), phone]], 'not_recovery'],
  'an old printed key recovers': [
    () => [[begin(), phone], [renew(reprinted), phone], [recover(tablet, printed), printed]],
    'not_recovery',
  ],
  'the last one goes': [() => [[begin(), phone], [remove(phone), phone]], 'last_one'],
  'who is not there goes': [() => [[begin(), phone], [add(tablet), phone], [remove(laptop), phone]], 'not_there'],
  'added twice': [() => [[begin(), phone], [add(phone), phone]], 'key_reused'],
  'back after removal': [() => [[begin(), phone], [add(tablet), phone], [remove(tablet), phone], [add(tablet), phone]], 'key_reused'],
  'back by recovery': [
    () => [[begin(), phone], [add(tablet), phone], [remove(tablet), phone], [recover(tablet, reprinted), printed]],
    'key_reused',
  ],
  'the same printed key again': [() => [[begin(), phone], [recover(tablet, printed), printed]], 'key_reused'],
  'an endpoint as printed key': [() => [[begin(phone, phone), phone]], 'key_reused'],
  'an endpoint as new printed key': [() => [[begin(), phone], [renew(phone), phone]], 'key_reused'],
  'the printed key as endpoint': [() => [[begin(), phone], [add(printed), phone]], 'key_reused'],
  'begins again': [() => [[begin(), phone], [begin(tablet), tablet]], 'wrong_start'],
  'begins again by itself': [() => [[begin(), phone], [begin(phone), phone]], 'wrong_start'],
  'does not begin': [() => [[add(phone), phone]], 'wrong_start'],
};

for (const [what, [steps, reason]] of Object.entries(REFUSED)) {
  test(`person chain: ${what}`, async () => {
    const made = await links(...steps().slice(0, -1));
    const chain = made.length === 0 ? null : await replay(made);
    const [deed, signer] = steps().at(-1);
    await refused(async () => extend(chain, await signPersonLink(chain, deed, by(signer))), reason);
  });
}

test('time does not go back', async () => {
  const chain = await replay(await links([begin(), phone, 10]));
  const late = await signPersonLink({ ...chain, time: 0 }, add(tablet), by(phone, 9));
  await refused(() => extend(chain, late), 'time_reversed');
});

test('keys that anybody can sign for, or that do not belong together, are refused', async () => {
  const weak = new Uint8Array(32);
  weak[0] = 1; // the neutral point
  await refused(() => links([begin(phone, { identity: weak }), phone]), 'weak_key');
  const chain = await replay(await links([begin(), phone]));
  const mixed = { ...tablet.keys, sealing: laptop.keys.sealing };
  await refused(async () => extend(chain, await signPersonLink(chain, { action: 'add', keys: mixed }, by(phone))), 'weak_key');
});

test('not more endpoints than there may be', async () => {
  const chain = await replay(await links([begin(), phone]));
  const full = { ...chain, active: new Map([...chain.active, ...Array.from({ length: 31 }, (_, at) => [`${at}`, tablet.keys])]) };
  await refused(async () => extend(full, await signPersonLink(full, add(tablet), by(phone))), 'too_many');
  const long = { ...chain, version: 1_023 };
  await refused(async () => extend(long, await signPersonLink(long, add(tablet), by(phone))), 'too_many');
});

test('a link is read from JSON as it was written, and nothing else is', async () => {
  const [, link] = await links([begin(), phone], [add(tablet), phone]);
  const { keys, ...rest } = link;
  const text = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value instanceof Uint8Array ? toBase64(value) : value]));
  const wire = text({ ...rest, ...keys });
  assert.deepEqual(personLinkOf(wire), link);
  for (const name of Object.keys(wire)) {
    await refused(() => personLinkOf({ ...wire, [name]: undefined }), 'malformed');
    await refused(() => personLinkOf({ ...wire, [name]: 'AAAA' }), 'malformed');
    await refused(() => personLinkOf({ ...wire, [name]: -1 }), 'malformed');
  }
  await refused(() => personLinkOf({ ...wire, action: 'appoint' }), 'malformed');
  await refused(() => personLinkOf({ ...wire, identity: toBase64(bytes(33)) }), 'malformed');
});
