/**
 * The media of one call, from answer to end, over as many peer connections as it takes.
 *
 * Lost media opens a new epoch. The connection of the old one is kept until the new one is up, so that
 * what still works goes on working; losing signaling alone changes nothing here.
 */

import { readBody } from './body.js';
import { Peer, videoCodecs } from './peer.js';

/** @import {CallView, MediaView} from '../protocol.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Body} from './body.js' */
/** @import {Ice} from './ice.js' */
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
 */

export class Conversation {
  #call;
  #offers;
  #ice;
  #sink;
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  /** @type {RTCCertificate | null} */ #certificate = null;
  /** @type {Map<number, Peer>} */ #peers = new Map();
  /** @type {{epoch: number, body: Body}[]} signals of epochs that are still to come */ #early = [];
  /** The epoch whose media is shown, -1 before the first is up. */
  #shown = -1;
  #newest;
  #answered = false;
  /** @type {string} */ #indicated = '';

  /**
   * @param {{call: string, role: 'caller' | 'callee', from?: number, ice: Ice, sink: ConversationSink}} options
   *   `from`: the first epoch to take part in, later than 0 where this page joins a call that it had lost
   */
  constructor({ call, role, from = 0, ice, sink }) {
    this.#call = call;
    this.#offers = role === 'caller';
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
    if (!this.#offers && this.#newest < 0) this.#open(0, media);
  }

  /** The server's latest word on the call. @param {CallView} view */
  update(view) {
    if (!view.endpoint) return;
    this.#answered = true;
    const prepared = this.#peers.get(view.epoch);
    if (prepared) prepared.media = view.media;
    else if (view.epoch > this.#newest) this.#open(view.epoch, view.media);
    this.#indicate();
  }

  /** A blob from the far end, which may have heard of the epoch before this page did. @param {number} epoch @param {string} text */
  receive(epoch, text) {
    const body = readBody(text);
    if (body === null) return;
    const peer = this.#peers.get(epoch);
    if (peer) peer.receive(body);
    else if (epoch > this.#newest && this.#early.length < EARLY) this.#early.push({ epoch, body });
  }

  /** Send these tracks from now on, and say so. @param {Tracks} tracks */
  use(tracks) {
    this.#tracks = tracks;
    for (const peer of this.#peers.values()) peer.use(tracks);
    this.#indicate();
  }

  /** The network is another one: connect anew, beside what there is. */
  networkChanged() {
    if (this.#newest >= 0) this.#sink.send({ t: 'media_lost', call: this.#call, epoch: this.#newest });
  }

  close() {
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
  }

  #peer() {
    return this.#peers.get(this.#shown) ?? this.#peers.get(this.#newest);
  }

  /** @param {number} epoch @param {MediaView} media */
  #open(epoch, media) {
    this.#newest = epoch;
    const peer = new Peer({
      certificate: this.#certificate,
      media,
      tracks: this.#tracks,
      ice: this.#ice,
      sink: {
        signal: (body) => this.#sink.signal({ call: this.#call, epoch, body }),
        up: () => this.#up(epoch),
        weak: () => this.#weak(epoch),
        lost: () => this.#lost(epoch),
      },
    });
    this.#peers.set(epoch, peer);
    if (this.#offers) peer.offer();
    const early = this.#early;
    this.#early = early.filter((one) => one.epoch > epoch);
    for (const one of early) if (one.epoch === epoch) peer.receive(one.body);
    if (this.#shown < 0) this.#sink.media('connecting');
  }

  /** @param {number} epoch */
  #up(epoch) {
    if (epoch !== this.#newest) return;
    if (this.#shown !== epoch) this.#sink.send({ t: 'media_up', call: this.#call, epoch });
    this.#shown = epoch;
    for (const [old, peer] of this.#peers) if (old !== epoch) this.#retire(old, peer);
    this.#sink.media('up');
  }

  /** @param {number} epoch @param {Peer} peer */
  #retire(epoch, peer) {
    peer.close();
    this.#peers.delete(epoch);
  }

  /** @param {number} epoch */
  #weak(epoch) {
    if (epoch === this.#newest && epoch === this.#shown) this.#sink.media('lost');
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
