/** The page's connection to the mixer, where offers fail or what was offered does not come up. No network, and no waiting. */

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Room } from '../../../web/call/group-room.js';
import { Tries } from '../../../web/call/tries.js';
import { fromBase64, toBase64 } from '../../../web/core/bytes.js';
import { mixerBytes } from '../../../web/trust/mixer.js';
import { bytes, endpoint } from './endpoints.mjs';

const LONG = 20_000; // milliseconds: more than any pause, and than a connection may take
const OWN = bytes(32, 1);
const MIXER = bytes(32, 2);
const sdpOf = (fingerprint) => `v=0\r\na=fingerprint:sha-256 ${[...fingerprint].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}\r\n`;

/** What a browser has, as far as a connection that is never really made needs it. */
class Connection {
  static made = [];
  static generateCertificate = () => Promise.reject(new Error('not here'));
  connectionState = 'new';
  localDescription = null;
  remoteDescription = null;
  constructor() {
    Connection.made.push(this);
  }
  addTransceiver() {
    return { setCodecPreferences() {} };
  }
  async setLocalDescription() {
    this.localDescription = { type: 'offer', sdp: sdpOf(OWN) };
  }
  async setRemoteDescription(description) {
    this.remoteDescription = description;
  }
  getTransceivers = () => [];
  getReceivers = () => [];
  getSenders = () => [];
  close() {
    this.becomes('closed');
  }
  becomes(state) {
    this.connectionState = state;
    if (state !== 'closed') this.onconnectionstatechange?.();
  }
}

/** With such a browser, and time that goes on as the test says. The process is shared with all other tests. */
const here = (name, body) =>
  test(name, async () => {
    const names = ['navigator', 'RTCPeerConnection', 'RTCRtpReceiver', 'MediaStream'];
    const before = names.map((one) => [one, Object.getOwnPropertyDescriptor(globalThis, one)]);
    Connection.made = [];
    const values = [{}, Connection, { getCapabilities: () => null }, class {}];
    for (const [at, one] of names.entries()) Object.defineProperty(globalThis, one, { value: values[at], configurable: true });
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      await body();
    } finally {
      mock.timers.reset();
      for (const [one, was] of before) {
        if (was) Object.defineProperty(globalThis, one, was);
        else delete globalThis[one];
      }
    }
  });

/** Time goes on, in steps: what a timer begins counts from then. */
const pass = (milliseconds) => {
  for (let gone = 0; gone < milliseconds; gone += 50) mock.timers.tick(50);
};

/** Everything that waits for nothing but its turn is done; and it is like this. */
const until = async (test = () => true) => {
  for (let turn = 0; turn < 20 || (turn < 100_000 && !test()); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(test(), String(test));
};

async function seated(answer) {
  const server = await endpoint();
  const offers = [];
  const said = [];
  const room = new Room({
    call: 'c_abcdefghijklmnopqrst',
    ends: { server: server.identity, identity: OWN },
    ice: { known: true, relayOnly: false, ways: {} },
    sink: {
      offer: async ({ epoch, nonce }) => {
        offers.push(epoch);
        await answer(epoch);
        const promise = { call: 'c_abcdefghijklmnopqrst', epoch, identity: OWN, mixer: MIXER, own: OWN, nonce: fromBase64(nonce) };
        return { sdp: sdpOf(MIXER), fingerprint: toBase64(MIXER), statement: toBase64(await server.sign(mixerBytes(promise))) };
      },
      media: (media) => said.push(media),
      stands: (up) => said.push(up),
      doubt: () => {},
      untrusted: (reason) => said.push(reason),
    },
  });
  return { room, offers, said };
}

here('an offer that fails is made again in another epoch, and once more', async () => {
  const { room, offers, said } = await seated((epoch) => (epoch < 2 ? Promise.reject(new Error('mixer_unavailable')) : null));
  room.update(0);
  await until();
  assert.deepEqual(offers, [0], 'not at once');
  for (const expected of [[0, 1], [0, 1, 2]]) {
    pass(2_000);
    await until();
    assert.deepEqual(offers, expected);
  }
  Connection.made.at(-1).becomes('connected');
  await until(() => said.at(-1) === 'up');
  pass(LONG);
  await until();
  assert.deepEqual(offers, [0, 1, 2], 'what stands is left alone');
  room.close();
});

here('what does not come up is replaced, and what stands meanwhile goes on', async () => {
  const { room, offers, said } = await seated(() => null);
  room.update(0);
  Connection.made[0].becomes('connected');
  await until(() => said.at(-1) === 'up');
  room.renew();
  await until();
  Connection.made[1].becomes('failed');
  pass(2_000);
  await until();
  assert.deepEqual(offers, [0, 1, 2]);
  pass(10_000); // this one neither stands nor fails: its time is over, and then comes a pause
  await until();
  assert.deepEqual(offers, [0, 1, 2, 3]);
  assert.deepEqual(Connection.made.map(({ connectionState }) => connectionState), ['connected', 'closed', 'closed', 'new']);
  assert.ok(!said.includes('lost') && !said.includes(false), 'nobody is told that it is lost');
  room.close();
  pass(LONG);
  await until();
  assert.equal(offers.length, 4, 'and nothing is tried once it is over');
});

here('what was signed wrong is not asked for again', async () => {
  const { room, offers, said } = await seated(() => null);
  const lies = (await endpoint()).identity;
  const deceived = new Room({
    call: 'c_abcdefghijklmnopqrst',
    ends: { server: lies, identity: OWN },
    ice: { known: true, relayOnly: false, ways: {} },
    sink: {
      offer: async ({ epoch }) => {
        offers.push(epoch);
        return { sdp: sdpOf(MIXER), fingerprint: toBase64(MIXER), statement: toBase64(bytes(64)) };
      },
      media: () => {},
      stands: () => {},
      doubt: () => {},
      untrusted: (reason) => {
        said.push(reason);
        deceived.close();
      },
    },
  });
  deceived.update(0);
  await until(() => said.length > 0);
  pass(LONG);
  await until();
  assert.deepEqual([offers, said], [[0], ['bad_signature']]);
  room.close();
});

here('each pause is longer than the one before, and none is endless', () => {
  let tried = 0;
  const tries = new Tries(() => {
    tried += 1;
    tries.begun();
    tries.failed();
  });
  tries.failed();
  pass(LONG);
  assert.equal(tried, 0, 'what was not begun is nobody’s concern');
  tries.begun();
  tries.failed();
  pass(5_000);
  const soon = tried;
  assert.ok(soon >= 2 && soon <= 5, `${soon} tries in five seconds`);
  pass(60_000);
  assert.ok(tried > soon + 2 && tried < soon + 12, `${tried - soon} tries in a minute`);
  tries.stop();
});
