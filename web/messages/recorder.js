/**
 * Records a voice: microphone → Opus → Ogg → segments, each handed over as soon as it is known whether it is the last.
 *
 * The microphone is on from `start` until the end, and not for a moment longer.
 */

import { concat } from '../core/bytes.js';
import { OggWriter, RATE } from './ogg.js';

/** @import {Bytes} from '../core/bytes.js' */

/** A voice needs no more; five minutes are 0.9 MiB. */
const BITS_A_SECOND = 24_000;
const MOST_SECONDS = 300;
const MOST_BYTES = 1_048_576;

/** What may be sealed as one segment. */
const SEGMENT_BYTES = 24_576;
/** Pages in one: the shorter a segment the sooner it is there, and there may be 64 of them. */
const SEGMENT_PAGES = 5;

const MICROPHONE = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** @typedef {'unsupported' | 'denied' | 'missing' | 'failed'} RecordingTrouble */
/** @typedef {{seconds: number, segments: number, bytes: number}} Recorded */

/**
 * @typedef {object} RecorderSink
 * @property {(bytes: Bytes, index: number, last: boolean) => void} segment  the next piece of one Ogg stream
 * @property {(loudness: number) => void} [level]  0 to 1, about 50 times a second
 * @property {() => void} [full]  it has stopped by itself: it is as long as it may be, or the microphone is gone
 */

export class RecordingError extends Error {
  /** @param {RecordingTrouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.name = 'RecordingError';
    this.trouble = trouble;
  }
}

/** Whether this browser can record a voice at all. */
export function canRecord() {
  return 'AudioEncoder' in globalThis && 'AudioWorkletNode' in globalThis && Boolean(navigator.mediaDevices);
}

export class Recorder {
  #sink;
  #ogg = new OggWriter(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {AudioContext | null} */ #context = null;
  /** @type {AudioEncoder | null} */ #encoder = null;
  #samples = 0;
  #rate = RATE;
  /** Pages that are not a segment yet. @type {Bytes[]} */ #pages = [];
  /** A segment of which it is not known yet whether it is the last. @type {Bytes | null} */ #held = null;
  #segments = 0;
  #bytes = 0;
  #over = false;

  /** @param {RecorderSink} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  /** How much is recorded. */
  get seconds() {
    return this.#samples / this.#rate;
  }

  /** Rejects with RecordingError. Ask from a gesture of the person: else the browser may keep the sound from running. */
  async start() {
    if (!canRecord()) throw new RecordingError('unsupported');
    this.#context = new AudioContext();
    this.#rate = this.#context.sampleRate;
    try {
      const [stream] = await Promise.all([
        navigator.mediaDevices.getUserMedia({ audio: MICROPHONE }),
        this.#context.audioWorklet.addModule('/messages/microphone.worklet.js'),
      ]);
      this.#stream = stream;
      if (this.#over) this.#silence();
      else await this.#listen(stream, this.#context);
    } catch (error) {
      this.cancel();
      throw new RecordingError(troubleOf(error));
    }
  }

  /** Everything that was said is handed over when this resolves. @returns {Promise<Recorded>} */
  async stop() {
    if (!this.#over) {
      this.#over = true;
      this.#silence();
      await this.#encoder?.flush().catch(() => {});
      if (this.#encoder?.state !== 'closed') this.#encoder?.close();
      this.#page(this.#ogg.end());
      this.#cut();
      if (this.#held) this.#hand(this.#held, true);
    }
    return { seconds: Math.round(this.seconds * 10) / 10, segments: this.#segments, bytes: this.#bytes };
  }

  /** Nothing more comes. */
  cancel() {
    this.#over = true;
    this.#silence();
    if (this.#encoder && this.#encoder.state !== 'closed') this.#encoder.close();
  }

  /** @param {MediaStream} stream @param {AudioContext} context */
  async #listen(stream, context) {
    const [track] = stream.getAudioTracks();
    track?.addEventListener('ended', () => this.#sink.full?.());
    this.#encoder = new AudioEncoder({ output: (chunk) => this.#encoded(chunk), error: () => this.#sink.full?.() });
    this.#encoder.configure({ codec: 'opus', sampleRate: this.#rate, numberOfChannels: 1, bitrate: BITS_A_SECOND });
    this.#page(this.#ogg.begin(this.#rate));
    const microphone = new AudioWorkletNode(context, 'microphone', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    microphone.port.onmessage = ({ data }) => this.#heard(data);
    context.createMediaStreamSource(stream).connect(microphone);
    await context.resume();
  }

  /** @param {Float32Array<ArrayBuffer>} samples */
  #heard(samples) {
    if (this.#over || this.#encoder?.state !== 'configured') return;
    const timestamp = Math.round((this.#samples * 1_000_000) / this.#rate);
    const data = new AudioData({ format: 'f32-planar', sampleRate: this.#rate, numberOfChannels: 1, numberOfFrames: samples.length, timestamp, data: samples });
    this.#samples += samples.length;
    this.#encoder.encode(data);
    data.close();
    this.#sink.level?.(loudness(samples));
    if (this.seconds >= MOST_SECONDS || this.#bytes + SEGMENT_BYTES * 2 > MOST_BYTES) this.#sink.full?.();
  }

  /** @param {EncodedAudioChunk} chunk */
  #encoded(chunk) {
    const packet = new Uint8Array(chunk.byteLength);
    chunk.copyTo(packet);
    const page = this.#ogg.add(packet);
    if (page) this.#page(page);
  }

  /** @param {Bytes} page */
  #page(page) {
    if (page.length + this.#pages.reduce((sum, { length }) => sum + length, 0) > SEGMENT_BYTES) this.#cut();
    this.#pages.push(page);
    if (this.#pages.length >= SEGMENT_PAGES) this.#cut();
  }

  #cut() {
    if (this.#pages.length === 0) return;
    if (this.#held) this.#hand(this.#held, false);
    this.#held = concat(...this.#pages);
    this.#pages = [];
  }

  /** @param {Bytes} segment @param {boolean} last */
  #hand(segment, last) {
    this.#bytes += segment.length;
    this.#segments += 1;
    this.#sink.segment(segment, this.#segments - 1, last);
  }

  #silence() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    if (this.#context && this.#context.state !== 'closed') void this.#context.close();
    this.#context = null;
  }
}

/** Of a piece: a voice beside the microphone is about 1. @param {Float32Array} samples */
function loudness(samples) {
  let sum = 0;
  for (const one of samples) sum += one * one;
  return Math.min(1, 4 * Math.sqrt(sum / samples.length));
}

/** @param {unknown} error @returns {RecordingTrouble} */
function troubleOf(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'failed';
}
