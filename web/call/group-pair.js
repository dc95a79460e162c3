/**
 * This endpoint and one other member of a group, end to end: as in a call, but that no server counts the epochs. Who joined
 * later offers, and counts; the other asks for another epoch when nothing comes any more.
 */

import { fromBase64 } from '../core/bytes.js';
import { Sealer } from '../trust/sealer.js';
import { Untrusted } from '../trust/untrusted.js';
import { Epochs } from './epochs.js';
import { FirstWords } from './first-words.js';
import { Secured } from './secured.js';
import { Tries } from './tries.js';

/** @import {MediaView} from '../protocol.js' */
/** @import {Reason} from '../trust/untrusted.js' */
/** @import {SendsBody} from './body.js' */
/** @import {WaySink} from './epochs.js' */
/** @import {Ice} from './ice.js' */
/** @import {Tracks} from './peer.js' */
/** @import {Assurance} from './secured.js' */

/** Another one that never comes up is not followed by ever more. */
const AGAIN_AFTER = 1_000;

/**
 * @typedef {object} PairSink
 * @property {(epoch: number, body: string) => void} signal
 * @property {(epoch: number) => Promise<Assurance>} assure  who the other is; rejects with Untrusted
 * @property {(media: 'connecting' | 'up' | 'lost') => void} media
 * @property {(up: boolean) => void} stands  whether there is a connection, for the server
 * @property {() => void} sealed
 * @property {(sends: Pick<SendsBody, 'audio' | 'video'>) => void} sends  what the other says that it sends
 * @property {() => void} doubt
 * @property {(reason: Reason) => void} untrusted
 */

export class Pair {
  #call;
  #kind;
  #offers;
  #media;
  #sink;
  /** @type {Epochs<Secured>} */ #epochs;
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  #said = '';
  #again = -Infinity;
  #over = false;
  #first = new FirstWords({ read: (epoch, body) => this.#sealed(epoch, body), begin: (epoch, bodies) => this.#follow(epoch, bodies) });
  /** For what is to replace a connection: one who is new here may take their time. */ #tries = new Tries(() => this.#replace());
  /** Who the other one is, as it was asked when they first said something. @type {{epoch: number, assurance: Promise<Assurance>} | null} */ #assured = null;

  /** @param {{call: string, kind: 'group_call' | 'group_drop_in', offers: boolean, media: MediaView, ice: Ice, sink: PairSink}} options `offers`: this side has joined later */
  constructor({ call, kind, offers, media, ice, sink }) {
    this.#call = call;
    this.#kind = kind;
    this.#offers = offers;
    this.#media = media;
    this.#sink = sink;
    this.#epochs = new Epochs({
      offers,
      ice,
      wayOf: (epoch, way) => this.#secured(epoch, way),
      sink: {
        risen: () => {
          this.#tries.done();
          sink.stands(true);
        },
        fallen: () => this.#fallen(),
        failed: () => this.#tries.failed(),
        media: sink.media,
        doubt: sink.doubt,
        sealed: () => {
          sink.sealed();
          this.#tell(true);
        },
        untrusted: sink.untrusted,
      },
    });
    if (offers) this.#epochs.open(0, media);
  }

  get remote() {
    return this.#epochs.remote;
  }

  get peer() {
    return this.#epochs.peer;
  }

  /** @param {number} epoch @param {string} body */
  receive(epoch, body) {
    const there = this.#epochs.at(epoch);
    if (there) there.way.hear(body);
    else if (!this.#offers && epoch > this.#epochs.newest) this.#first.hear(epoch, body);
  }

  /** @param {number} epoch @param {readonly string[]} bodies */
  #follow(epoch, bodies) {
    if (epoch <= this.#epochs.newest) return;
    const way = this.#epochs.open(epoch, this.#media);
    for (const body of bodies) way.hear(body);
  }

  /** Whether the other one has sealed this, for this epoch. @param {number} epoch @param {string} body */
  async #sealed(epoch, body) {
    try {
      this.#assured ??= { epoch, assurance: this.#sink.assure(epoch) };
      const { own, peer } = await this.#assured.assurance;
      const sealer = await Sealer.between({ own: own.keys, secret: own.secret, peer: peer.keys, kind: this.#kind, call: this.#call, epoch });
      return await readable(sealer, body);
    } catch (error) {
      if (!this.#over) this.#sink.untrusted(error instanceof Untrusted ? error.reason : 'missing');
      return false;
    }
  }

  /** @param {Tracks} tracks sent from now on */
  use(tracks) {
    this.#tracks = tracks;
    this.#epochs.use(tracks);
    this.#tell(false);
  }

  /** The network is another one. */
  renew() {
    const { newest } = this.#epochs;
    if (newest < 0) return;
    if (!this.#offers) this.#epochs.at(newest)?.way.say({ kind: 'again' });
    else if (performance.now() - this.#again > AGAIN_AFTER) this.#replace();
  }

  /** The server is reached again: what was asked for meanwhile may not have come through. */
  reachable() {
    if (this.#epochs.quiet) this.renew();
  }

  close() {
    this.#over = true;
    this.#tries.stop();
    this.#first.close();
    this.#epochs.close();
  }

  #replace() {
    this.#again = performance.now();
    this.#tries.begun();
    this.#epochs.open(this.#epochs.newest + 1, this.#media);
  }

  #fallen() {
    this.#sink.stands(false);
    this.renew();
  }

  /** Tell the other what really leaves here; only news, unless `anew`: another connection stands. @param {boolean} anew */
  #tell(anew) {
    const { audio, video } = this.#tracks;
    const said = `${audio !== null}|${video !== null}`;
    if (said === this.#said && !anew) return;
    this.#said = said;
    this.#epochs.at(this.#epochs.newest)?.way.say({ kind: 'sends', audio: audio !== null, video: video !== null });
  }

  /** @param {number} epoch @param {WaySink} way */
  #secured(epoch, way) {
    return new Secured({
      kind: this.#kind,
      call: this.#call,
      epoch,
      role: this.#offers ? 'caller' : 'callee',
      assurance: this.#assured?.epoch === epoch ? this.#assured.assurance : this.#sink.assure(epoch),
      sink: {
        ...way,
        signal: (body) => this.#sink.signal(epoch, body),
        told: (body) => {
          if (body.kind === 'again' && this.#offers && epoch === this.#epochs.newest) this.renew();
          if (body.kind === 'sends' && epoch === this.#epochs.newest) this.#heard(body);
        },
      },
    });
  }

  /** @param {SendsBody} sends */
  #heard({ audio, video }) {
    this.#epochs.expect(audio);
    this.#sink.sends({ audio, video });
  }
}

/** @param {Sealer} sealer @param {string} body base64 */
async function readable(sealer, body) {
  try {
    await sealer.open(fromBase64(body));
    return true;
  } catch {
    return false; // it may be anybody's
  }
}
