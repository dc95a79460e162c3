import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cards, PART_SIZE, partsOf } from '../../../web/contacts/cards.js';

const CARD = 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nTEL:+12025550100\r\nEND:VCARD\r\n';

/** The parts of a file that arrives in pieces of `size` bytes. */
async function read(file, size = 65_536) {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  const cards = new Cards();
  const seen = [];
  const stream = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const parts = [];
  for await (const part of partsOf(stream, cards, (count) => seen.push(count))) parts.push(part);
  assert.equal(seen.at(-1), bytes.length);
  return { parts, troubles: cards.troubles };
}

const textOf = ({ parts }) => parts.map(({ text }) => text).join('');
const bytes = (...pieces) => Uint8Array.from(pieces.flatMap((piece) => (typeof piece === 'string' ? [...new TextEncoder().encode(piece)] : piece)));

test('cards go as they are, however the file arrives', async () => {
  for (const size of [1, 7, 65_536]) {
    const { parts, troubles } = await read(CARD + CARD, size);
    assert.deepEqual(parts, [{ text: CARD + CARD, lines: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], cards: 2 }]);
    assert.deepEqual(troubles, []);
  }
});

test('pictures and what nobody needs stay here, and lines keep their numbers', async () => {
  const file = [
    'BEGIN:VCARD', 'VERSION:3.0', 'item1.PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSk', ' ZJRgABAQ', '  AAAQABAA', 'FN:Ana',
    'item2.TEL:+12025550100', 'item2.X-ABLabel:Boat', 'EMAIL:ana@example.org', 'note:Gate code 4711', ' and more', 'END:VCARD', '',
  ].join('\r\n');
  const [part] = (await read(file)).parts;
  assert.equal(part.text, 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nitem2.TEL:+12025550100\r\nitem2.X-ABLabel:Boat\r\nEND:VCARD\r\n');
  assert.deepEqual(part.lines, [1, 2, 6, 7, 8, 12]);
});

test('a picture whose lines are not indented ends with the empty line', async () => {
  const file = 'BEGIN:VCARD\nVERSION:2.1\nPHOTO;JPEG;ENCODING=BASE64:\n/9j/4AAQ\nSkZJRg==\n\nTEL;CELL:0612\nEND:VCARD\n';
  const [part] = (await read(file)).parts;
  assert.equal(part.text, 'BEGIN:VCARD\r\nVERSION:2.1\r\nTEL;CELL:0612\r\nEND:VCARD\r\n');
  assert.deepEqual(part.lines, [1, 2, 7, 8]);
});

test('what is quoted over several lines goes, or stays, as a whole', async () => {
  const file = [
    'BEGIN:VCARD', 'VERSION:2.1', 'NOTE;ENCODING=QUOTED-PRINTABLE:Gate=', 'code=', '4711', 'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9=', ' N', 'END:VCARD', '',
  ].join('\n');
  const [part] = (await read(file)).parts;
  assert.equal(part.text, 'BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9=\r\n N\r\nEND:VCARD\r\n');
  assert.deepEqual(part.lines, [1, 2, 6, 7, 8]);
});

test('letters are read in UTF-8, in UTF-8 that was folded in the middle of one, in Windows-1252 and in UTF-16', async () => {
  const named = async (file) => /FN:([^\r]*(?:\r\n [^\r]*)?)/.exec(textOf(await read(file)))?.[1];
  const around = (...middle) => bytes('BEGIN:VCARD\n', 'FN:', ...middle, '\nEND:VCARD\n');
  assert.equal(await named(around('José')), 'José');
  assert.equal(await named(around('Jos', [0xc3], '\r\n ', [0xa9], ' Ruiz')), 'José Ruiz');
  assert.equal(await named(around('Jos', [0xe9])), 'José');
  const cyrillic = bytes('BEGIN:VCARD\nFN;CHARSET=windows-1251:', [0xdf, 0xed, 0xe0], '\nEND:VCARD\n');
  assert.match(textOf(await read(cyrillic)), /FN;CHARSET=windows-1251:Яна\r/);
  assert.equal(await named(bytes([0xef, 0xbb, 0xbf], 'BEGIN:VCARD\nFN:José\nEND:VCARD\n')), 'José');
  const wide = Buffer.from('\ufeffBEGIN:VCARD\nFN:José\nEND:VCARD\n', 'utf16le');
  assert.equal(await named(new Uint8Array(wide)), 'José');
  const swapped = new Uint8Array(Buffer.from(wide).swap16());
  assert.equal(await named(swapped), 'José');
});

test('one line in another alphabet does not spoil the next', async () => {
  const file = bytes('BEGIN:VCARD\nFN:Jos', [0xe9], '\nEND:VCARD\nBEGIN:VCARD\nFN:Zoë\nEND:VCARD\n');
  const text = textOf(await read(file));
  assert.match(text, /FN:José\r/);
  assert.match(text, /FN:Zoë\r/);
});

test('parts are whole cards, and each fits into a frame', async () => {
  const count = 3_000;
  const file = Array.from({ length: count }, (_, index) => CARD.replace('Ana', `"${index}" ñandú`)).join('');
  const { parts } = await read(file);
  assert.ok(parts.length > 1);
  assert.equal(parts.reduce((sum, { cards }) => sum + cards, 0), count);
  assert.equal(textOf({ parts }), file);
  for (const { text, lines } of parts) {
    assert.ok(text.startsWith('BEGIN:VCARD') && text.endsWith('END:VCARD\r\n'));
    assert.ok(Buffer.byteLength(JSON.stringify(text)) <= PART_SIZE + 2);
    assert.equal(lines.length, text.split('\r\n').length - 1);
  }
  assert.deepEqual(parts.flatMap(({ lines }) => lines), Array.from({ length: 5 * count }, (_, index) => index + 1));
});

test('a card that is too long is named, and the others go', async () => {
  const long = CARD.replace('FN:Ana\r\n', `FN:Ana\r\n${'TEL:+12025550100\r\n'.repeat(4_000)}`);
  const { parts, troubles } = await read(CARD + long + CARD);
  assert.deepEqual(troubles, [{ line: 6, code: 'too_large' }]);
  assert.equal(parts[0].cards, 2);
});

test('a line without an end takes no memory, and its card goes without it', async () => {
  const file = `BEGIN:VCARD\nFN:Ana\nX-HUGE:${'x'.repeat(5_000_000)}\nEND:VCARD\n`;
  assert.equal(textOf(await read(file)), 'BEGIN:VCARD\r\nFN:Ana\r\nEND:VCARD\r\n');
});

test('a card without an end does not take the next one with it', async () => {
  const { parts } = await read(`BEGIN:VCARD\r\nFN:Broken\r\n${CARD}BEGIN:VCARD\r\nFN:Last`);
  assert.equal(parts[0].cards, 3);
  assert.equal(parts[0].text, `BEGIN:VCARD\r\nFN:Broken\r\n${CARD}BEGIN:VCARD\r\nFN:Last\r\n`);
});

test("a card within a card is its agent's", async () => {
  const file = 'BEGIN:VCARD\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:Agent\r\nEND:VCARD\r\nFN:Ana\r\nEND:VCARD\r\n';
  const { parts } = await read(file);
  assert.deepEqual(parts, [{ text: file, lines: [1, 2, 3, 4, 5, 6, 7], cards: 1 }]);
});

test('a file without cards gives none', async () => {
  for (const file of ['', 'Name,Phone\nAna,123\n', '\n\n', new Uint8Array([0, 1, 2, 255, 254])]) {
    assert.deepEqual(await read(file), { parts: [], troubles: [] });
  }
});
