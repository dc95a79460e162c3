/**
 * Opus in Ogg (RFC 3533, RFC 7845), one mono stream. Pure.
 *
 *     stream = page OpusHead, page OpusTags, page of packets ...
 *     page   = "OggS" | version | flags | granule (8) | serial (4) | number (4) | CRC (4) | n | n lacing values | body
 *
 * Everything is little-endian. The granule of a page counts the samples, at 48 kHz, up to its last whole packet.
 */

import { concat, utf8 } from '../core/bytes.js';

/** @import {Bytes} from '../core/bytes.js' */

/** Opus counts in this rate whatever it was recorded at. (RFC 7845, section 4.) */
export const RATE = 48_000;

/** Samples that an encoder runs behind: what libopus says of itself at 48 kHz, to be left out when it is played. */
const PRE_SKIP = 312;

const HEADER = 27;
const LACED = 255; // a value of this says that the packet goes on
const MOST_LACED = 255;
const FIRST = 2;
const LAST = 4;
const CONTINUED = 1;

/** A second of sound: what is lost of a recording when the page dies, against 30 bytes for each page. */
const PAGE_SAMPLES = RATE;

const POLYNOMIAL = 0x04c11db7;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) rest = (rest << 1) ^ (rest < 0 ? POLYNOMIAL : 0);
  return rest >>> 0;
});

/** RFC 3533, section 6, field 7: not reflected, from 0, over the page with zeros in the field's place. @param {Uint8Array} page */
export function checksum(page) {
  let rest = 0;
  for (const byte of page) rest = ((rest << 8) ^ (TABLE[(rest >>> 24) ^ byte] ?? 0)) >>> 0;
  return rest;
}

/** How much sound a packet holds. @param {Uint8Array} packet @returns {number} samples at 48 kHz; 0 for what is no packet (RFC 6716, section 3.1) */
export function samplesOf(packet) {
  const [toc = 0, count = 0] = packet;
  if (packet.length === 0) return 0;
  const config = toc >> 3;
  const frame = config >= 16 ? 120 << (config & 3) : config >= 12 ? 480 << (config & 1) : [480, 960, 1920, 2880][config & 3];
  const frames = [1, 2, 2, count & 63][toc & 3];
  return (frame ?? 0) * (frames ?? 0);
}

export class OggWriter {
  #serial;
  #number = 0;
  #granule = 0;
  /** What waits for its page. @type {Bytes[]} */ #packets = [];
  /** @type {number[]} */ #lacing = [];
  #waiting = 0;

  /** @param {number} serial names the stream; any 32 bits */
  constructor(serial) {
    this.#serial = serial;
  }

  /** Both headers. @param {number} rate Hz, of what was recorded: it is only told @returns {Bytes} */
  begin(rate) {
    const head = new Uint8Array(19);
    head.set(utf8('OpusHead'));
    const fields = new DataView(head.buffer);
    fields.setUint8(8, 1); // version
    fields.setUint8(9, 1); // channels
    fields.setUint16(10, PRE_SKIP, true);
    fields.setUint32(12, rate, true);
    const vendor = utf8('kith');
    const length = new Uint8Array(8);
    new DataView(length.buffer).setUint32(0, vendor.length, true);
    const tags = concat(utf8('OpusTags'), length.slice(0, 4), vendor, length.slice(4)); // and no comments
    return concat(this.#page([head], [head.length], FIRST), this.#page([tags], [tags.length], 0));
  }

  /** @param {Bytes} packet @returns {Bytes | null} a page, when one is full */
  add(packet) {
    const laced = Math.floor(packet.length / LACED) + 1;
    const full = this.#lacing.length + laced > MOST_LACED ? this.#flush(0) : null;
    this.#packets.push(packet);
    for (let left = packet.length; left >= 0; left -= LACED) this.#lacing.push(Math.min(left, LACED));
    this.#waiting += samplesOf(packet);
    this.#granule += samplesOf(packet);
    return full ?? (this.#waiting >= PAGE_SAMPLES ? this.#flush(0) : null);
  }

  /** The last page. @returns {Bytes} */
  end() {
    return this.#flush(LAST);
  }

  /** @param {number} flags */
  #flush(flags) {
    const page = this.#page(this.#packets, this.#lacing, flags);
    this.#packets = [];
    this.#lacing = [];
    this.#waiting = 0;
    return page;
  }

  /** @param {readonly Bytes[]} packets @param {readonly number[]} lacing @param {number} flags */
  #page(packets, lacing, flags) {
    const page = concat(new Uint8Array(HEADER), Uint8Array.from(lacing), ...packets);
    page.set(utf8('OggS'));
    const fields = new DataView(page.buffer);
    fields.setUint8(5, flags);
    fields.setBigUint64(6, BigInt(this.#granule), true);
    fields.setUint32(14, this.#serial, true);
    fields.setUint32(18, this.#number, true);
    fields.setUint8(26, lacing.length);
    fields.setUint32(22, checksum(page), true);
    this.#number += 1;
    return page;
  }
}

/** Takes a stream apart as it comes, whoever wrote it and wherever it was cut. */
export class OggReader {
  /** @type {Bytes} */ #rest = new Uint8Array(0);
  /** A packet that goes on in the next page. @type {Bytes[]} */ #begun = [];
  #headers = 0;
  /** Samples at 48 kHz that are not to be heard. */ preSkip = 0;

  /** @param {Bytes} bytes that follow @returns {Bytes[]} the Opus packets that are whole now. Throws RangeError where it is no such stream. */
  push(bytes) {
    this.#rest = concat(this.#rest, bytes);
    /** @type {Bytes[]} */ const found = [];
    for (let length = this.#whole(); length > 0; length = this.#whole()) {
      found.push(...this.#packets(this.#rest.slice(0, length)));
      this.#rest = this.#rest.slice(length);
    }
    return found;
  }

  /** The length of the page that it begins with; 0 while that is not all there. */
  #whole() {
    const { length } = this.#rest;
    if (length >= 4 && String.fromCharCode(...this.#rest.slice(0, 4)) !== 'OggS') throw new RangeError('not a page of Ogg');
    const laced = this.#rest[26];
    if (laced === undefined || length < HEADER + laced) return 0;
    const whole = this.#rest.slice(HEADER, HEADER + laced).reduce((sum, one) => sum + one, HEADER + laced);
    return length < whole ? 0 : whole;
  }

  /** @param {Bytes} page @returns {Bytes[]} */
  #packets(page) {
    const laced = page[26] ?? 0;
    if (((page[5] ?? 0) & CONTINUED) === 0) this.#begun = [];
    /** @type {Bytes[]} */ const found = [];
    let at = HEADER + laced;
    for (const length of page.slice(HEADER, HEADER + laced)) {
      this.#begun.push(page.slice(at, at + length));
      at += length;
      if (length === LACED) continue;
      const packet = concat(...this.#begun);
      this.#begun = [];
      if (this.#headers < 2) this.#header(packet);
      else if (packet.length > 0) found.push(packet);
    }
    return found;
  }

  /** @param {Bytes} packet */
  #header(packet) {
    const wanted = ['OpusHead', 'OpusTags'][this.#headers] ?? '';
    if (String.fromCharCode(...packet.slice(0, 8)) !== wanted) throw new RangeError('not Opus in Ogg');
    if (this.#headers === 0) {
      if (packet.length < 19 || packet[9] !== 1) throw new RangeError('not one channel');
      this.preSkip = new DataView(packet.buffer).getUint16(10, true);
    }
    this.#headers += 1;
  }
}
