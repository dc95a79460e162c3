/**
 * The sealed way to the other endpoint of a call, in one epoch. What this side says is agreed on, sealed and
 * sent in order; what comes is opened and acted upon in order. Both wait for `assurance`: that the other side is known,
 * and that a person goes on with them if they are another one than before.
 */

import { fromBase64, toBase64 } from '../core/bytes.js';
import { Sealer } from '../trust/sealer.js';
import { Untrusted } from '../trust/untrusted.js';
import { Agreement } from './agreement.js';
import { readBody, writeBody } from './body.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {PublicKeys} from '../trust/keys.js' */
/** @import {Kind, Role} from '../trust/transcript.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Own} from '../session/identities.js' */
/** @import {Description, Step} from './agreement.js' */
/** @import {Body, CandidateBody, Party, ToldBody} from './body.js' */

/** Both ends, as they were verified. @typedef {{own: Own & Party, peer: {keys: PublicKeys, vouch: (party: Party) => Promise<void>}}} Assurance */

/**
 * @typedef {object} SecuredSink
 * @property {(body: string) => void} signal  base64, sealed
 * @property {(said: Description | CandidateBody) => void} apply  what the other side said, and may be acted upon
 * @property {(fingerprint: Bytes) => void} agreed  media may leave, to who shows this certificate
 * @property {(body: ToldBody) => void} [told]  in a group
 * @property {(reason: Reason) => void} untrusted  no media, now and later
 */

export class Secured {
  #sink;
  /** @type {Promise<{sealer: Sealer, agreement: Agreement}>} */ #ready;
  #outward;
  #inward;
  #over = false;

  /**
   * @param {{kind: Kind, call: string, epoch: number, role: Role, assurance: Promise<Assurance>, sink: SecuredSink}} options
   */
  constructor({ kind, call, epoch, role, assurance, sink }) {
    this.#sink = sink;
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    this.#ready = assurance.then(async ({ own, peer }) => {
      const { keys, secret, sign, root, point } = own;
      const sealer = await Sealer.between({ own: keys, secret, peer: peer.keys, kind, call, epoch });
      const terms = { role, kind, call, epoch, nonce };
      const sides = { own: { identity: keys.identity, sign, root, point }, peer: { identity: peer.keys.identity, vouch: peer.vouch } };
      return { sealer, agreement: new Agreement({ ...terms, ...sides }) };
    });
    this.#outward = this.#ready.then(() => {}, (error) => this.#failed(error));
    this.#inward = this.#outward;
  }

  /** @param {Description | CandidateBody | ToldBody} said what this side says */
  say(said) {
    this.#outward = this.#then(this.#outward, async ({ agreement }) => {
      if ('kind' in said) return this.#send([said]);
      return this.#send((await agreement.describe(said)).say);
    });
  }

  /** @param {string} sealed base64, as it came */
  hear(sealed) {
    this.#inward = this.#then(this.#inward, async ({ sealer, agreement }) => {
      const body = readBody(await sealer.open(bytesOf(sealed)));
      if (body === null || this.#over) return;
      if (body.kind === 'candidate') this.#sink.apply(body);
      else if (body.kind === 'again' || body.kind === 'sends') this.#sink.told?.(body);
      else await this.#step(agreement, await agreement.hear(body));
    });
  }

  close() {
    this.#over = true;
  }

  /** @param {Agreement} agreement @param {Step} step */
  async #step(agreement, { say, apply, agreed }) {
    if (this.#over) return;
    if (apply) this.#sink.apply(apply);
    if (agreed && agreement.peerFingerprint) this.#sink.agreed(agreement.peerFingerprint);
    await this.#send(say);
  }

  /** @param {readonly Body[]} bodies */
  async #send(bodies) {
    const { sealer } = await this.#ready;
    for (const body of bodies) {
      const sealed = toBase64(await sealer.seal(writeBody(body)));
      if (!this.#over) this.#sink.signal(sealed);
    }
  }

  /** @param {Promise<void>} turn @param {(ready: {sealer: Sealer, agreement: Agreement}) => Promise<void>} step */
  #then(turn, step) {
    return turn.then(async () => {
      if (!this.#over) await step(await this.#ready);
    }).catch((error) => this.#failed(error));
  }

  /** @param {unknown} error */
  #failed(error) {
    if (this.#over) return;
    this.#over = true;
    const known = error instanceof Untrusted;
    this.#sink.untrusted(known ? error.reason : 'missing'); // what could not be asked for is not there
  }
}

/** @param {string} text @returns {Bytes} */
function bytesOf(text) {
  try {
    return fromBase64(text);
  } catch {
    throw new Untrusted('malformed');
  }
}
