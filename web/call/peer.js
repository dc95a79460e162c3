/**
 * One peer connection: the media of one call in one epoch.
 *
 * The caller's side offers, the other answers, so negotiation cannot glare. The lines are fixed by the
 * server's `media`; tracks come and go on them (a camera that is switched off or still starting) without
 * a new negotiation, so nothing here waits for a camera.
 */

import { equal } from '../core/bytes.js';
import { certificateOf } from './certificate.js';
import { freshPlace, thisPage } from './place.js';
import { relayedCandidate, relayedOnly } from './relayed.js';
import { Silence } from './silence.js';

/** @import {MediaView} from '../protocol.js' */
/** @import {Bytes} from '../core/bytes.js' */
/** @import {Description} from './agreement.js' */
/** @import {CandidateBody} from './body.js' */
/** @import {Ice} from './ice.js' */

/**
 * Nothing came for two seconds or three when a connection says `disconnected`. It may heal by itself; another one is
 * made beside it soon all the same, because a person notices.
 */
const DISCONNECTED_PATIENCE = 500;

/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */

/**
 * @typedef {object} PeerSink
 * @property {(said: Description | CandidateBody) => void} say  to the other endpoint
 * @property {() => void} up  connected with whom it should be, also again after a short break
 * @property {() => void} impostor  connected with another certificate than the one that was signed
 * @property {() => void} weak  no packets come; it may heal
 * @property {() => void} quiet  nothing is heard, although something should be
 * @property {() => void} silent  the same for longer
 * @property {() => void} lost  gone for good
 */

export class Peer {
  #place;
  #connection;
  #silence;
  /** The lines of this session; they may become fewer until the offer is there. @type {MediaView} */
  media;
  #sink;
  /** @type {Tracks} */ #tracks;
  /** Groups the two own tracks, so that the far end plays lips and voice together. */
  #group = new MediaStream();
  /** What comes from the far end. */
  remote = new MediaStream();
  /** @type {RTCIceCandidateInit[]} candidates that overtook their description */ #early = [];
  #patience = 0;
  #done = false;
  /** Descriptions are applied one after the other. */
  #turn = Promise.resolve();
  #relayOnly;
  /** The other side has not signed yet: nothing leaves. @type {boolean} */ #mute;
  /** The certificate that the other side signed, by SHA-256. @type {Bytes | null} */ #signed = null;
  /** Nothing to wait for: the servers were known when this connection was made. */ #prepared = true;

  /**
   * @param {{certificate: RTCCertificate | null, media: MediaView, tracks: Tracks, mute: boolean, fresh: boolean, ice: Ice, sink: PeerSink}} options
   *   `fresh`: it replaces another one, perhaps because the network changed.
   *   `mute`: give it no tracks before `trust`. Who offers needs not wait: without a remote description nothing leaves.
   */
  constructor({ certificate, media, tracks, mute, fresh, ice, sink }) {
    this.media = media;
    this.#tracks = tracks;
    this.#mute = mute;
    this.#sink = sink;
    const certificates = certificate === null ? {} : { certificates: [certificate] };
    this.#relayOnly = ice.relayOnly;
    this.#place = fresh ? freshPlace() : thisPage();
    this.#connection = new this.#place.RTCPeerConnection({ bundlePolicy: 'max-bundle', ...ice.ways, ...certificates });
    this.#silence = new Silence(this.#connection, {
      quiet: () => this.#sink.quiet(),
      lost: () => this.#sink.silent(),
      heard: () => this.#stands(),
    });
    this.#connection.ontrack = ({ track }) => this.remote.addTrack(track);
    this.#connection.onicecandidate = ({ candidate }) => this.#candidate(candidate);
    this.#connection.onconnectionstatechange = () => this.#changed();
    if (!ice.known) this.#prepare(ice);
  }

  /** The servers come late. @param {Ice} ice */
  #prepare(ice) {
    this.#prepared = false;
    this.#inTurn(async () => {
      await ice.ready();
      const { iceServers } = ice.ways;
      if (!this.#done) this.#connection.setConfiguration({ ...this.#connection.getConfiguration(), iceServers });
    });
  }

  /** Begin, on the caller's side. */
  offer() {
    const { send_audio, receive_audio, send_video, receive_video } = this.media;
    this.#line('audio', send_audio, receive_audio);
    this.#line('video', send_video, receive_video);
    // At once, not in turn: the browser prepares the offer while the page draws the next screen.
    if (this.#prepared) this.#turn = this.#describe().catch(() => this.#lost());
    else this.#inTurn(() => this.#describe());
  }

  /** What the far end said, and is to be acted upon. @param {Description | CandidateBody} said */
  receive(said) {
    if ('kind' in said) this.#inTurn(() => this.#reached(said.candidate));
    else this.#inTurn(() => this.#described(said));
  }

  /** The other side has signed for this certificate: it may be heard and seen by. @param {Bytes} fingerprint SHA-256 */
  trust(fingerprint) {
    this.#signed = fingerprint;
    this.#mute = false;
    this.use(this.#tracks);
    if (this.#connection.connectionState === 'connected') this.#stands();
  }

  /** Send these tracks from now on. @param {Tracks} tracks */
  use(tracks) {
    this.#tracks = tracks;
    if (this.#done || this.#mute) return;
    for (const { sender, receiver, direction } of this.#connection.getTransceivers()) {
      const track = receiver.track.kind === 'audio' ? tracks.audio : tracks.video;
      if (direction.startsWith('send') && sender.track !== track) sender.replaceTrack(track).catch(() => {});
    }
  }

  /** Whether the other side says that it sends sound: then its absence means something. @param {boolean} sound */
  expect(sound) {
    this.#silence.expect(sound);
  }

  /** Whether nothing comes that should. */
  get quiet() {
    return this.#silence.quiet || this.#connection.connectionState === 'disconnected';
  }

  getStats() {
    return this.#connection.getStats();
  }

  /** How loud the other side is, 0 to 1, by what it says beside its sound (RFC 6464); null where it says nothing. @returns {number | null} */
  get level() {
    const sound = this.#connection.getReceivers().filter(({ track }) => track.kind === 'audio');
    const levels = sound.flatMap((receiver) => receiver.getSynchronizationSources()).map(({ audioLevel }) => audioLevel);
    const known = levels.filter((level) => level !== undefined);
    return known.length === 0 ? null : Math.max(...known);
  }

  close() {
    this.#done = true;
    clearTimeout(this.#patience);
    this.#silence.stop();
    this.#connection.close();
    this.#place.leave();
  }

  // -- negotiation ---------------------------------------------------------------------------------

  /** @param {'audio' | 'video'} kind @param {boolean} send @param {boolean} receive */
  #line(kind, send, receive) {
    if (!send && !receive) return;
    const transceiver = this.#connection.addTransceiver((send && this.#tracks[kind]) || kind, {
      direction: directionOf(send, receive),
      streams: [this.#group],
    });
    const codecs = kind === 'video' ? videoCodecs() : null;
    if (codecs) transceiver.setCodecPreferences(codecs);
  }

  async #describe() {
    await this.#connection.setLocalDescription();
    const description = this.#connection.localDescription;
    if (description === null) return;
    const sdp = this.#relayOnly ? relayedOnly(description.sdp) : description.sdp;
    this.#say({ type: description.type === 'offer' ? 'offer' : 'answer', sdp });
  }

  /** @param {Description} description */
  async #described({ type, sdp }) {
    await this.#connection.setRemoteDescription({ type, sdp });
    if (type === 'offer') {
      for (const transceiver of this.#connection.getTransceivers()) this.#accept(transceiver);
      await this.#describe();
    }
    for (const candidate of this.#early.splice(0)) await this.#reached(candidate);
  }

  /** Answer one offered line. @param {RTCRtpTransceiver} transceiver */
  #accept(transceiver) {
    const video = transceiver.receiver.track.kind === 'video';
    const { send_audio, receive_audio, send_video, receive_video } = this.media;
    transceiver.direction = video ? directionOf(send_video, receive_video) : directionOf(send_audio, receive_audio);
    transceiver.sender.setStreams(this.#group);
    const track = video ? this.#tracks.video : this.#tracks.audio;
    if (track && !this.#mute && transceiver.direction.startsWith('send')) transceiver.sender.replaceTrack(track).catch(() => {});
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #reached(candidate) {
    if (this.#connection.remoteDescription === null) {
      if (candidate !== null) this.#early.push(candidate);
      return;
    }
    // A candidate that this browser cannot use is no reason to give up the others.
    await this.#connection.addIceCandidate(candidate ?? undefined).catch(() => {});
  }

  /** @param {RTCIceCandidate | null} candidate */
  #candidate(candidate) {
    if (candidate === null) {
      this.#say({ kind: 'candidate', candidate: null });
    } else if (candidate.candidate !== '') {
      const { sdpMid, sdpMLineIndex } = candidate;
      const line = this.#relayOnly ? relayedCandidate(candidate.candidate) : candidate.candidate;
      if (line !== null) this.#say({ kind: 'candidate', candidate: { candidate: line, sdpMid, sdpMLineIndex } });
    }
  }

  /** @param {Description | CandidateBody} said */
  #say(said) {
    if (!this.#done) this.#sink.say(said);
  }

  /** @param {() => Promise<void>} step a failed step means that these two will not understand each other */
  #inTurn(step) {
    this.#turn = this.#turn.then(async () => {
      if (this.#done) return;
      await step().catch(() => this.#lost());
    });
  }

  // -- connection ----------------------------------------------------------------------------------

  #changed() {
    clearTimeout(this.#patience);
    switch (this.#connection.connectionState) {
      case 'connected':
        this.#stands();
        break;
      case 'disconnected':
        this.#sink.weak();
        this.#patience = setTimeout(() => this.#lost(), DISCONNECTED_PATIENCE);
        break;
      case 'failed':
        this.#lost();
    }
  }

  /**
   * It is up once both have signed, and the certificate in use is the signed one. The browser has held it against
   * the description already; this looks again at what is really there, where the browser shows it.
   */
  #stands() {
    if (this.#signed === null || this.#done) return;
    const expected = this.#signed;
    void certificateOf(this.#connection).then((found) => {
      if (this.#done || this.#connection.connectionState !== 'connected') return;
      if (found === null || equal(found, expected)) {
        this.#silence.watch();
        this.#sink.up();
      } else {
        this.#sink.impostor();
      }
    });
  }

  #lost() {
    if (!this.#done) this.#sink.lost();
  }
}

/** @param {boolean} send @param {boolean} receive @returns {RTCRtpTransceiverDirection} */
function directionOf(send, receive) {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/**
 * The order in which to offer codecs, null where the browser's own has VP8 first, as it should: every
 * endpoint can do VP8. The others stay in the list: some browsers refuse offers with codecs taken out.
 * @type {RTCRtpCodec[] | null | undefined}
 */
let preferred;

/** The question is slow the first time (it goes to the graphics card), so it is asked while a call rings. */
export function videoCodecs() {
  if (preferred === undefined) {
    const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
    const isVp8 = (/** @type {RTCRtpCodec} */ codec) => codec.mimeType.toLowerCase() === 'video/vp8';
    preferred = all[0] && isVp8(all[0]) ? null : [...all.filter(isVp8), ...all.filter((codec) => !isVp8(codec))];
  }
  return preferred;
}
