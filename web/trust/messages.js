/** What travels inside the seal between the two endpoints of a call: JSON, its bytes as base64. Pure. */

import { fromBase64, fromUtf8, toBase64, utf8 } from '../core/bytes.js';

/** @import {Bytes} from '../core/bytes.js' */

const VERSION = 2;
const NONCE_LENGTH = 32;
const SIGNATURE_LENGTH = 64;

/** @typedef {{kind: 'description', type: 'offer', sdp: string, nonce: Bytes}} Offer */
/** Signed by the callee, who knows everything by then. @typedef {{kind: 'description', type: 'answer', sdp: string, nonce: Bytes, signature: Bytes}} Answer */
/** Signed by the caller, who has verified the answer. @typedef {{kind: 'confirm', signature: Bytes}} Confirm */
/** Null: there are no more. @typedef {{kind: 'candidate', candidate: RTCIceCandidateInit | null}} Candidate */
/** @typedef {Offer | Answer | Confirm | Candidate} Message */

/** @param {Message} message @returns {Bytes} */
export function writeMessage(message) {
  const text = (/** @type {string} */ _, /** @type {unknown} */ value) => (value instanceof Uint8Array ? toBase64(value) : value);
  return utf8(JSON.stringify({ v: VERSION, ...message }, text));
}

/** @param {Bytes} bytes @returns {Message | null} null for what this version does not know */
export function readMessage(bytes) {
  try {
    const wire = JSON.parse(fromUtf8(bytes));
    return wire?.v === VERSION ? message(wire) : null;
  } catch {
    return null;
  }
}

/** @param {any} wire @returns {Message | null} Throws where it is not what it says. */
function message({ kind, type, sdp, nonce, signature, candidate }) {
  if (kind === 'candidate') {
    const good = candidate === null || typeof candidate?.candidate === 'string';
    return good ? { kind, candidate } : null;
  }
  if (kind === 'confirm') return { kind, signature: bytesOf(signature, SIGNATURE_LENGTH) };
  if (kind !== 'description' || typeof sdp !== 'string') return null;
  const described = { kind, sdp, nonce: bytesOf(nonce, NONCE_LENGTH) };
  if (type === 'offer') return { ...described, type };
  return type === 'answer' ? { ...described, type, signature: bytesOf(signature, SIGNATURE_LENGTH) } : null;
}

/** @param {string} text @param {number} length */
function bytesOf(text, length) {
  const bytes = fromBase64(text);
  if (bytes.length !== length) throw new RangeError('another length was wanted');
  return bytes;
}
