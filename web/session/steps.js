/** The steps of a pairing as they travel in `pairing_signal`: docs/trust.md, section 4. Pure. */

import { fromBase64, fromUtf8, toBase64, utf8 } from '../core/bytes.js';
import { bytesOf, KEY_LENGTH, publicKeysOf } from '../trust/keys.js';
import { countOf } from '../trust/links.js';
import { require, Untrusted } from '../trust/untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Answer, Introduction} from '../trust/pairing.js' */

/**
 * @typedef {{step: 'proof', keys: PublicKeys, proof: Bytes}
 *   | ({step: 'vouch', proof: Bytes} & Answer)
 *   | {step: 'ask'}
 *   | {step: 'commit', commitment: Bytes}
 *   | ({step: 'nonce'} & Introduction)
 *   | {step: 'reveal', keys: PublicKeys, nonce: Bytes}
 *   | {step: 'done'}
 *   | {step: 'stop'}} Step
 */

const VERSION = 1;

/** @param {Step} step @returns {string} base64 */
export function writeStep(step) {
  return toBase64(utf8(JSON.stringify({ v: VERSION, ...step }, (_, value) => (value instanceof Uint8Array ? toBase64(value) : value))));
}

/** @param {string} body base64 @returns {Step | null} null for what this version does not know. Throws Untrusted for what cannot be. */
export function readStep(body) {
  const wire = parsed(body);
  if (wire?.v !== VERSION) return null;
  const hash = (/** @type {string} */ name) => bytesOf(wire[name], KEY_LENGTH);
  const belonging = () => ({ root: hash('root'), version: countOf(wire.version), head: hash('head') });
  switch (wire.step) {
    case 'proof':
      return { step: 'proof', keys: keysOf(wire.keys), proof: hash('proof') };
    case 'vouch':
      return { step: 'vouch', ...belonging(), authority: authorityOf(wire.authority), proof: hash('proof') };
    case 'commit':
      return { step: 'commit', commitment: hash('commitment') };
    case 'nonce':
      return { step: 'nonce', nonce: hash('nonce'), identity: hash('identity'), ...belonging() };
    case 'reveal':
      return { step: 'reveal', keys: keysOf(wire.keys), nonce: hash('nonce') };
    case 'ask':
    case 'done':
    case 'stop':
      return { step: wire.step };
    default:
      return null;
  }
}

/** @param {string} body @returns {any} */
function parsed(body) {
  try {
    return JSON.parse(fromUtf8(fromBase64(body)));
  } catch {
    throw new Untrusted('malformed');
  }
}

/** @param {unknown} keys @returns {PublicKeys} */
function keysOf(keys) {
  require(typeof keys === 'object' && keys !== null, 'malformed');
  return publicKeysOf(/** @type {any} */ (keys));
}

/** Empty, or a fingerprint. @param {unknown} text @returns {Bytes} */
function authorityOf(text) {
  return text === '' ? new Uint8Array(0) : bytesOf(text, KEY_LENGTH);
}
