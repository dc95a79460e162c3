/**
 * The media of one call, from answer to end, over as many peer connections as it takes.
 *
 * Lost media opens a new epoch. The connection of the old one is kept until the new one is up, so that
 * what still works goes on working; losing signaling alone changes nothing here.
 */

import { Peer, videoCodecs } from './peer.js';
import { Secured } from './secured.js';

/** @import {CallView, MediaView} from '../protocol.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Kind} from '../trust/transcript.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {Ice} from './ice.js' */
/** @import {Assurance} from './secured.js' */
/** @import {Tracks} from './peer.js' */

/** How many signals may come before their epoch: an offer and the candidates of a phone with many networks. */
const EARLY = 64;

/** @type {EcKeyGenParams} */
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * @typedef {object} ConversationSink
 * @property {(draft: Draft) => void} send
 * @property {(signal: {call: string, epoch: number, body: string}) => void} signal
 * @property {(media: 'connecting' | 'up' | 'lost') => void} media
 * @property {() => void} doubt  the network may be gone: whether the server still answers would be good to know
 * @property {(view: CallView) => Promise<Assurance>} assure  who the other side is; resolves when a person goes on with
 *   them, should they be another one than before. Rejects with Untrusted.
 * @property {() => void} sealed  both sides have signed, and the media goes to whom it should
 * @property {(reason: Reason) => void} untrusted  the call must end here
 */

/** An epoch: its connection, and the sealed way beside it. `assure` until it is known who the other side is. @typedef {{peer: Peer, secured: Secured, assure: ((assurance: Promise<Assurance>) => void) | null}} Epoch */

export class Conversation {
  #call;
  #kind;
  #role;
  #ice;
  #sink;
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  /** @type {RTCCertificate | null} */ #certificate = null;
  /** @type {Map<number, Epoch>} */ #epochs = new Map();
  /** @type {{epoch: number, body: string}[]} signals of epochs that are still to come */ #early = [];
  /** The epoch whose media is shown, -1 before the first is up. */
  #shown = -1;
  #newest;
  #answered = false;
  /** The other side says that it sends sound. */ #expecting = false;
  /** @type {string} */ #indicated = '';

  /**
   * @param {{call: string, kind: Kind, role: 'caller' | 'callee', from?: number, ice: Ice, sink: ConversationSink}} options
   *   `kind`: what it was here from the first moment: what the other side seals for another kind does not open. `from`: the first epoch to take part in, later than 0 where this page joins a call that it had lost
   */
  constructor({ call, kind, role, from = 0, ice, sink }) {
    this.#call = call;
    this.#kind = kind;
    this.#role = role;
    this.#newest = from - 1;
    this.#ice = ice;
    this.#sink = sink;
    // Made while it rings, so that it costs nothing once the call is answered.
    RTCPeerConnection.generateCertificate(CURVE).then(
      (certificate) => (this.#certificate = certificate),
      () => {}, // the browser makes its own then, a little later
    );
    videoCodecs();
  }

  /** What the far end sends. */
  get remote() {
    return this.#peer()?.remote ?? null;
  }

  /** Statistics of the connection that is shown, null before there is one. */
  async getStats() {
    return (await this.#peer()?.getStats()) ?? null;
  }

  /** Get ready for the offer of epoch 0 while the answer travels. @param {MediaView} media */
  prepare(media) {
    if (this.#role === 'callee' && this.#newest < 0) this.#open(0, media);
  }

  /** The server's latest word on the call. @param {CallView} view */
  update(view) {
    if (!view.endpoint) return;
    this.#answered = true;
    const prepared = this.#epochs.get(view.epoch);
    if (prepared) prepared.peer.media = view.media;
    else if (view.epoch > this.#newest) this.#open(view.epoch, view.media);
    this.#assure(view);
    this.#indicate();
  }

  /** The first view that names the other endpoint says whom this epoch is with. @param {CallView} view */
  #assure(view) {
    const epoch = this.#epochs.get(view.epoch);
    if (!epoch?.assure) return;
    epoch.assure(this.#sink.assure(view));
    epoch.assure = null;
  }

  /** A blob from the far end, which may have heard of the epoch before this page did. @param {number} epoch @param {string} body */
  receive(epoch, body) {
    const there = this.#epochs.get(epoch);
    if (there) there.secured.hear(body);
    else if (epoch > this.#newest && this.#early.length < EARLY) this.#early.push({ epoch, body });
  }

  /** Send these tracks from now on, and say so. @param {Tracks} tracks */
  use(tracks) {
    this.#tracks = tracks;
    for (const { peer } of this.#epochs.values()) peer.use(tracks);
    this.#indicate();
  }

  /** What the other side says of its sound. @param {boolean} sound */
  expect(sound) {
    this.#expecting = sound;
    for (const { peer } of this.#epochs.values()) peer.expect(sound);
  }

  /** The network is another one: connect anew, beside what there is. */
  networkChanged() {
    if (this.#newest >= 0) this.#sink.send({ t: 'media_lost', call: this.#call, epoch: this.#newest });
  }

  /** The server is reached again. If nothing is heard either, the network was another one. */
  reachable() {
    if (this.#newest === this.#shown && this.#peer()?.quiet) this.networkChanged();
  }

  close() {
    for (const epoch of [...this.#epochs.keys()]) this.#retire(epoch);
  }

  #peer() {
    return (this.#epochs.get(this.#shown) ?? this.#epochs.get(this.#newest))?.peer;
  }

  /** @param {number} epoch @param {MediaView} media */
  #open(epoch, media) {
    this.#newest = epoch;
    let assure = /** @type {Epoch['assure']} */ (null);
    /** @type {Promise<Assurance>} */
    const assurance = new Promise((resolve) => (assure = resolve));
    const secured = new Secured({
      kind: this.#kind,
      call: this.#call,
      epoch,
      role: this.#role,
      assurance,
      sink: {
        signal: (body) => this.#sink.signal({ call: this.#call, epoch, body }),
        apply: (said) => peer.receive(said),
        agreed: (fingerprint) => peer.trust(fingerprint),
        untrusted: (reason) => this.#sink.untrusted(reason),
      },
    });
    const peer = new Peer({
      certificate: this.#certificate,
      media,
      tracks: this.#tracks,
      mute: this.#role === 'callee',
      fresh: epoch > 0,
      ice: this.#ice,
      sink: {
        say: (said) => secured.say(said),
        up: () => this.#up(epoch),
        impostor: () => this.#sink.untrusted('fingerprint'),
        weak: () => this.#weak(epoch),
        quiet: () => this.#sink.doubt(),
        silent: () => this.#silent(epoch),
        lost: () => this.#lost(epoch),
      },
    });
    peer.expect(this.#expecting);
    this.#epochs.set(epoch, { peer, secured, assure });
    if (this.#role === 'caller') peer.offer();
    const early = this.#early;
    this.#early = early.filter((one) => one.epoch > epoch);
    for (const one of early) if (one.epoch === epoch) secured.hear(one.body);
    if (this.#shown < 0) this.#sink.media('connecting');
  }

  /** @param {number} epoch */
  #up(epoch) {
    if (epoch !== this.#newest) return;
    if (this.#shown !== epoch) this.#sink.send({ t: 'media_up', call: this.#call, epoch });
    this.#shown = epoch;
    for (const old of [...this.#epochs.keys()]) if (old !== epoch) this.#retire(old);
    this.#sink.sealed();
    this.#sink.media('up');
  }

  /** @param {number} epoch */
  #retire(epoch) {
    const there = this.#epochs.get(epoch);
    there?.secured.close();
    there?.peer.close();
    this.#epochs.delete(epoch);
  }

  /** @param {number} epoch */
  #weak(epoch) {
    if (epoch !== this.#newest || epoch !== this.#shown) return;
    this.#sink.media('lost');
    this.#sink.doubt();
  }

  /** The browser still hopes; a connection beside this one is made all the same. @param {number} epoch */
  #silent(epoch) {
    if (epoch !== this.#newest || epoch !== this.#shown) return;
    this.#sink.media('lost');
    this.#sink.send({ t: 'media_lost', call: this.#call, epoch });
  }

  /** Before media was up the server's patience decides; afterwards a new epoch may help. @param {number} epoch */
  #lost(epoch) {
    if (epoch !== this.#newest || epoch !== this.#shown) return;
    this.#sink.media('lost');
    this.#sink.send({ t: 'media_lost', call: this.#call, epoch });
  }

  /** Tell the far end what really leaves here, once there is one, and only news. */
  #indicate() {
    const { audio, video } = this.#tracks;
    const sent = JSON.stringify([audio !== null, video !== null]);
    if (!this.#answered || sent === this.#indicated) return;
    this.#indicated = sent;
    this.#sink.send({
      t: 'indicate',
      call: this.#call,
      audio: audio !== null,
      video: video !== null,
      hardware_muted: false,
    });
  }
}
