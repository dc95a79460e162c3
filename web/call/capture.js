/**
 * Microphone and camera. Off means off: what is not wanted is stopped, not merely silenced, so the
 * browser's own light agrees with ours, and ours is lit exactly while a track is live.
 */

/** @import {Capture as Live, CaptureTrouble} from '../state/state.js' */
/** @import {Tracks} from './peer.js' */

/** @typedef {'audio' | 'video'} Kind */

/** @type {Record<Kind, MediaTrackConstraints>} */
const CONSTRAINTS = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24, max: 30 }, facingMode: 'user' },
};

/** For a mesh: the same picture is encoded for each of the others, and shown small. @type {MediaTrackConstraints} */
const SMALL = { width: { ideal: 480 }, height: { ideal: 270 }, frameRate: { ideal: 15, max: 20 }, facingMode: 'user' };

export class Capture {
  /** Whether a camera that starts from now on is to give a small picture. */ frugal = false;
  /** @type {Record<Kind, boolean>} */ #wanted = { audio: false, video: false };
  /** @type {Tracks} */ #tracks = { audio: null, video: null };
  /** @type {Record<Kind, CaptureTrouble | null>} */ #trouble = { audio: null, video: null };
  #turn = Promise.resolve();
  #changed;

  /** @param {() => void} changed called when `tracks` or `live` may differ from before */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Who else is told of changes, after the first. @param {() => void} also */
  follow(also) {
    const first = this.#changed;
    this.#changed = () => {
      first();
      also();
    };
  }

  /** The live tracks. @returns {Tracks} */
  get tracks() {
    return { ...this.#tracks };
  }

  /** @returns {Live} */
  get live() {
    const { audio, video } = this.#tracks;
    return {
      audio: audio !== null,
      video: video !== null,
      audioWanted: this.#wanted.audio,
      videoWanted: this.#wanted.video,
      audioTrouble: this.#trouble.audio,
      videoTrouble: this.#trouble.video,
    };
  }

  /**
   * Say what is wanted from now on. Stopping is immediate; starting takes as long as the device does.
   * Resolves when what was wanted has started or has failed to.
   * @param {Partial<Record<Kind, boolean>>} wanted
   */
  want(wanted) {
    Object.assign(this.#wanted, wanted);
    for (const kind of kinds) if (!this.#wanted[kind]) this.#stop(kind);
    this.#changed();
    this.#turn = this.#turn.then(() => this.#start());
    return this.#turn;
  }

  async #start() {
    const missing = kinds.filter((kind) => this.#wanted[kind] && this.#tracks[kind] === null);
    if (missing.length === 0) return;
    // Both at once is one question to the person and one wait; if that fails, each for itself.
    if (!(await this.#open(missing)) && missing.length > 1) for (const kind of missing) await this.#open([kind]);
    this.#changed();
  }

  /** @param {Kind[]} asked @returns {Promise<boolean>} whether it went well */
  async #open(asked) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(
        Object.fromEntries(asked.map((kind) => [kind, kind === 'video' && this.frugal ? SMALL : CONSTRAINTS[kind]])),
      );
      for (const track of stream.getTracks()) this.#adopt(track);
      return true;
    } catch (error) {
      for (const kind of asked) this.#trouble[kind] = troubleOf(error);
      return false;
    }
  }

  /** @param {MediaStreamTrack} track */
  #adopt(track) {
    const kind = track.kind === 'audio' ? 'audio' : 'video';
    this.#trouble[kind] = null;
    if (!this.#wanted[kind]) {
      track.stop(); // the person changed their mind while the device was starting
      return;
    }
    this.#tracks[kind] = track;
    track.onended = () => this.#ended(track, kind);
  }

  /** The device was pulled out, or the permission withdrawn. @param {MediaStreamTrack} track @param {Kind} kind */
  #ended(track, kind) {
    if (this.#tracks[kind] !== track) return;
    this.#tracks[kind] = null;
    this.#wanted[kind] = false;
    this.#trouble[kind] = 'failed';
    this.#changed();
  }

  /** @param {Kind} kind */
  #stop(kind) {
    const track = this.#tracks[kind];
    this.#trouble[kind] = null;
    if (track === null) return;
    this.#tracks[kind] = null;
    track.onended = null;
    track.stop();
  }
}

/** @type {readonly Kind[]} */
const kinds = ['audio', 'video'];

/** @param {unknown} error what getUserMedia rejected with @returns {CaptureTrouble} */
function troubleOf(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'failed';
}
