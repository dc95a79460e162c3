/**
 * This endpoint and the mixer of a group that is not end-to-end: one connection, sound alone. The server has signed which
 * certificate the mixer shows to this endpoint, in this epoch; it is compared before anything is sent, and again once
 * the connection stands.
 */

import { equal, fromBase64, toBase64 } from '../core/bytes.js';
import { verifyMixer } from '../trust/mixer.js';
import { fingerprintOf } from '../trust/transcript.js';
import { require, Untrusted } from '../trust/untrusted.js';
import { Epochs } from './epochs.js';
import { Tries } from './tries.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {MediaView, MixerAnswer} from '../protocol.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Description} from './agreement.js' */
/** @import {CandidateBody} from './body.js' */
/** @import {WaySink} from './epochs.js' */
/** @import {Ice} from './ice.js' */
/** @import {Tracks} from './peer.js' */

/** @type {MediaView} */
const SOUND = { send_audio: true, receive_audio: true, send_video: false, receive_video: false };

/** Which server, and who is here. @typedef {{server: Bytes, identity: Bytes}} Ends */

/**
 * @typedef {object} RoomSink
 * @property {(offer: {epoch: number, sdp: string, nonce: string}) => Promise<MixerAnswer>} offer  rejects with ProblemError
 * @property {(media: 'connecting' | 'up' | 'lost') => void} media
 * @property {(up: boolean) => void} stands
 * @property {() => void} doubt
 * @property {(reason: Reason) => void} untrusted
 */

/** One offer, one answer. */
class Desk {
  #ends;
  #call;
  #epoch;
  #sink;
  #offer;
  #over = false;

  /** @param {{ends: Ends, call: string, epoch: number, offer: RoomSink['offer'], sink: WaySink}} parts */
  constructor({ ends, call, epoch, offer, sink }) {
    this.#ends = ends;
    this.#call = call;
    this.#epoch = epoch;
    this.#offer = offer;
    this.#sink = sink;
  }

  /** Candidates are not told: the mixer learns where this page is from what reaches it. @param {Description | CandidateBody} said */
  say(said) {
    if (!('kind' in said)) void this.#hand(said.sdp);
  }

  close() {
    this.#over = true;
  }

  /** @param {string} sdp */
  async #hand(sdp) {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    try {
      const answer = await this.#offer({ epoch: this.#epoch, sdp, nonce: toBase64(nonce) });
      const fingerprint = await this.#believed(answer, sdp, nonce);
      if (this.#over) return;
      this.#sink.agreed(fingerprint);
      this.#sink.apply({ type: 'answer', sdp: answer.sdp });
    } catch (error) {
      if (this.#over) return;
      // What could not be reached is tried again with the next epoch; what was signed wrong is the end of it.
      if (error instanceof Untrusted) this.#sink.untrusted(error.reason);
      else this.#sink.failed();
    }
  }

  /** Rejects with Untrusted. @param {MixerAnswer} answer @param {string} sdp @param {Bytes} nonce @returns {Promise<Bytes>} the certificate that the mixer must show */
  async #believed(answer, sdp, nonce) {
    const fingerprint = fromBase64(answer.fingerprint);
    require(equal(fingerprintOf(answer.sdp), fingerprint), 'fingerprint');
    const { server, identity } = this.#ends;
    const promise = { call: this.#call, epoch: this.#epoch, identity, mixer: fingerprint, own: fingerprintOf(sdp), nonce };
    await verifyMixer(promise, server, fromBase64(answer.statement));
    return fingerprint;
  }
}

export class Room {
  #epochs;
  #tries = new Tries(() => this.renew());
  /** The group's, as the server counts. */ #counted = -1;

  /** @param {{call: string, ends: Ends, ice: Ice, sink: RoomSink}} options */
  constructor({ call, ends, ice, sink }) {
    this.#epochs = new Epochs({
      offers: true,
      ice,
      wayOf: (epoch, way) => new Desk({ ends, call, epoch, offer: sink.offer, sink: way }),
      sink: {
        risen: () => {
          this.#tries.done();
          sink.stands(true);
        },
        fallen: () => {
          sink.stands(false);
          this.renew();
        },
        failed: () => this.#tries.failed(),
        media: sink.media,
        doubt: sink.doubt,
        sealed: () => {},
        untrusted: sink.untrusted,
      },
    });
    this.#epochs.expect(true); // a mixer always sends
  }

  get remote() {
    return this.#epochs.remote;
  }

  /** The epoch of the group: in each all offer anew. @param {number} epoch */
  update(epoch) {
    if (epoch <= this.#counted) return;
    this.#counted = epoch;
    this.#open(Math.max(epoch, this.#epochs.newest + 1));
  }

  /** The own connection is lost, or the network another one. */
  renew() {
    this.#open(this.#epochs.newest + 1);
  }

  /** The server is reached again. */
  reachable() {
    if (this.#epochs.quiet) this.renew();
  }

  /** @param {Tracks} tracks */
  use({ audio }) {
    this.#epochs.use({ audio, video: null });
  }

  close() {
    this.#tries.stop();
    this.#epochs.close();
  }

  /** @param {number} epoch */
  #open(epoch) {
    this.#tries.begun();
    this.#epochs.open(epoch, SOUND);
  }
}
