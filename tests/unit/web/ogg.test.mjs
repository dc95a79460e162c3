import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checksum, OggReader, OggWriter, RATE, samplesOf } from '../../../web/messages/ogg.js';

/** A packet of 20 ms (config 11: hybrid, fullband; one frame) whose content shows where it stands. */
const packet = (number, length = 60) => Uint8Array.of(0x78, ...Array.from({ length: length - 1 }, (_, at) => (number + at) & 255));

function written(packets) {
  const writer = new OggWriter(7);
  const parts = [writer.begin(RATE)];
  for (const one of packets) {
    const page = writer.add(one);
    if (page) parts.push(page);
  }
  return [...parts, writer.end()];
}

const whole = (parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The pages of a stream, as RFC 3533 says, by a reader of the test's own. */
function* pagesOf(stream) {
  for (let at = 0; at < stream.length; ) {
    const laced = stream[at + 26];
    const body = stream.slice(at + 27, at + 27 + laced).reduce((sum, one) => sum + one, 0);
    const page = stream.slice(at, at + 27 + laced + body);
    const fields = new DataView(page.buffer);
    yield { page, flags: page[5], granule: fields.getBigUint64(6, true), serial: fields.getUint32(14, true), number: fields.getUint32(18, true), crc: fields.getUint32(22, true) };
    at += page.length;
  }
}

test('what is written is read again, wherever it is cut', () => {
  const packets = Array.from({ length: 173 }, (_, number) => packet(number, 1 + ((number * 37) % 700)));
  const stream = whole(written(packets));
  for (const step of [13, 255, 4_096, stream.length]) {
    const reader = new OggReader();
    const read = [];
    for (let at = 0; at < stream.length; at += step) read.push(...reader.push(stream.slice(at, at + step)));
    assert.deepEqual(read, packets);
    assert.equal(reader.preSkip, 312);
  }
});

test('pages are numbered, checked, and count samples', () => {
  const pages = [...pagesOf(whole(written(Array.from({ length: 120 }, (_, number) => packet(number)))))];
  assert.deepEqual(pages.map(({ number }) => number), pages.map((_, at) => at));
  assert.deepEqual(pages.map(({ granule }) => granule), [0n, 0n, 48_000n, 96_000n, 115_200n]);
  assert.deepEqual(pages.map(({ flags }) => flags), [2, 0, 0, 0, 4]);
  for (const { page, crc, serial } of pages) {
    const bare = page.slice();
    bare.fill(0, 22, 26);
    assert.equal(checksum(bare), crc);
    assert.equal(serial, 7);
  }
});

test('packets that would not fit in a page begin the next', () => {
  const packets = Array.from({ length: 40 }, (_, number) => packet(number, 2_000));
  const stream = whole(written(packets));
  assert.deepEqual(new OggReader().push(stream), packets);
});

test('the checksum is that of the standard', () => {
  assert.equal(checksum(new TextEncoder().encode('123456789')), 0x89a1897f); // CRC-32/CKSUM without its length and inversion
});

test('a packet tells how long it is', () => {
  const samples = (toc, ...rest) => samplesOf(Uint8Array.of(toc, ...rest));
  assert.equal(samples(0x78), 960); // hybrid, 20 ms
  assert.equal(samples(0x00), 480); // SILK, 10 ms
  assert.equal(samples(0x18), 2_880); // SILK, 60 ms
  assert.equal(samples(0x60), 480); // hybrid, 10 ms
  assert.equal(samples(0x80), 120); // CELT, 2.5 ms
  assert.equal(samples(0xf8), 960); // CELT, 20 ms
  assert.equal(samples(0xf9), 1_920); // two of them
  assert.equal(samples(0xfb, 3), 2_880); // three
  assert.equal(samplesOf(new Uint8Array(0)), 0);
});

test('what is no Opus in Ogg is refused', () => {
  const refused = (bytes) => assert.throws(() => new OggReader().push(bytes), RangeError);
  refused(new TextEncoder().encode('RIFF....WAVE'));
  const stream = whole(written([packet(0)]));
  const stereo = stream.slice();
  stereo[28 + 9] = 2;
  refused(stereo);
  const other = stream.slice();
  other[28] = 0x6f;
  refused(other);
});
