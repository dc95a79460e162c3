/**
 * One peer connection: the media of one call in one epoch.
 *
 * The caller's side offers, the other answers, so negotiation cannot glare. The lines are fixed by the
 * server's `media`; tracks come and go on them (a camera that is switched off or still starting) without
 * a new negotiation, so nothing here waits for a camera.
 */

import { writeBody } from './body.js';
import { relayedCandidate, relayedOnly } from './relayed.js';

/** @import {MediaView} from '../protocol.js' */
/** @import {Body} from './body.js' */
/** @import {Ice} from './ice.js' */

/**
 * Nothing came for two seconds or three when a connection says `disconnected`. It may heal by itself; another one is
 * made beside it soon all the same, because a person notices.
 */
const DISCONNECTED_PATIENCE = 500;

/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */

/**
 * @typedef {object} PeerSink
 * @property {(body: string) => void} signal
 * @property {() => void} up  connected, also again after a short break
 * @property {() => void} weak  no packets come; it may heal
 * @property {() => void} lost  gone for good
 */

export class Peer {
  #connection;
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
  /** Nothing to wait for: the servers were known when this connection was made. */ #prepared = true;

  /**
   * @param {{certificate: RTCCertificate | null, media: MediaView, tracks: Tracks, ice: Ice, sink: PeerSink}} options
   */
  constructor({ certificate, media, tracks, ice, sink }) {
    this.media = media;
    this.#tracks = tracks;
    this.#sink = sink;
    const certificates = certificate === null ? {} : { certificates: [certificate] };
    this.#relayOnly = ice.relayOnly;
    this.#connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...ice.ways, ...certificates });
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

  /** What the far end sent. @param {Body} body */
  receive(body) {
    if (body.kind === 'description') this.#inTurn(() => this.#described(body));
    else this.#inTurn(() => this.#reached(body.candidate));
  }

  /** Send these tracks from now on. @param {Tracks} tracks */
  use(tracks) {
    this.#tracks = tracks;
    if (this.#done) return;
    for (const { sender, receiver, direction } of this.#connection.getTransceivers()) {
      const track = receiver.track.kind === 'audio' ? tracks.audio : tracks.video;
      if (direction.startsWith('send') && sender.track !== track) sender.replaceTrack(track).catch(() => {});
    }
  }

  getStats() {
    return this.#connection.getStats();
  }

  close() {
    this.#done = true;
    clearTimeout(this.#patience);
    this.#connection.close();
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
    this.#say();
  }

  #say() {
    const description = this.#connection.localDescription;
    if (description === null) return;
    const sdp = this.#relayOnly ? relayedOnly(description.sdp) : description.sdp;
    this.#send({ kind: 'description', type: description.type === 'offer' ? 'offer' : 'answer', sdp });
  }

  /**
   * One that comes again, because a server lost track of it, changes nothing; an offer is answered again.
   * @param {Extract<Body, {kind: 'description'}>} description
   */
  async #described({ type, sdp }) {
    if (this.#connection.remoteDescription !== null) {
      if (type === 'offer') this.#say();
      return;
    }
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
    if (track && transceiver.direction.startsWith('send')) transceiver.sender.replaceTrack(track).catch(() => {});
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
      this.#send({ kind: 'candidate', candidate: null });
    } else if (candidate.candidate !== '') {
      const { sdpMid, sdpMLineIndex } = candidate;
      const line = this.#relayOnly ? relayedCandidate(candidate.candidate) : candidate.candidate;
      if (line !== null) this.#send({ kind: 'candidate', candidate: { candidate: line, sdpMid, sdpMLineIndex } });
    }
  }

  /** @param {Body} body */
  #send(body) {
    if (!this.#done) this.#sink.signal(writeBody(body));
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
        this.#sink.up();
        break;
      case 'disconnected':
        this.#sink.weak();
        this.#patience = setTimeout(() => this.#lost(), DISCONNECTED_PATIENCE);
        break;
      case 'failed':
        this.#lost();
    }
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
