/**
 * The lines of a vCard file into parts that the server takes: whole cards, without what Kith has no use for,
 * and each line with its number in the file, to say where something is wrong. Pure.
 *
 * What is left out (pictures, notes, addresses ...) never leaves the browser.
 */

import { Lines, textsOf } from './lines.js';

/** @import {Line} from './lines.js' */

/**
 * @typedef {object} Part
 * @property {string} text  whole cards
 * @property {readonly number[]} lines  the number in the file of each line of `text`
 * @property {number} cards
 */

/** @typedef {{line: number, code: string}} Trouble  a card that was not sent, and why */

/** Bytes of a part as it travels, JSON and all: one frame has room for 65,536. */
export const PART_SIZE = 48_000;

/** Properties of which nothing is used here. */
const UNUSED = new Set(
  ('PHOTO LOGO SOUND KEY NOTE ADR LABEL EMAIL URL GEO TZ BDAY ANNIVERSARY TITLE ROLE IMPP CALURI CALADRURI FBURL RELATED ' +
    'GENDER LANG CATEGORIES MAILER REV CLIENTPIDMAP X-ABDATE X-ABRELATEDNAMES X-SOCIALPROFILE').split(' '),
);

const BEGIN = /^BEGIN[ \t]*:[ \t]*VCARD[ \t]*$/i;

const PROPERTY = /^(?:[\w-]+\.)?([\w-]+)[ \t]*([^:]*):/;

/** A line of a picture as some programs write it: not indented, to the next empty line. */
const BARE = /^[A-Za-z0-9+/]+={0,2}$/;

const utf8 = new TextEncoder();

export class Cards {
  /** @type {{texts: string[], lines: number[]} | null} */ #card = null;
  /** @type {'no' | 'base64' | 'quoted'} what is left out goes on in lines that do not look so */ #skipping = 'no';
  #nested = 0;
  #embeds = false;
  /** @type {Trouble[]} */ troubles = [];
  /** @type {{texts: string[], lines: number[], cards: number, size: number}} */ #part = empty();

  /** @param {readonly Line[]} lines @returns {Part[]} those that are full */
  take(lines) {
    return lines.flatMap((line) => this.#line(line));
  }

  /** No more lines come; what was begun goes as it is. @returns {Part[]} */
  end() {
    const full = this.#close();
    return this.#part.cards > 0 ? [...full, this.#flush()] : full;
  }

  /** @param {Line} line @returns {Part[]} */
  #line(line) {
    const texts = textsOf(line);
    const [first = ''] = texts;
    const [, name = '', options = ''] = PROPERTY.exec(first) ?? [];
    const word = name.toUpperCase();
    if (BEGIN.test(first)) return this.#begin(line, texts);
    if (this.#card === null || this.#skips(first, word)) return [];
    if (UNUSED.has(word) || line.cut) {
      this.#skipping = /BASE64|ENCODING=B\b/i.test(options) ? 'base64' : quoted(options, texts) ? 'quoted' : 'no';
      return [];
    }
    this.#embeds = word === 'AGENT';
    this.#keep(line, texts);
    return word === 'END' ? this.#ended() : [];
  }

  /** @param {string} text @param {string} word the property's name, if it has one */
  #skips(text, word) {
    if (this.#skipping === 'quoted') {
      this.#skipping = text.endsWith('=') ? 'quoted' : 'no';
      return true;
    }
    if (this.#skipping === 'base64' && word === '' && (text.trim() === '' || BARE.test(text.trim()))) return true;
    this.#skipping = 'no';
    return text.trim() === '';
  }

  /** A card within a card is its agent's (vCard 2.1); any other means that the one before has no end. @param {Line} line @param {string[]} texts @returns {Part[]} */
  #begin(line, texts) {
    this.#skipping = 'no';
    const inner = this.#card !== null && this.#embeds;
    const full = inner ? [] : this.#close();
    this.#nested = inner ? this.#nested + 1 : 0;
    this.#card ??= { texts: [], lines: [] };
    this.#embeds = false;
    this.#keep(line, texts);
    return full;
  }

  /** @returns {Part[]} */
  #ended() {
    if (this.#nested === 0) return this.#close();
    this.#nested -= 1;
    return [];
  }

  /** @param {Line} line @param {string[]} texts */
  #keep({ number }, texts) {
    this.#card?.texts.push(...texts);
    this.#card?.lines.push(...texts.map((_, index) => number + index));
  }

  /** @returns {Part[]} */
  #close() {
    const card = this.#card;
    this.#card = null;
    if (card === null) return [];
    const size = sizeOf(card.texts);
    if (size > PART_SIZE) {
      this.troubles.push({ line: card.lines[0] ?? 0, code: 'too_large' });
      return [];
    }
    const full = this.#part.size + size > PART_SIZE ? [this.#flush()] : [];
    this.#part.texts.push(...card.texts);
    this.#part.lines.push(...card.lines);
    this.#part.cards += 1;
    this.#part.size += size;
    return full;
  }

  /** @returns {Part} */
  #flush() {
    const { texts, lines, cards } = this.#part;
    this.#part = empty();
    return { text: `${texts.join('\r\n')}\r\n`, lines, cards };
  }
}

/**
 * The parts of a file, one after another; of the bytes read so far it tells before each.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes
 * @param {Cards} cards
 * @param {(bytes: number) => void} read
 * @returns {AsyncGenerator<Part>}
 */
export async function* partsOf(bytes, cards, read) {
  const lines = new Lines();
  let count = 0;
  for await (const chunk of inUtf8(bytes, (length) => (count += length))) {
    read(count);
    yield* cards.take(lines.push(chunk));
  }
  yield* cards.take(lines.end());
  yield* cards.end();
  read(count);
}

/**
 * Some programs write two bytes for each letter, and say so in the first two.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes @param {(length: number) => void} read
 * @returns {AsyncGenerator<Uint8Array>}
 */
async function* inUtf8(bytes, read) {
  const reader = bytes.getReader();
  /** @type {TextDecoder | null} */
  let wide = null;
  let first = true;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const chunk = next.value;
    read(chunk.length);
    if (first) wide = wideDecoder(chunk);
    yield wide ? utf8.encode(wide.decode(chunk, { stream: true })) : first ? withoutMark(chunk) : chunk;
    first = false;
  }
}

/** @param {Uint8Array} bytes */
function wideDecoder([one, two]) {
  if (one === 0xff && two === 0xfe) return new TextDecoder('utf-16le');
  return one === 0xfe && two === 0xff ? new TextDecoder('utf-16be') : null;
}

/** @param {Uint8Array} bytes */
function withoutMark(bytes) {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** @param {string} options @param {readonly string[]} texts */
function quoted(options, texts) {
  return /QUOTED-PRINTABLE/i.test(options) && texts.at(-1)?.endsWith('=') === true;
}

/** @param {readonly string[]} texts */
function sizeOf(texts) {
  return utf8.encode(JSON.stringify(texts.join('\r\n'))).length + 2;
}

/** @returns {{texts: string[], lines: number[], cards: number, size: number}} */
function empty() {
  return { texts: [], lines: [], cards: 0, size: 0 };
}
