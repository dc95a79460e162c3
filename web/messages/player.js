/**
 * Plays a voice message from its first segment on, while the others may still be on their way.
 *
 * Little is decoded ahead: what has sounded asks for what comes next. Nothing is kept of it.
 */

import { OggReader, RATE, samplesOf } from './ogg.js';

/** @import {Bytes} from '../core/bytes.js' */

/** A segment of a message, once it is there; null after the last. @typedef {(index: number) => Promise<Bytes | null>} Source */

/** `whole`: it was heard to its end; `changed`: it sounds now, or does no longer. @typedef {{ended: (whole: boolean) => void, changed: () => void}} PlayerSink */

/** Seconds that are decoded before they are heard: a page that is busy for as long does not stutter. */
const AHEAD = 3;
/** Packets that are decoded together. */
const BATCH = 12;
const START = 0.05;

export function canPlay() {
  return 'AudioDecoder' in globalThis && 'AudioContext' in globalThis;
}

export class Player {
  #source;
  #sink;
  #context = new AudioContext({ sampleRate: RATE });
  #reader = new OggReader();
  #decoder = new AudioDecoder({ output: (data) => this.#decoded(data), error: () => this.#over(false) });
  /** Packets that wait. @type {Bytes[]} */ #packets = [];
  #next = 0;
  /** All that there is was read. */ #read = false;
  /** Samples that are left out still: those before where it begins. */ #skip = 0;
  #skipKnown = false;
  /** When, in the context's time, the next sound begins; and what is sounding or will. */ #until = 0;
  #sounding = 0;
  /** Samples that the decoder has not given back. */ #decoding = 0;
  #begins = 0;
  #from;
  #timestamp = 0;
  #filling = false;
  #stopped = false;

  /** @param {Source} source @param {PlayerSink} sink @param {number} [from] seconds */
  constructor(source, sink, from = 0) {
    this.#source = source;
    this.#sink = sink;
    this.#from = from;
    this.#context.onstatechange = () => this.#stopped || sink.changed();
    this.#decoder.configure({ codec: 'opus', sampleRate: RATE, numberOfChannels: 1 });
  }

  /** Begin, from a gesture of the person. */
  play() {
    void this.#context.resume();
    void this.#fill();
  }

  async pause() {
    await this.#context.suspend();
  }

  async resume() {
    await this.#context.resume();
    void this.#fill();
  }

  /** Also where the browser wants a gesture first. */
  get paused() {
    return this.#context.state !== 'running';
  }

  /** Whether there is sound: before, it waits for its first piece. */
  get begun() {
    return this.#begins > 0;
  }

  /** Where it is, in seconds from the beginning of the message. */
  get position() {
    if (this.#begins === 0) return this.#from;
    return this.#from + Math.max(0, Math.min(this.#context.currentTime, this.#until) - this.#begins);
  }

  /** Nothing sounds any more, and nobody is told. */
  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#decoder.state !== 'closed') this.#decoder.close();
    void this.#context.close();
  }

  /** Decode until there is enough ahead. */
  async #fill() {
    if (this.#filling || this.#stopped) return;
    this.#filling = true;
    try {
      while (!this.#stopped && this.#ahead < AHEAD && (await this.#more())) this.#decode();
      if (!this.#stopped && this.#read && this.#packets.length === 0) await this.#finish();
    } catch {
      this.#over(false); // no voice that can be heard, or it cannot be had now
    } finally {
      this.#filling = false;
    }
  }

  /** Seconds that are decoded, or about to be, and not heard yet. */
  get #ahead() {
    return this.#decoding / RATE + Math.max(0, this.#until - this.#context.currentTime);
  }

  /** Whether there are packets, after waiting for a segment where there were none. */
  async #more() {
    while (this.#packets.length === 0 && !this.#read && !this.#stopped) {
      const segment = await this.#source(this.#next);
      this.#next += 1;
      if (segment === null) this.#read = true;
      else this.#packets.push(...this.#reader.push(segment));
    }
    if (!this.#skipKnown && this.#packets.length > 0) {
      this.#skipKnown = true;
      this.#skip = this.#reader.preSkip + Math.round(this.#from * RATE);
    }
    return this.#packets.length > 0;
  }

  #decode() {
    for (const packet of this.#packets.splice(0, BATCH)) {
      const samples = samplesOf(packet);
      if (this.#skip > RATE && samples < this.#skip - RATE / 2) {
        this.#skip -= samples; // far before where it begins: not even decoded
        continue;
      }
      this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: this.#timestamp, data: packet }));
      this.#timestamp += Math.round((samples * 1_000_000) / RATE);
      this.#decoding += samples;
    }
  }

  async #finish() {
    await this.#decoder.flush();
    if (this.#sounding === 0) this.#over(true);
  }

  /** @param {AudioData} data */
  #decoded(data) {
    this.#decoding = Math.max(0, this.#decoding - Math.round((data.numberOfFrames * RATE) / data.sampleRate));
    const left = Math.min(this.#skip, data.numberOfFrames);
    this.#skip -= left;
    const count = data.numberOfFrames - left;
    if (count === 0 || this.#stopped) {
      data.close();
      return;
    }
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    const { sampleRate } = data;
    data.close();
    this.#sound(samples.subarray(left), sampleRate);
  }

  /** @param {Float32Array<ArrayBuffer>} samples @param {number} rate */
  #sound(samples, rate) {
    const buffer = this.#context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    const node = new AudioBufferSourceNode(this.#context, { buffer });
    node.connect(this.#context.destination);
    if (this.#begins === 0) {
      this.#begins = this.#context.currentTime + START;
      this.#until = this.#begins;
      this.#sink.changed();
    }
    if (this.#until < this.#context.currentTime) this.#until = this.#context.currentTime + START; // it had to wait
    node.start(this.#until);
    this.#until += samples.length / rate;
    this.#sounding += 1;
    node.onended = () => this.#sounded();
  }

  #sounded() {
    this.#sounding -= 1;
    if (this.#stopped) return;
    if (this.#sounding === 0 && this.#read && this.#packets.length === 0 && !this.#filling) this.#over(true);
    else void this.#fill();
  }

  /** @param {boolean} whole */
  #over(whole) {
    if (this.#stopped) return;
    this.stop();
    this.#sink.ended(whole);
  }
}
