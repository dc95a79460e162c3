/** The log: chains of entries in which nothing can be changed, left out, moved or cut off unseen. kith/core/trust/log.py, in the browser. */

import { equal, fromBase64, fromUtf8, toBase64, utf8 } from '../core/bytes.js';
import { statement, u64 } from '../core/statements.js';
import { bytesOf, KEY_LENGTH, sha256, SIGNATURE_LENGTH, verify } from './keys.js';
import { countOf } from './links.js';
import { require, Untrusted } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {LogLine} from '../protocol.js' */
/** @import {Sign} from './keys.js' */

/**
 * @typedef {object} Entry
 * @property {string} owner  a person or a household
 * @property {number} number  from 0
 * @property {Bytes} previous  the hash of the entry before
 * @property {number} time  Unix seconds
 * @property {Bytes} payload_hash
 * @property {Bytes} writer
 * @property {Bytes} signature
 */

/** How far a chain goes. @typedef {{number: number, hash: Bytes, time: number}} Head */

/**
 * What an entry says; kith.core.trust.log.Payload tells what the parts are.
 * @typedef {object} Said
 * @property {string} what
 * @property {string} [outcome]
 * @property {string} [call]
 * @property {string} [person]
 * @property {string} [name]
 * @property {string} [device]
 * @property {string} [at]
 * @property {string} [reason]
 * @property {number} [length]  seconds
 * @property {string} [chain]  base64
 * @property {number[]} [numbers]
 */

const NONE = new Uint8Array(KEY_LENGTH);
const OWNER = /^[ph]_[0-9a-z]{20}$/u;

/** An entry as JSON carries it. Throws Untrusted. @param {LogLine['entry']} wire @returns {Entry} */
export function entryOf(wire) {
  require(OWNER.test(wire.owner), 'malformed');
  return {
    owner: wire.owner,
    number: countOf(wire.number),
    previous: bytesOf(wire.previous, KEY_LENGTH),
    time: countOf(wire.time),
    payload_hash: bytesOf(wire.payload_hash, KEY_LENGTH),
    writer: bytesOf(wire.writer, KEY_LENGTH),
    signature: bytesOf(wire.signature, SIGNATURE_LENGTH),
  };
}

/** @param {Entry} entry @param {Bytes} payload @returns {LogLine} */
export function lineOf(entry, payload) {
  const { previous, payload_hash, writer, signature, ...rest } = entry;
  const bytes = { previous: toBase64(previous), payload_hash: toBase64(payload_hash), writer: toBase64(writer), signature: toBase64(signature) };
  return { entry: { ...rest, ...bytes }, payload: toBase64(payload) };
}

/** The signed bytes. @param {Omit<Entry, 'signature'>} entry */
export function entryBytes({ owner, number, previous, time, payload_hash, writer }) {
  return statement('kith/1 log', owner, u64(number), previous, u64(time), payload_hash, writer);
}

/** @param {Entry} entry @returns {Promise<Head>} */
export async function headOf(entry) {
  return { number: entry.number, hash: await sha256(entryBytes(entry)), time: entry.time };
}

/** With random bytes first: what was taken away cannot be found again by trying. @param {Said} said @returns {Bytes} */
export function payloadOf(said) {
  const salt = toBase64(crypto.getRandomValues(new Uint8Array(16)));
  return utf8(JSON.stringify({ salt, ...said }));
}

/** Throws Untrusted for what is none. @param {Bytes} payload @returns {Said} */
export function readPayload(payload) {
  try {
    const said = JSON.parse(fromUtf8(payload));
    require(typeof said === 'object' && said !== null && typeof said.what === 'string', 'malformed');
    return said;
  } catch {
    throw new Untrusted('malformed');
  }
}

/**
 * The next entry of a chain that goes up to `head`.
 * @param {Head | null} head @param {Bytes} payload @param {{owner: string, time: number, writer: Bytes, sign: Sign}} what
 * @returns {Promise<Entry>}
 */
export async function follow(head, payload, { owner, time, writer, sign }) {
  const unsigned = {
    owner,
    number: head === null ? 0 : head.number + 1,
    previous: head === null ? NONE : head.hash,
    time: head === null ? time : Math.max(time, head.time),
    payload_hash: await sha256(payload),
    writer,
  };
  return { ...unsigned, signature: await sign(entryBytes(unsigned)) };
}

/** Rejects with Untrusted unless its writer signed it, and this is what it says. @param {Entry} entry @param {Bytes | null} payload */
export async function requireWritten(entry, payload) {
  require(payload === null || equal(await sha256(payload), entry.payload_hash), 'broken');
  require(await verify(entry.writer, entry.signature, entryBytes(entry)), 'bad_signature');
}

/** The head with this entry. Rejects with Untrusted unless it is the next one. @param {Head | null} head @param {Entry} entry @param {Bytes | null} payload */
export async function after(head, entry, payload) {
  require(entry.number === (head === null ? 0 : head.number + 1), 'out_of_order');
  require(equal(entry.previous, head === null ? NONE : head.hash), 'broken');
  require(head === null || entry.time >= head.time, 'time_reversed');
  await requireWritten(entry, payload);
  return headOf(entry);
}

/** @param {string | null | undefined} text @returns {Bytes | null} */
export function payloadBytes(text) {
  return text ? fromBase64(text) : null;
}
