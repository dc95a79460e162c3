/**
 * A vCard file, byte by byte, into lines. Pure.
 *
 * Pictures make such files large, so that no more of a line is kept than anybody will read. A line that goes
 * on in the next ones (RFC 6350, section 3.2: they begin with a blank) is one here, with all its bytes; it may
 * have been folded in the middle of a letter, and is in UTF-8 or, as older programs write, in what it names itself, or
 * in Windows-1252.
 */

/** More than any name or number, less than a picture. */
const KEPT = 16_384;

const [TAB, NEWLINE, RETURN, BLANK] = [9, 10, 13, 32];

const strict = new TextDecoder('utf-8', { fatal: true });
const western = new TextDecoder('windows-1252');

/**
 * A line and those in which it goes on.
 * @typedef {object} Line
 * @property {number} number  of its first, counted from 1
 * @property {Uint8Array[]} parts  as they stand in the file, without their ends
 * @property {boolean} cut  it was longer than anybody will read
 */

export class Lines {
  #number = 0;
  /** @type {Line | null} */ #line = null;
  /** @type {Uint8Array[]} the beginning of a line whose end has not come */ #open = [];
  #length = 0;

  /** @param {Uint8Array} bytes @returns {Line[]} those that are known to be complete */
  push(bytes) {
    /** @type {Line[]} */
    const done = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      this.#add(bytes.subarray(from, at));
      this.#end(done);
      from = at + 1;
    }
    this.#add(bytes.subarray(from));
    return done;
  }

  /** No more bytes come. @returns {Line[]} */
  end() {
    /** @type {Line[]} */
    const done = [];
    if (this.#length > 0) this.#end(done);
    if (this.#line) done.push(this.#line);
    this.#line = null;
    return done;
  }

  /** @param {Uint8Array} bytes */
  #add(bytes) {
    if (bytes.length > 0 && this.#length < KEPT) this.#open.push(bytes.slice(0, KEPT - this.#length));
    this.#length += bytes.length;
  }

  /** @param {Line[]} done */
  #end(done) {
    const bytes = withoutReturn(joined(this.#open));
    const cut = this.#length > KEPT;
    this.#number += 1;
    this.#open = [];
    this.#length = 0;
    if (this.#line !== null && (bytes[0] === BLANK || bytes[0] === TAB)) {
      goOn(this.#line, bytes, cut);
      return;
    }
    if (this.#line) done.push(this.#line);
    this.#line = { number: this.#number, parts: [bytes], cut };
  }
}

/** @param {Line} line @param {Uint8Array} bytes @param {boolean} cut */
function goOn(line, bytes, cut) {
  line.cut ||= cut || line.parts.reduce((sum, { length }) => sum + length, bytes.length) > KEPT;
  if (!line.cut) line.parts.push(bytes);
}

/** What a line is read as: one text for each of its parts, or a single one where they make sense only together. @param {Line} line @returns {string[]} */
export function textsOf({ parts }) {
  const [first = new Uint8Array(), ...rest] = parts;
  const apart = tried(parts);
  const whole = apart ?? tried([joined([first, ...rest.map((part) => part.subarray(1))])]);
  if (whole) return whole;
  const decoder = named(first) ?? western;
  return parts.map((part) => decoder.decode(part));
}

/** The alphabet that a line of vCard 2.1 says it is in. @param {Uint8Array} bytes @returns {TextDecoder | null} */
function named(bytes) {
  const [, name] = /^[^:]*;CHARSET="?([^";:,]+)/i.exec(western.decode(bytes)) ?? [];
  try {
    return name ? new TextDecoder(name) : null;
  } catch {
    return null;
  }
}

/** @param {readonly Uint8Array[]} parts @returns {string[] | null} null where it is not UTF-8 */
function tried(parts) {
  try {
    return parts.map((part) => strict.decode(part));
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes */
function withoutReturn(bytes) {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
}

/** @param {readonly Uint8Array[]} parts */
function joined(parts) {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
