/**
 * A QR code (ISO/IEC 18004) of a short text, drawn where the text is: an invitation's secret must not be
 * sent anywhere to become a picture. Pure. Byte mode, error correction M, versions 1 to 10 (213 bytes).
 */

import { utf8 } from './bytes.js';

/** Bytes of error correction in each block, by version. (Table 9, level M.) */
const CORRECTION = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
/** Number of blocks, by version. */
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5];
/** Bytes of the whole symbol, by version. (Table 1.) */
const TOTAL = [0, 26, 44, 70, 100, 134, 172, 196, 242, 292, 346];
/** Centres of the alignment patterns, by version. (Annex E.) */
const ALIGNMENT = [[], [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const LEVEL_M = 0;

/** @typedef {boolean[][]} Matrix  rows of modules, true is dark; without the quiet zone */

/** Rows and columns where the data may not go are those already set. @typedef {(boolean | null)[][]} Draft */

/** @param {readonly number[]} table @param {number} index */
const at = (table, index) => table[index] ?? 0;

/**
 * @param {string} text @param {number} [mask] 0 to 7; the best one if absent
 * @returns {Matrix}
 * Throws RangeError if the text is longer than 213 bytes.
 */
export function qrCode(text, mask) {
  const bytes = utf8(text);
  const version = smallest(bytes.length);
  const codewords = interleave(dataCodewords(bytes, version), version);
  const masks = mask === undefined ? [0, 1, 2, 3, 4, 5, 6, 7] : [mask];
  const candidates = masks.map((candidate) => draw(version, codewords, candidate));
  const scores = candidates.map(penalty);
  return /** @type {Matrix} */ (candidates[scores.indexOf(Math.min(...scores))]);
}

/** @param {number} version bytes of data that fit, with mode and length @returns {number} */
function capacity(version) {
  return at(TOTAL, version) - at(CORRECTION, version) * at(BLOCKS, version);
}

/** @param {number} version */
const lengthBits = (version) => (version < 10 ? 8 : 16);

/** @param {number} length */
function smallest(length) {
  for (let version = 1; version <= 10; version += 1) {
    if (4 + lengthBits(version) + 8 * length <= 8 * capacity(version)) return version;
  }
  throw new RangeError('too long for this QR code');
}

/** Mode, length, data, terminator, padding. @param {Uint8Array} bytes @param {number} version */
function dataCodewords(bytes, version) {
  const room = 8 * capacity(version);
  const bits = [...binary(4, 4), ...binary(bytes.length, lengthBits(version))];
  for (const byte of bytes) bits.push(...binary(byte, 8));
  bits.push(...binary(0, Math.min(4, room - bits.length)));
  bits.push(...binary(0, -bits.length & 7));
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) bits.push(...binary(pad, 8));
  return Array.from({ length: room / 8 }, (_, index) => parseInt(bits.slice(8 * index, 8 * index + 8).join(''), 2));
}

/** @param {number} value @param {number} width */
function binary(value, width) {
  return Array.from({ length: width }, (_, index) => (value >> (width - 1 - index)) & 1);
}

/** Split into blocks, add correction to each, then a byte of each in turn. @param {number[]} data @param {number} version */
function interleave(data, version) {
  const count = at(BLOCKS, version);
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const blocks = [];
  for (let index = 0, from = 0; index < count; index += 1) {
    const length = short + (index >= count - longer ? 1 : 0);
    blocks.push(data.slice(from, from + length));
    from += length;
  }
  const correction = blocks.map((block) => remainder(block, at(CORRECTION, version)));
  return [...inTurn(blocks), ...inTurn(correction)];
}

/** @param {number[][]} blocks */
function inTurn(blocks) {
  const longest = Math.max(...blocks.map((block) => block.length));
  const turns = Array.from({ length: longest }, (_, index) => blocks.flatMap((block) => block[index] ?? []));
  return turns.flat();
}

/** Product in GF(256) with the polynomial of the standard, 0x11d. @param {number} one @param {number} other */
function multiply(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((other >> bit) & 1) product ^= one;
  }
  return product;
}

/** Reed-Solomon: the remainder by (x - 1)(x - 2)(x - 4)... @param {number[]} data @param {number} degree */
function remainder(data, degree) {
  /** @type {number[]} */
  let generator = [1];
  for (let index = 0, root = 1; index < degree; index += 1, root = multiply(root, 2)) {
    const shifted = [...generator, 0];
    generator = shifted.map((value, place) => value ^ multiply(at(generator, place - 1), root));
  }
  const rest = [...data, ...Array.from({ length: degree }, () => 0)];
  for (let index = 0; index < data.length; index += 1) {
    const factor = at(rest, index);
    generator.forEach((value, place) => (rest[index + place] = at(rest, index + place) ^ multiply(value, factor)));
  }
  return rest.slice(data.length);
}

// -- drawing -----------------------------------------------------------------------------------------

/** @param {number} version @param {number[]} codewords @param {number} mask @returns {Matrix} */
function draw(version, codewords, mask) {
  const size = 17 + 4 * version;
  /** @type {Draft} */
  const modules = Array.from({ length: size }, () => Array.from({ length: size }, () => null));
  drawPatterns(modules, version);
  drawFormat(modules, mask);
  if (version >= 7) drawVersion(modules, version);
  drawData(modules, codewords, mask);
  return /** @type {Matrix} */ (modules);
}

/** @param {Draft} modules @param {number} row @param {number} column @param {boolean} dark */
function set(modules, row, column, dark) {
  const line = modules[row];
  if (line && column >= 0 && column < line.length) line[column] = dark;
}

/** @param {Draft} modules @param {number} version */
function drawPatterns(modules, version) {
  const size = modules.length;
  for (let index = 0; index < size; index += 1) {
    set(modules, 6, index, index % 2 === 0);
    set(modules, index, 6, index % 2 === 0);
  }
  for (const [row, column] of /** @type {const} */ ([[3, 3], [3, size - 4], [size - 4, 3]])) finder(modules, row, column);
  const centres = ALIGNMENT[version] ?? [];
  const last = size - 7;
  for (const row of centres) {
    for (const column of centres) {
      const corner = (row === 6 && (column === 6 || column === last)) || (row === last && column === 6);
      if (!corner) rings(modules, row, column, 2, (distance) => distance !== 1);
    }
  }
  set(modules, size - 8, 8, true); // the module that is always dark
}

/** @param {Draft} modules @param {number} row @param {number} column */
function finder(modules, row, column) {
  rings(modules, row, column, 4, (distance) => distance !== 2 && distance !== 4);
}

/** @param {Draft} modules @param {number} row @param {number} column @param {number} radius @param {(distance: number) => boolean} dark */
function rings(modules, row, column, radius, dark) {
  for (let down = -radius; down <= radius; down += 1) {
    for (let right = -radius; right <= radius; right += 1) {
      set(modules, row + down, column + right, dark(Math.max(Math.abs(down), Math.abs(right))));
    }
  }
}

/** @param {Draft} modules @param {number} mask */
function drawFormat(modules, mask) {
  const data = (LEVEL_M << 3) | mask;
  const bits = ((data << 10) | checksum(data, 10, 0x537)) ^ 0x5412;
  const size = modules.length;
  for (let index = 0; index < 15; index += 1) {
    const dark = ((bits >> index) & 1) === 1;
    // Beside the top left finder, round the corner ...
    if (index < 6) set(modules, index, 8, dark);
    else if (index < 8) set(modules, index + 1, 8, dark);
    else set(modules, 8, index === 8 ? 7 : 14 - index, dark);
    // ... and once more at the other two.
    if (index < 8) set(modules, 8, size - 1 - index, dark);
    else set(modules, size - 15 + index, 8, dark);
  }
}

/** @param {Draft} modules @param {number} version */
function drawVersion(modules, version) {
  const bits = (version << 12) | checksum(version, 12, 0x1f25);
  const size = modules.length;
  for (let index = 0; index < 18; index += 1) {
    const dark = ((bits >> index) & 1) === 1;
    const along = Math.floor(index / 3);
    const across = size - 11 + (index % 3);
    set(modules, along, across, dark);
    set(modules, across, along, dark);
  }
}

/** BCH code. @param {number} data @param {number} degree @param {number} generator */
function checksum(data, degree, generator) {
  let rest = data;
  for (let index = 0; index < degree; index += 1) rest = (rest << 1) ^ ((rest >> (degree - 1)) * generator);
  return rest;
}

/** In columns of two, from the right, up and down in turn. @param {Draft} modules @param {number[]} codewords @param {number} mask */
function drawData(modules, codewords, mask) {
  const size = modules.length;
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5; // the timing pattern has a column to itself
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const row = upward ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (modules[row]?.[column] !== null) continue;
        const dark = ((at(codewords, bit >> 3) >> (7 - (bit & 7))) & 1) === 1;
        set(modules, row, column, dark !== MASKS[mask]?.(row, column));
        bit += 1;
      }
    }
  }
}

/** The eight conditions of table 10. @type {readonly ((i: number, j: number) => boolean)[]} by row and column */
const MASKS = [
  (i, j) => (i + j) % 2 === 0,
  (i) => i % 2 === 0,
  (_, j) => j % 3 === 0,
  (i, j) => (i + j) % 3 === 0,
  (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
  (i, j) => ((i * j) % 2) + ((i * j) % 3) === 0,
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2 === 0,
];

// -- which mask is the easiest to read (7.8.3) --------------------------------------------------------

/** @param {Matrix} modules */
function penalty(modules) {
  const columns = modules.map((_, index) => modules.map((row) => row[index] === true));
  const lines = [...modules, ...columns];
  const dark = modules.flat().filter(Boolean).length / modules.length ** 2;
  const imbalance = 10 * Math.floor(Math.abs(dark * 100 - 50) / 5);
  return lines.reduce((sum, line) => sum + runs(line) + finderLike(line), 0) + squares(modules) + imbalance;
}

/** @param {boolean[]} line */
function runs(line) {
  let sum = 0;
  for (let from = 0, to = 0; from < line.length; from = to) {
    while (to < line.length && line[to] === line[from]) to += 1;
    if (to - from >= 5) sum += to - from - 2;
  }
  return sum;
}

/** @param {boolean[]} line */
function finderLike(line) {
  const text = line.map(Number).join('');
  let sum = 0;
  for (const pattern of ['00001011101', '10111010000']) {
    for (let from = text.indexOf(pattern); from >= 0; from = text.indexOf(pattern, from + 1)) sum += 40;
  }
  return sum;
}

/** @param {Matrix} modules */
function squares(modules) {
  let sum = 0;
  for (let row = 1; row < modules.length; row += 1) {
    for (let column = 1; column < modules.length; column += 1) {
      const block = [modules[row - 1]?.[column - 1], modules[row - 1]?.[column], modules[row]?.[column - 1]];
      if (block.every((dark) => dark === modules[row]?.[column])) sum += 3;
    }
  }
  return sum;
}
