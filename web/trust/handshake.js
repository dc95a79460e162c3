/**
 * How two endpoints agree on one peer connection before any sound or picture leaves either.
 *
 *     caller   offer (description, nonce)               ->
 *              <-  answer (description, nonce, signature)    callee
 *     caller   confirm (signature)                      ->
 *
 * The caller applies no description before `answered` has let it pass; the callee sends nothing of its own
 * before `confirmed`. One handshake is for one epoch of one call: what comes a second time must be what came
 * the first time. After a refusal nothing more passes.
 */

import { equal } from '../core/bytes.js';
import { fingerprintOf, signTranscript, verifyTranscript } from './transcript.js';
import { require } from './untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from './keys.js' */
/** @import {Answer, Confirm, Offer} from './messages.js' */
/** @import {Agreement, Kind, Side} from './transcript.js' */

/** Who somebody is, before there is a connection. @typedef {Omit<Side, 'fingerprint' | 'nonce'>} Party */

/**
 * @typedef {object} Meeting
 * @property {Kind} kind
 * @property {string} call
 * @property {number} epoch
 * @property {Party} caller
 * @property {Party} callee
 */

/** @param {Party} party @param {{sdp: string, nonce: Bytes}} said @returns {Side} */
function side(party, { sdp, nonce }) {
  return { ...party, fingerprint: fingerprintOf(sdp), nonce };
}

/** @param {Meeting} meeting @param {Offer} offer @param {{sdp: string, nonce: Bytes}} answer @returns {Agreement} */
function agreed({ kind, call, epoch, caller, callee }, offer, answer) {
  return { kind, call, epoch, caller: side(caller, offer), callee: side(callee, answer) };
}

export class Caller {
  #meeting;
  #sign;
  #nonce;
  /** @type {Offer | null} */ #offer = null;
  #due = true;

  /** @param {Meeting} meeting @param {Sign} sign by the own identity key @param {Bytes} nonce 32 random bytes */
  constructor(meeting, sign, nonce) {
    this.#meeting = meeting;
    this.#sign = sign;
    this.#nonce = nonce;
  }

  /** Throws Untrusted if it names not one certificate. @param {string} sdp @returns {Offer} */
  offer(sdp) {
    require(this.#offer === null, 'out_of_turn');
    fingerprintOf(sdp);
    this.#offer = { kind: 'description', type: 'offer', sdp, nonce: this.#nonce };
    return this.#offer;
  }

  /** The answer may be applied, and this be sent. Rejects with Untrusted. @param {Answer} answer @returns {Promise<{confirm: Confirm, agreement: Agreement}>} */
  async answered(answer) {
    require(this.#offer && this.#due, 'out_of_turn');
    this.#due = false;
    const agreement = agreed(this.#meeting, this.#offer, answer);
    await verifyTranscript('callee', agreement, answer.signature);
    const signature = await signTranscript('caller', agreement, this.#sign);
    return { confirm: { kind: 'confirm', signature }, agreement };
  }
}

export class Callee {
  #meeting;
  #sign;
  #nonce;
  /** @type {Offer | null} */ #offer = null;
  /** @type {Agreement | null} */ #agreement = null;
  #due = true;

  /** @param {Meeting} meeting @param {Sign} sign by the own identity key @param {Bytes} nonce 32 random bytes */
  constructor(meeting, sign, nonce) {
    this.#meeting = meeting;
    this.#sign = sign;
    this.#nonce = nonce;
  }

  /** Throws Untrusted for another one than came before. @param {Offer} offer @returns {boolean} whether it is to be answered: it is new */
  offered(offer) {
    if (this.#offer === null) {
      fingerprintOf(offer.sdp);
      this.#offer = offer;
      return true;
    }
    require(this.#offer.sdp === offer.sdp && equal(this.#offer.nonce, offer.nonce), 'out_of_turn');
    return false;
  }

  /** Rejects with Untrusted before there is an offer, and the second time. @param {string} sdp @returns {Promise<Answer>} */
  async answer(sdp) {
    require(this.#offer && this.#agreement === null, 'out_of_turn');
    const said = { sdp, nonce: this.#nonce };
    this.#agreement = agreed(this.#meeting, this.#offer, said);
    const signature = await signTranscript('callee', this.#agreement, this.#sign);
    return { kind: 'description', type: 'answer', ...said, signature };
  }

  /** Tracks may be attached. Rejects with Untrusted. @param {Confirm} confirm @returns {Promise<Agreement>} */
  async confirmed({ signature }) {
    require(this.#agreement && this.#due, 'out_of_turn');
    this.#due = false;
    await verifyTranscript('caller', this.#agreement, signature);
    return this.#agreement;
  }
}
