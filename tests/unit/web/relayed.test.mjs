import assert from 'node:assert/strict';
import { test } from 'node:test';

import { relayedCandidate, relayedOnly } from '../../../web/call/relayed.js';

const HOST = 'candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host generation 0';
const REFLEXIVE = 'candidate:2 1 udp 1686052607 198.51.100.7 50000 typ srflx raddr 192.168.1.7 rport 50000';
const RELAY = 'candidate:3 1 udp 41885695 203.0.113.9 49170 typ relay raddr 198.51.100.7 rport 50000 generation 0';
const BLANK = 'candidate:3 1 udp 41885695 203.0.113.9 49170 typ relay raddr 0.0.0.0 rport 9 generation 0';

test('only relayed candidates leave, without their base', () => {
  assert.equal(relayedCandidate(HOST), null);
  assert.equal(relayedCandidate(REFLEXIVE), null);
  assert.equal(relayedCandidate(RELAY), BLANK);
});

test('a description keeps nothing but the relay', () => {
  const head = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nm=audio 50000 UDP/TLS/RTP/SAVPF 111\r\n';
  const sdp = `${head}c=IN IP4 192.168.1.7\r\na=${HOST}\r\na=${REFLEXIVE}\r\na=${RELAY}\r\na=mid:0\r\n`;
  assert.equal(relayedOnly(sdp), `${head}c=IN IP4 0.0.0.0\r\na=${BLANK}\r\na=mid:0\r\n`);
});
