import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { fromBase64, toBase64 } from '../../../web/core/bytes.js';
import { newCall } from '../../../web/core/ids.js';
import { signInStatement, sealingStatement } from '../../../web/core/statements.js';
import { languageFor, translator } from '../../../web/i18n.js';
import { backoff } from '../../../web/session/backoff.js';
import { capabilitiesOf, declared, deviceName } from '../../../web/session/devices.js';
import { ACK_EVERY, Inbox } from '../../../web/session/inbox.js';
import { pairingCommand, readLink, sharedOrigin } from '../../../web/session/link.js';
import { justOver, soundFor } from '../../../web/sound/sounding.js';
import { RING_TONES, ringTone } from '../../../web/sound/tones.js';
import { START } from '../../../web/state/state.js';
import { duration, endingKey, endsSoon, expectsVideo, ownTroubles, peerNotes, standingKey } from '../../../web/state/words.js';

const talk = (changes = {}) => ({
  id: 'c_1',
  role: 'caller',
  name: 'Ben',
  person: null,
  to: 'p_ben',
  video: true,
  view: null,
  mine: true,
  media: 'none',
  peer: null,
  since: null,
  ended: null,
  ...changes,
});
const MEDIA = { send_audio: true, receive_audio: true, send_video: true, receive_video: true };
const ringing = { phase: 'ringing', media: MEDIA };

test('statements are those of kith/core/keys.py', () => {
  const server = new Uint8Array(32).fill(1);
  const nonce = new Uint8Array(16).fill(2);
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  assert.equal(
    hex(signInStatement(server, 'https://kith.local:8443', nonce, 'e_1')),
    hex(Buffer.from('kith/1 sign-in')) +
      '0020' + '01'.repeat(32) +
      '0017' + hex(Buffer.from('https://kith.local:8443')) +
      '0010' + '02'.repeat(16) +
      '0003' + hex(Buffer.from('e_1')),
  );
  const sealing = sealingStatement(server, server);
  assert.equal(sealing.length, 'kith/1 sealing-key'.length + 2 * 34);
});

test('bytes survive base64', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
});

test('a link for another device names the server as other devices know it', () => {
  const network = 'https://kith.local:8443';
  for (const own of ['https://localhost:8443', 'https://vm:8443', 'https://127.0.0.1:8443', 'https://[::1]:8443']) {
    assert.equal(sharedOrigin(own, network), network);
    assert.equal(sharedOrigin(own, ''), own);
  }
  for (const own of ['https://kith.example', 'https://192.168.1.7:8443', 'https://kith-2.local:8443']) {
    assert.equal(sharedOrigin(own, network), own);
  }
});

test('a call id is one that the server takes', () => {
  assert.match(newCall(), /^c_[0-9a-hjkmnp-tv-z]{20}$/);
  assert.notEqual(newCall(), newCall());
});

test('events are new once, and acked at the latest every so many', () => {
  const inbox = new Inbox();
  assert.equal(inbox.accept(1), true);
  assert.equal(inbox.accept(1), false);
  for (let seq = 2; seq < ACK_EVERY; seq += 1) inbox.accept(seq);
  assert.equal(inbox.full, true);
  assert.equal(inbox.acked(), ACK_EVERY - 1);
  assert.equal(inbox.full, false);
});

test('waiting grows, has an end, and is not the same for all', () => {
  assert.ok(backoff(1, 0) < backoff(2, 0) && backoff(2, 0) < backoff(3, 0));
  assert.ok(backoff(50, 0.999) <= 15);
  assert.notEqual(backoff(4, 0), backoff(4, 0.9));
});

test('a link brings a secret or a code', () => {
  assert.deepEqual(readLink('#join=abc_-1'), { secret: 'abc_-1', demo: '', code: '', messages: false });
  assert.deepEqual(readLink('#join=abc_-1.Zz9'), { secret: 'abc_-1', demo: 'Zz9', code: '', messages: false });
  assert.deepEqual(readLink('#pair=AB12'), { secret: null, demo: '', code: 'AB12', messages: false });
  assert.equal(readLink('#play=p_1').messages, true);
  assert.equal(readLink('#message=p_1').messages, true);
  assert.deepEqual(readLink(''), { secret: null, demo: '', code: '', messages: false });
});

test('the pairing command is the one that kith has', () => {
  assert.equal(
    pairingCommand('https://kith.local:8443', '1234', 'Zz9', 'Kitchen'),
    'kith device --server https://kith.local:8443 --pair 1234.Zz9 --name Kitchen',
  );
});

test('a part that is missing or refused is not declared', () => {
  const asked = { microphone: 'prompt', camera: 'prompt' };
  const both = [{ kind: 'audioinput' }, { kind: 'videoinput' }];
  assert.equal(capabilitiesOf(both, asked).camera, true);
  assert.equal(capabilitiesOf([{ kind: 'audioinput' }], asked).camera, false);
  assert.equal(capabilitiesOf(both, { ...asked, microphone: 'denied' }).microphone, false);
});

test('what everybody at home can open says that it reads no messages', () => {
  const capabilities = { microphone: true };
  assert.deepEqual(declared(capabilities, true), { microphone: true, reads_messages: false });
  assert.deepEqual(declared(capabilities, false), capabilities);
});

test('a browser is recognisable by its name', () => {
  assert.equal(deviceName('Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'), 'Firefox, Linux');
  assert.equal(deviceName('Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/156.0 Safari/537.36'), 'Chrome, Android');
  assert.equal(deviceName('unheard of'), 'Browser');
});

test('the sound belongs to the state', () => {
  const incoming = talk({ id: 'c_2', role: 'callee', mine: false, view: ringing });
  assert.equal(soundFor(START), null);
  assert.equal(soundFor({ ...START, talks: [incoming] }), 'ring');
  assert.equal(soundFor({ ...START, talks: [incoming], silenced: 'c_2' }), null);
  assert.equal(soundFor({ ...START, talks: [talk({ view: ringing }), incoming] }), 'waiting');
  assert.equal(soundFor({ ...START, talks: [talk({ view: ringing })] }), 'ringing_there');
  assert.equal(soundFor({ ...START, talks: [talk()] }), null);
});

test('an end is heard by who took part', () => {
  const before = { ...START, talks: [talk()] };
  assert.equal(justOver({ ...START, talks: [talk({ ended: 'hung_up' })] }, before), true);
  assert.equal(justOver(before, before), false);
});

test('every tone has notes within its round', () => {
  for (const tone of Object.values(RING_TONES)) {
    assert.ok(tone.notes.length > 0);
    for (const note of tone.notes) assert.ok(note.at + note.length <= tone.round);
  }
  assert.equal(ringTone('no such tone'), RING_TONES.chime);
});

test('a call stands as its words say', () => {
  assert.equal(standingKey(talk()), 'call.calling');
  assert.equal(standingKey(talk({ view: ringing })), 'call.ringing');
  assert.equal(standingKey(talk({ view: { ...ringing, phase: 'answering' } })), 'call.connecting');
  assert.equal(standingKey(talk({ view: ringing, media: 'up' })), 'call.connected');
  assert.equal(standingKey(talk({ view: ringing, media: 'lost' })), 'call.reconnecting');
  assert.equal(standingKey(talk({ ended: 'busy' })), 'ended.busy');
  assert.equal(endingKey('offline'), 'problem.offline');
});

test('the other side is shown as off only when it says so', () => {
  const connected = talk({ view: ringing, media: 'up' });
  assert.deepEqual(peerNotes(connected), []);
  const off = { ...connected, peer: { audio: false, video: false, hardware_muted: false } };
  assert.deepEqual(peerNotes(off), ['peer.microphone_off', 'peer.camera_off']);
  assert.equal(expectsVideo(connected), true);
  assert.equal(expectsVideo(off), false);
});

test('what stands in the way of being seen matters in a video call only', () => {
  const capture = { ...START.capture, audioTrouble: 'denied', videoTrouble: 'missing' };
  assert.deepEqual(ownTroubles({ ...START, capture }, talk()), ['microphone.trouble.denied', 'camera.trouble.missing']);
  assert.deepEqual(ownTroubles({ ...START, capture }, talk({ video: false })), ['microphone.trouble.denied']);
});

test('what this browser may not use is said although nobody tried it', () => {
  const lacking = { microphone: 'denied', camera: 'missing' };
  const media = { send_audio: false, receive_audio: true, send_video: false, receive_video: true };
  const deaf = talk({ view: { media } });
  assert.deepEqual(ownTroubles({ ...START, lacking }, deaf), ['microphone.trouble.denied', 'camera.trouble.missing']);
  assert.deepEqual(ownTroubles(START, deaf), [], 'the other side has no speaker or screen');
  const able = talk({ view: { media: { ...media, send_audio: true, send_video: true } } });
  assert.deepEqual(ownTroubles({ ...START, lacking }, able), []);
});

test('time is read at a glance', () => {
  assert.deepEqual([0, 7.9, 754, 3723].map(duration), ['0:00', '0:07', '12:34', '1:02:03']);
});

test('languages are chosen by wish, English if there is none', () => {
  assert.equal(languageFor('auto', ['de-DE', 'es-MX']), 'es');
  assert.equal(languageFor('auto', ['de']), 'en');
  assert.equal(languageFor('en', ['es']), 'en');
});

test('texts take their values and show what is missing', () => {
  const translate = translator({ greeting: 'Hello {name}' });
  assert.equal(translate('greeting', { name: 'Ana' }), 'Hello Ana');
  assert.equal(translate('greeting'), 'Hello {name}');
  assert.equal(translate('none'), 'none');
});

test('every text that a language has takes the same values as in English', () => {
  const read = (language) => JSON.parse(readFileSync(new URL(`../../../web/texts/${language}.json`, import.meta.url)));
  const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const english = read('en');
  for (const [key, text] of Object.entries(read('es'))) assert.deepEqual(places(text), places(english[key] ?? ''), key);
});

test('that a long call ends is said five minutes before', () => {
  const until = (ends) => talk({ view: { ...ringing, ends } });
  assert.equal(endsSoon(until(1_000), 699_000), null);
  assert.equal(endsSoon(until(1_000), 700_000), 1_000);
  assert.equal(endsSoon(until(null), 700_000), null);
  assert.equal(endsSoon({ ...until(1_000), ended: 'hung_up' }, 900_000), null);
  assert.equal(endsSoon(talk(), 900_000), null);
});
