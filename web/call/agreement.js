/**
 * What the two endpoints of a call agree on in one epoch, before any media: who they are, for whom they speak,
 * and which certificates their media will have. docs/trust.md, section 9. It is given what comes out of the seal and
 * what this side wants to say, and gives back what to send and what to do; it knows no browser and no clock.
 *
 *     caller   offer → (answer verified) → confirm, and the answer may be applied
 *     callee   (offer believed) → answer, signed → (confirm verified) → media may leave
 *
 * One description each in an epoch. The same one again, because a server lost track, is answered with what was
 * said before; another one is refused.
 */

import { equal } from '../core/bytes.js';
import { fingerprintOf, signTranscript, verifyTranscript } from '../trust/transcript.js';
import { require } from '../trust/untrusted.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {Sign} from '../trust/keys.js' */
/** @import {Kind, Role, Side} from '../trust/transcript.js' */
/** @import {AgreedBody, AnswerBody, Body, ConfirmBody, OfferBody, Party} from './body.js' */

/** @typedef {{type: 'offer' | 'answer', sdp: string}} Description */

/**
 * @typedef {object} Terms
 * @property {Role} role  of this side
 * @property {Kind} kind
 * @property {string} call
 * @property {number} epoch
 * @property {Bytes} nonce  32 random bytes, of this epoch alone
 * @property {Party & {identity: Bytes, sign: Sign}} own
 * @property {{identity: Bytes, vouch: (party: Party) => Promise<void>}} peer  `vouch` rejects with Untrusted
 *   unless the other endpoint may speak for whom it says it does
 */

/**
 * What follows from a step.
 * @typedef {object} Step
 * @property {readonly Body[]} say
 * @property {Description} [apply]  of the other side, to be applied now
 * @property {boolean} [agreed]  media may leave, towards the certificate `peerFingerprint`
 */

/** @type {Step} */
const NOTHING = { say: [] };

export class Agreement {
  #terms;
  /** What this side has said. @type {OfferBody | AnswerBody | null} */ #said = null;
  /** What the other side has said. @type {OfferBody | AnswerBody | null} */ #heard = null;
  /** @type {ConfirmBody | null} */ #confirmed = null;
  /** Once both have signed: the SHA-256 of the certificate that the other side must show. @type {Bytes | null} */ peerFingerprint = null;

  /** @param {Terms} terms */
  constructor(terms) {
    this.#terms = terms;
  }

  /** This side's own description is ready. @param {Description} description @returns {Promise<Step>} */
  async describe({ type, sdp }) {
    const { nonce, own, role } = this.#terms;
    require(this.#said === null && (type === 'offer') === (role === 'caller'), 'out_of_turn');
    const common = /** @type {const} */ ({ kind: 'description', sdp, nonce, root: own.root, point: own.point });
    if (type === 'offer') {
      this.#said = { ...common, type };
      return { say: [this.#said] };
    }
    require(this.#heard, 'out_of_turn');
    const signature = await signTranscript(role, this.#agreement(common, this.#heard), own.sign);
    this.#said = { ...common, type, signature };
    return { say: [this.#said] };
  }

  /** Something came out of the seal. Rejects with Untrusted. @param {AgreedBody} body @returns {Promise<Step>} */
  async hear(body) {
    if (body.kind === 'confirm') return this.#confirm(body);
    return body.type === 'offer' ? this.#offered(body) : this.#answered(body);
  }

  /** @param {OfferBody} offer @returns {Promise<Step>} */
  async #offered(offer) {
    require(this.#terms.role === 'callee', 'out_of_turn');
    if (this.#heard !== null) return this.#again(offer, this.#heard, this.#said);
    await this.#terms.peer.vouch(offer);
    fingerprintOf(offer.sdp);
    this.#heard = offer;
    return { say: [], apply: { type: 'offer', sdp: offer.sdp } };
  }

  /** @param {AnswerBody} answer @returns {Promise<Step>} */
  async #answered(answer) {
    const { role, own, peer } = this.#terms;
    require(role === 'caller' && this.#said, 'out_of_turn');
    if (this.#heard !== null) return this.#again(answer, this.#heard, this.#confirmed);
    await peer.vouch(answer);
    const agreement = this.#agreement(this.#said, answer);
    await verifyTranscript('callee', agreement, answer.signature);
    this.#heard = answer;
    this.#confirmed = { kind: 'confirm', signature: await signTranscript(role, agreement, own.sign) };
    this.peerFingerprint = agreement.callee.fingerprint;
    return { say: [this.#confirmed], apply: { type: 'answer', sdp: answer.sdp }, agreed: true };
  }

  /** @param {ConfirmBody} confirm @returns {Promise<Step>} */
  async #confirm(confirm) {
    require(this.#terms.role === 'callee' && this.#heard && this.#said, 'out_of_turn');
    const agreement = this.#agreement(this.#said, this.#heard);
    await verifyTranscript('caller', agreement, confirm.signature);
    if (this.peerFingerprint !== null) return NOTHING;
    this.peerFingerprint = agreement.caller.fingerprint;
    return { say: [], agreed: true };
  }

  /** @param {OfferBody | AnswerBody} now @param {OfferBody | AnswerBody} before @param {Body | null} said @returns {Step} */
  #again(now, before, said) {
    require(now.sdp === before.sdp && equal(now.nonce, before.nonce), 'out_of_turn');
    return { say: said === null ? [] : [said] };
  }

  /** @param {Pick<OfferBody, 'sdp' | 'nonce' | 'root' | 'point'>} said @param {OfferBody | AnswerBody} heard */
  #agreement(said, heard) {
    const { role, kind, call, epoch, own, peer } = this.#terms;
    const here = sideOf(said, own.identity);
    const there = sideOf(heard, peer.identity);
    const [caller, callee] = role === 'caller' ? [here, there] : [there, here];
    return { kind, call, epoch, caller, callee };
  }
}

/** Throws Untrusted unless the description names exactly one certificate. @param {Pick<OfferBody, 'sdp' | 'nonce' | 'root' | 'point'>} said @param {Bytes} identity @returns {Side} */
function sideOf({ sdp, nonce, root, point }, identity) {
  return { root, point, identity, fingerprint: fingerprintOf(sdp), nonce };
}
