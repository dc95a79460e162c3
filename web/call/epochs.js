/**
 * The connections from here to one other end, an epoch each.
 *
 * Lost media opens a new epoch. The connection of the old one is kept until the new one is up, so that
 * what still works goes on working.
 */

import { Peer, videoCodecs } from './peer.js';

/** @import {Bytes} from '../core/bytes.js' */
/** @import {MediaView} from '../protocol.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Description} from './agreement.js' */
/** @import {CandidateBody} from './body.js' */
/** @import {Ice} from './ice.js' */
/** @import {Tracks} from './peer.js' */

/** @type {EcKeyGenParams} */
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };

/** What goes beside the media of one epoch, and says whose they are. @typedef {{say: (said: Description | CandidateBody) => void, close: () => void}} Way */

/**
 * @typedef {object} WaySink
 * @property {(said: Description | CandidateBody) => void} apply  what the other end said, and may be acted upon
 * @property {(fingerprint: Bytes) => void} agreed  media may leave, to who shows this certificate
 * @property {() => void} failed  the other end cannot be asked, or does not answer
 * @property {(reason: Reason) => void} untrusted  no media, now and later
 */

/**
 * @typedef {object} EpochsSink
 * @property {(epoch: number) => void} risen  the media of this epoch are what counts from now on
 * @property {(epoch: number) => void} fallen  they are lost; another epoch may help
 * @property {() => void} failed  the newest will not come up; what stands beside it goes on
 * @property {(media: 'connecting' | 'up' | 'lost') => void} media
 * @property {() => void} doubt  the network may be gone: whether the server still answers would be good to know
 * @property {() => void} sealed  it is known who the other end is, and the media goes to whom it should
 * @property {(reason: Reason) => void} untrusted
 */

/** @template {Way} W @typedef {{peer: Peer, way: W}} Epoch */

/** @template {Way} W */
export class Epochs {
  #offers;
  #ice;
  #wayOf;
  #sink;
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  /** @type {RTCCertificate | null} */ #certificate = null;
  /** @type {Map<number, Epoch<W>>} */ #epochs = new Map();
  /** The epoch whose media is shown, -1 before the first is up. */ #shown = -1;
  /** The other end says that it sends sound. */ #expecting = false;
  #first;
  newest;

  /**
   * @param {{offers: boolean, first?: number, ice: Ice, wayOf: (epoch: number, sink: WaySink) => W, sink: EpochsSink}} options
   *   `offers`: this end does, in every epoch; `first`: the first epoch to take part in
   */
  constructor({ offers, first = 0, ice, wayOf, sink }) {
    this.#offers = offers;
    this.#ice = ice;
    this.#wayOf = wayOf;
    this.#sink = sink;
    this.#first = first;
    this.newest = first - 1;
    // Made ahead of the first connection, so that it costs nothing then.
    RTCPeerConnection.generateCertificate(CURVE).then(
      (certificate) => (this.#certificate = certificate),
      () => {}, // the browser makes its own then, a little later
    );
    videoCodecs();
  }

  /** What the far end sends. */
  get remote() {
    return this.peer?.remote ?? null;
  }

  /** The connection that is shown, else the newest. */
  get peer() {
    return (this.#epochs.get(this.#shown) ?? this.#epochs.get(this.newest))?.peer;
  }

  /** Whether the newest connection stood, and nothing comes over it that should. */
  get quiet() {
    return this.newest === this.#shown && (this.peer?.quiet ?? false);
  }

  /** @param {number} epoch */
  at(epoch) {
    return this.#epochs.get(epoch);
  }

  /** @param {Tracks} tracks sent from now on */
  use(tracks) {
    this.#tracks = tracks;
    for (const { peer } of this.#epochs.values()) peer.use(tracks);
  }

  /** What the other side says of its sound. @param {boolean} sound */
  expect(sound) {
    this.#expecting = sound;
    for (const { peer } of this.#epochs.values()) peer.expect(sound);
  }

  close() {
    for (const epoch of [...this.#epochs.keys()]) this.#retire(epoch);
  }

  /** @param {number} epoch later than all before @param {MediaView} media @returns {W} what goes beside it */
  open(epoch, media) {
    for (const idle of [...this.#epochs.keys()]) if (idle !== this.#shown) this.#retire(idle); // it would be too late now
    this.newest = epoch;
    const way = this.#wayOf(epoch, {
      apply: (said) => peer.receive(said),
      agreed: (fingerprint) => peer.trust(fingerprint),
      failed: () => this.#lost(epoch),
      untrusted: (reason) => this.#sink.untrusted(reason),
    });
    const peer = new Peer({
      certificate: this.#certificate,
      media,
      tracks: this.#tracks,
      mute: !this.#offers,
      fresh: epoch > this.#first,
      ice: this.#ice,
      sink: {
        say: (said) => way.say(said),
        up: () => this.#up(epoch),
        impostor: () => this.#sink.untrusted('fingerprint'),
        weak: () => this.#weak(epoch),
        quiet: () => this.#sink.doubt(),
        silent: () => this.#lost(epoch),
        lost: () => this.#lost(epoch),
      },
    });
    peer.expect(this.#expecting);
    this.#epochs.set(epoch, { peer, way });
    if (this.#offers) peer.offer();
    if (this.#shown < 0) this.#sink.media('connecting');
    return way;
  }

  /** @param {number} epoch */
  #up(epoch) {
    if (epoch !== this.newest) return;
    if (this.#shown !== epoch) this.#sink.risen(epoch);
    this.#shown = epoch;
    for (const old of [...this.#epochs.keys()]) if (old !== epoch) this.#retire(old);
    this.#sink.sealed();
    this.#sink.media('up');
  }

  /** @param {number} epoch */
  #retire(epoch) {
    const there = this.#epochs.get(epoch);
    there?.way.close();
    there?.peer.close();
    this.#epochs.delete(epoch);
  }

  /** @param {number} epoch */
  #weak(epoch) {
    if (epoch !== this.newest || epoch !== this.#shown) return;
    this.#sink.media('lost');
    this.#sink.doubt();
  }

  /**
   * Also where the browser still hopes: a connection beside this one is made all the same. Before media was up there is
   * nothing to mend: whoever began it decides how long to wait. @param {number} epoch
   */
  #lost(epoch) {
    if (epoch !== this.newest) return;
    if (epoch !== this.#shown) {
      this.#sink.failed();
      return;
    }
    this.#sink.media('lost');
    this.#sink.fallen(epoch);
  }
}
