/**
 * What travels inside a `signal`: one session description or one candidate, as JSON bytes that the
 * server does not read. The only place that makes and reads it.
 */

import { fromBase64, fromUtf8, toBase64, utf8 } from '../core/bytes.js';

const VERSION = 1;

/**
 * @typedef {{kind: 'description', type: 'offer' | 'answer', sdp: string}
 *   | {kind: 'candidate', candidate: RTCIceCandidateInit | null}} Body  a null candidate: there are no more
 */

/** @param {Body} body @returns {string} base64 */
export function writeBody(body) {
  return toBase64(utf8(JSON.stringify({ v: VERSION, ...body })));
}

/** @param {string} text base64 @returns {Body | null} null for what this version does not know */
export function readBody(text) {
  try {
    const body = JSON.parse(fromUtf8(fromBase64(text)));
    return body?.v === VERSION && known(body) ? body : null;
  } catch {
    return null;
  }
}

/** @param {any} body */
function known(body) {
  if (body.kind === 'candidate') return body.candidate === null || typeof body.candidate?.candidate === 'string';
  return body.kind === 'description' && ['offer', 'answer'].includes(body.type) && typeof body.sdp === 'string';
}
