/**
 * One drop in on this page, from its arrival to its end. Law: nothing that the microphone or the camera has captured leaves
 * before the tone has sounded to its end, with its light on the screen; and nothing clear before the frost has gone.
 *
 *     shut → (connected with whom it should be, and they may) ready: microphone and camera run, the lights are on
 *          → tone, to its end → (they still may, and this page is still looked at) open
 *          → shut for good: by a person, by the terms, or because they may no longer
 */

import { DROPPING_IN, STILL_HERE } from '../sound/tones.js';
import { Course } from './course.js';
import { Frosting } from './frosting.js';

/** @import {MediaView} from '../protocol.js' */
/** @import {Ringer} from '../sound/ringer.js' */
/** @import {Door as Stage, Frost} from '../state/state.js' */
/** @import {Capture} from './capture.js' */
/** @import {Terms} from './course.js' */
/** @import {Tracks} from './peer.js' */

/** Loud enough through a room, whatever a person has chosen for the ring. */
const LOUD = 0.8;
const ASIDE = 0.4;

/** How long a microphone may take to start before nobody waits for it any more. */
const START_WITHIN = 5_000;

const LOOK = 1_000;

/** @type {Tracks} */
export const NOTHING = { audio: null, video: null };

/** What was decided: how they may come in, and on which terms. @typedef {{mode: 'knock' | 'instant', frost: number} & Terms} Admission */

/**
 * @typedef {object} DoorSink
 * @property {(inside: boolean) => Admission | null} decide  whether they may come in, or stay, as everything stands now
 * @property {(stage: Stage) => void} stage
 * @property {(frost: Frost | null) => void} frost
 * @property {() => void} changed  what leaves is another
 * @property {() => MediaStream | null} remote  what comes
 * @property {(why: 'done' | 'silence' | 'not_let_in') => void} end
 */

export class Door {
  #capture;
  #ringer;
  #sink;
  #gone = new AbortController();
  #begun = false;
  #open = false;
  /** @type {Frosting | null} */ #glass = null;
  /** @type {Course | null} */ #course = null;
  #timer = 0;

  /** @param {{capture: Capture, ringer: Ringer, sink: DoorSink}} parts */
  constructor({ capture, ringer, sink }) {
    this.#capture = capture;
    this.#ringer = ringer;
    this.#sink = sink;
  }

  /** What may leave of what is captured. @param {Tracks} captured @returns {Tracks} */
  outgoing(captured) {
    this.#glass?.show(captured.video);
    if (!this.#open) return NOTHING;
    // Whoever cannot see the own picture shows none.
    return { audio: captured.audio, video: document.hidden ? null : (this.#glass?.track ?? null) };
  }

  /** The connection stands, with whom it should be; this is said again after each new one. @param {MediaView} media */
  connected(media) {
    if (this.#begun) return;
    this.#begun = true;
    void this.#enter(media);
  }

  /** Something has changed that may keep them out, as another set or Do Not Disturb; or the page is hidden, or no longer. */
  reconsider() {
    if (!this.#begun) return;
    if (this.#sink.decide(this.#open) === null) this.#sink.end('not_let_in');
    else this.#sink.changed();
  }

  close() {
    this.#gone.abort();
    this.#open = false;
    this.#glass?.close();
    this.#glass = null;
    clearTimeout(this.#timer);
  }

  /** @param {MediaView} media */
  async #enter(media) {
    const admission = this.#sink.decide(false);
    if (admission === null) return this.#sink.end('not_let_in');
    this.#glass = new Frosting(admission.frost, () => this.#frosted());
    this.#sink.frost({ seconds: admission.frost, until: null });
    this.#sink.stage('tone');
    const started = await this.#started(media);
    const sounded = started && (await this.#ringer.announce(DROPPING_IN, LOUD, this.#gone.signal));
    if (this.#gone.signal.aborted) return undefined;
    if (!sounded || this.#sink.decide(false) === null) return this.#sink.end('not_let_in');
    this.#open = true;
    performance.mark('kith:open');
    this.#glass.admit();
    this.#sink.changed();
    this.#sink.stage('open');
    this.#course = new Course(admission, this.#ringer);
    this.#look();
    return undefined;
  }

  /** Whether the microphone runs, so that its light is on before the tone. @param {MediaView} media */
  async #started({ send_audio, send_video }) {
    const late = new Promise((resolve) => setTimeout(resolve, START_WITHIN));
    await Promise.race([this.#capture.want({ audio: send_audio, video: send_video }), late]);
    return !send_audio || this.#capture.live.audio;
  }

  #frosted() {
    const glass = this.#glass;
    if (glass === null) return;
    this.#sink.frost(glass.clear ? null : { seconds: glass.seconds, until: Date.now() + (glass.remaining ?? 0) });
    this.#sink.changed();
  }

  /** How it goes on: it has its terms. */
  #look() {
    if (this.#sink.decide(true) === null) return this.#sink.end('not_let_in'); // hours end, too
    const due = this.#course?.look(this.#capture.tracks.audio, this.#sink.remote()?.getAudioTracks()[0] ?? null) ?? null;
    if (due === 'chime') void this.#ringer.announce(STILL_HERE, ASIDE, this.#gone.signal);
    else if (due !== null) return this.#sink.end(due === 'silence' ? 'silence' : 'done');
    this.#timer = setTimeout(() => this.#look(), LOOK);
    return undefined;
  }
}
