/** The media of one call, from answer to end. Losing signaling alone changes nothing here. */

import { Epochs } from './epochs.js';
import { Secured } from './secured.js';

/** @import {CallView, MediaView} from '../protocol.js' */
/** @import {Draft} from '../session/session.js' */
/** @import {Kind} from '../trust/transcript.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {WaySink} from './epochs.js' */
/** @import {Ice} from './ice.js' */
/** @import {Assurance} from './secured.js' */
/** @import {Tracks} from './peer.js' */

/** How many signals may come before their epoch: an offer and the candidates of a phone with many networks. */
const EARLY = 64;

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

export class Conversation {
  #call;
  #kind;
  #role;
  #sink;
  /** @type {Epochs<Secured>} */ #epochs;
  /** The epochs of which it is not known yet with whom they are. @type {Map<number, (assurance: Promise<Assurance>) => void>} */ #unassured = new Map();
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  /** @type {{epoch: number, body: string}[]} signals of epochs that are still to come */ #early = [];
  #answered = false;
  /** @type {string} */ #indicated = '';

  /**
   * @param {{call: string, kind: Kind, role: 'caller' | 'callee', from?: number, ice: Ice, sink: ConversationSink}} options
   *   `kind`: what it was here from the first moment: what the other side seals for another kind does not open. `from`: the first epoch to take part in, later than 0 where this page joins a call that it had lost
   */
  constructor({ call, kind, role, from = 0, ice, sink }) {
    this.#call = call;
    this.#kind = kind;
    this.#role = role;
    this.#sink = sink;
    const { media, doubt, sealed, untrusted } = sink;
    this.#epochs = new Epochs({
      offers: role === 'caller',
      first: from,
      ice,
      wayOf: (epoch, way) => this.#secured(epoch, way),
      sink: {
        risen: (epoch) => sink.send({ t: 'media_up', call, epoch }),
        fallen: (epoch) => sink.send({ t: 'media_lost', call, epoch }),
        failed: () => {}, // whoever began it decides how long to wait
        ...{ media, doubt, sealed, untrusted },
      },
    });
  }

  /** What the far end sends. */
  get remote() {
    return this.#epochs.remote;
  }

  /** Statistics of the connection that is shown, null before there is one. */
  async getStats() {
    return (await this.#epochs.peer?.getStats()) ?? null;
  }

  /** Get ready for the offer of epoch 0 while the answer travels. @param {MediaView} media */
  prepare(media) {
    if (this.#role === 'callee' && this.#epochs.newest < 0) this.#open(0, media);
  }

  /** The server's latest word on the call. @param {CallView} view */
  update(view) {
    if (!view.endpoint) return;
    this.#answered = true;
    const prepared = this.#epochs.at(view.epoch);
    if (prepared) prepared.peer.media = view.media;
    else if (view.epoch > this.#epochs.newest) this.#open(view.epoch, view.media);
    this.#assure(view);
    this.#indicate();
  }

  /** The first view that names the other endpoint says whom this epoch is with. @param {CallView} view */
  #assure(view) {
    this.#unassured.get(view.epoch)?.(this.#sink.assure(view));
    this.#unassured.delete(view.epoch);
  }

  /** A blob from the far end, which may have heard of the epoch before this page did. @param {number} epoch @param {string} body */
  receive(epoch, body) {
    const there = this.#epochs.at(epoch);
    if (there) there.way.hear(body);
    else if (epoch > this.#epochs.newest && this.#early.length < EARLY) this.#early.push({ epoch, body });
  }

  /** Send these tracks from now on, and say so. @param {Tracks} tracks */
  use(tracks) {
    this.#tracks = tracks;
    this.#epochs.use(tracks);
    this.#indicate();
  }

  /** What the other side says of its sound. @param {boolean} sound */
  expect(sound) {
    this.#epochs.expect(sound);
  }

  /** The network is another one: connect anew, beside what there is. */
  networkChanged() {
    const { newest } = this.#epochs;
    if (newest >= 0) this.#sink.send({ t: 'media_lost', call: this.#call, epoch: newest });
  }

  /** The server is reached again. If nothing is heard either, the network was another one. */
  reachable() {
    if (this.#epochs.quiet) this.networkChanged();
  }

  close() {
    this.#epochs.close();
    this.#unassured.clear();
  }

  /** @param {number} epoch @param {MediaView} media */
  #open(epoch, media) {
    const secured = this.#epochs.open(epoch, media);
    const early = this.#early;
    this.#early = early.filter((one) => one.epoch > epoch);
    for (const one of early) if (one.epoch === epoch) secured.hear(one.body);
  }

  /** @param {number} epoch @param {WaySink} sink */
  #secured(epoch, sink) {
    /** @type {Promise<Assurance>} */
    const assurance = new Promise((resolve) => this.#unassured.set(epoch, resolve));
    const signal = (/** @type {string} */ body) => this.#sink.signal({ call: this.#call, epoch, body });
    return new Secured({ kind: this.#kind, call: this.#call, epoch, role: this.#role, assurance, sink: { signal, ...sink } });
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
