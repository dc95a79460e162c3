/**
 * What two endpoints seal to each other in a `signal`, as JSON: descriptions, candidates, and the caller's
 * signature; in a group also what each sends, and that another epoch is wanted. docs/trust.md, section 9. The only place that makes and reads it. Pure.
 */

import { fromUtf8, utf8 } from '../core/bytes.js';
import { toBase64 } from '../core/bytes.js';
import { bytesOf, KEY_LENGTH, SIGNATURE_LENGTH } from '../trust/keys.js';
import { countOf } from '../trust/links.js';
import { Untrusted } from '../trust/untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Point} from '../trust/links.js' */

const VERSION = 2;

/** For whom the sender speaks, as its own chain or roster stands. @typedef {{root: Bytes, point: Point}} Party */

/** @typedef {{kind: 'description', type: 'offer', sdp: string, nonce: Bytes} & Party} OfferBody */
/** @typedef {{kind: 'description', type: 'answer', sdp: string, nonce: Bytes, signature: Bytes} & Party} AnswerBody */
/** @typedef {{kind: 'confirm', signature: Bytes}} ConfirmBody */
/** A null candidate: there are no more. @typedef {{kind: 'candidate', candidate: RTCIceCandidateInit | null}} CandidateBody */
/** In a group: nothing comes any more, open another epoch. @typedef {{kind: 'again'}} AgainBody */
/** In a group: what the sender really sends. @typedef {{kind: 'sends', audio: boolean, video: boolean}} SendsBody */
/** What is told beside what is agreed on. @typedef {AgainBody | SendsBody} ToldBody */
/** @typedef {OfferBody | AnswerBody | ConfirmBody} AgreedBody */
/** @typedef {AgreedBody | CandidateBody | ToldBody} Body */

/** @param {Body} body @returns {Bytes} */
export function writeBody(body) {
  return utf8(JSON.stringify({ v: VERSION, ...written(body) }));
}

/** @param {Body} body */
function written(body) {
  if (body.kind === 'candidate' || body.kind === 'again' || body.kind === 'sends') return body;
  if (body.kind === 'confirm') return { kind: body.kind, signature: toBase64(body.signature) };
  const { kind, type, sdp, nonce, root, point } = body;
  const signature = body.type === 'answer' ? { signature: toBase64(body.signature) } : {};
  const party = { root: toBase64(root), version: point.version, head: toBase64(point.head) };
  return { kind, type, sdp, nonce: toBase64(nonce), ...party, ...signature };
}

/**
 * @param {Bytes} plain what was sealed
 * @returns {Body | null} null for what this version does not know. Throws Untrusted for what it knows and cannot be.
 */
export function readBody(plain) {
  const wire = parsed(plain);
  if (wire?.v !== VERSION) return null;
  switch (wire.kind) {
    case 'candidate':
      return candidateOf(wire);
    case 'confirm':
      return { kind: 'confirm', signature: bytesOf(wire.signature, SIGNATURE_LENGTH) };
    case 'description':
      return descriptionOf(wire);
    case 'again':
      return { kind: 'again' };
    case 'sends':
      return { kind: 'sends', audio: wire.audio === true, video: wire.video === true };
    default:
      return null;
  }
}

/** @param {Bytes} plain @returns {any} */
function parsed(plain) {
  try {
    return JSON.parse(fromUtf8(plain));
  } catch {
    throw new Untrusted('malformed');
  }
}

/** @param {any} wire @returns {CandidateBody | null} */
function candidateOf({ candidate }) {
  if (candidate === null) return { kind: 'candidate', candidate };
  return typeof candidate?.candidate === 'string' ? { kind: 'candidate', candidate } : null;
}

/** @param {any} wire @returns {OfferBody | AnswerBody | null} */
function descriptionOf({ type, sdp, nonce, root, version, head, signature }) {
  if (typeof sdp !== 'string') throw new Untrusted('malformed');
  const common = {
    sdp,
    nonce: bytesOf(nonce, KEY_LENGTH),
    root: bytesOf(root, KEY_LENGTH),
    point: { version: countOf(version), head: bytesOf(head, KEY_LENGTH) },
  };
  if (type === 'offer') return { kind: 'description', type, ...common };
  if (type !== 'answer') return null;
  return { kind: 'description', type, ...common, signature: bytesOf(signature, SIGNATURE_LENGTH) };
}
