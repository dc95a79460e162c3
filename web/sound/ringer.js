/** Plays tones. A browser lets a page sound only after the person has touched it once: `unlock`. */

/** @import {Note, Tone} from './tones.js' */

/** Samples to look at together: most of a second. */
const LISTEN = 32_768;

export class Ringer {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {GainNode | null} the tone that sounds now; cutting it off silences all its notes */ #playing = null;

  /** Told when sound has become possible, or is not any more. */
  changed = () => {};

  /** Call it from a gesture of the person. */
  unlock() {
    this.touched = true;
    this.#made().resume().catch(() => {});
  }

  /** Whether this page has been touched since it was opened. */
  touched = false;

  /** Whether a ring would be heard. */
  get unlocked() {
    return this.#context?.state === 'running';
  }

  /** @param {Tone} tone @param {number} volume 0 to 1 @param {{repeat: boolean}} options */
  play(tone, volume, { repeat }) {
    this.stop();
    const context = this.#made();
    if (!this.unlocked) context.resume().catch(() => {});
    const out = outlet(context, volume);
    this.#playing = out;
    this.#round(context, tone, out, repeat);
  }

  stop() {
    this.#playing?.disconnect();
    this.#playing = null;
  }

  /**
   * Play a tone once, beside whatever else sounds: nothing stops it but `signal`.
   * @param {Tone} tone @param {number} volume 0 to 1 @param {AbortSignal} [signal]
   * @returns {Promise<boolean>} once it has sounded to its end: true. False, at once, where nothing can sound.
   */
  announce(tone, volume, signal) {
    const context = this.#context;
    if (context?.state !== 'running' || signal?.aborted) return Promise.resolve(false);
    const out = outlet(context, volume);
    return new Promise((resolve) => {
      const over = (/** @type {boolean} */ whole) => {
        context.removeEventListener('statechange', lost);
        out.disconnect();
        resolve(whole);
      };
      const lost = () => context.state === 'running' || over(false); // the sound was taken away
      context.addEventListener('statechange', lost);
      signal?.addEventListener('abort', () => over(false), { once: true });
      sound(context, tone, out, () => over(true));
    });
  }

  /** A recording, ready to be played; rejects where it is none. @param {import('../core/bytes.js').Bytes} recording @returns {Promise<AudioBuffer>} */
  decoded(recording) {
    return this.#made().decodeAudioData(recording.buffer.slice(recording.byteOffset, recording.byteOffset + recording.length));
  }

  /**
   * Play a tone at a moment, and a recording right after it, beside whatever else sounds. What of it is over by then is
   * left out.
   * @param {number} moment of performance.now() @param {Tone | null} tone @param {AudioBuffer | null} recording
   * @param {number} volume 0 to 1 @param {number} longest seconds of the recording that are played at most
   * @returns {(() => void) | null} silences it; null where nothing can sound
   */
  performAt(moment, tone, recording, volume, longest) {
    const context = this.#context;
    if (context?.state !== 'running') return null;
    const start = contextTime(context, moment);
    const out = outlet(context, volume);
    for (const note of tone?.notes ?? []) if (start + note.at >= context.currentTime) strike(context, note, start, out);
    if (recording) {
      const begin = start + (tone?.round ?? 0);
      const passed = Math.max(0, context.currentTime - begin);
      const source = new AudioBufferSourceNode(context, { buffer: recording });
      source.connect(out);
      source.onended = () => out.disconnect();
      source.start(begin + passed, passed, longest);
    }
    return () => out.disconnect();
  }

  /** Measures how loud a track is, in the place where the tones are made. @param {MediaStreamTrack} track @returns {AnalyserNode | null} */
  listen(track) {
    if (this.#context === null) return null;
    const ear = new AnalyserNode(this.#context, { fftSize: LISTEN });
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(ear);
    return ear;
  }

  #made() {
    if (this.#context === null) {
      this.#context = new AudioContext();
      this.#context.addEventListener('statechange', () => this.changed());
    }
    return this.#context;
  }

  /** The end of one round, told by the sound itself, begins the next. @param {AudioContext} context @param {Tone} tone @param {GainNode} out @param {boolean} repeat */
  #round(context, tone, out, repeat) {
    sound(context, tone, out, () => {
      if (this.#playing !== out) return;
      if (repeat) this.#round(context, tone, out, repeat);
      else this.stop();
    });
  }
}

/** When a sample has to be due so that it is heard at a moment: what is heard now was due a while ago. @param {AudioContext} context @param {number} moment of performance.now() */
function contextTime(context, moment) {
  const { contextTime: heard = 0, performanceTime: at = 0 } = context.getOutputTimestamp();
  if (at > 0 && heard > 0) return heard + (moment - at) / 1_000;
  return context.currentTime + (moment - performance.now()) / 1_000 - (context.outputLatency || context.baseLatency);
}

/** @param {AudioContext} context @param {number} volume 0 to 1 */
function outlet(context, volume) {
  const out = context.createGain();
  out.gain.value = volume ** 2; // loudness is heard about as the square root of it
  out.connect(context.destination);
  return out;
}

/** One round of a tone. @param {AudioContext} context @param {Tone} tone @param {GainNode} out @param {() => void} over told by the sound itself */
function sound(context, tone, out, over) {
  const start = context.currentTime + 0.02;
  for (const note of tone.notes) strike(context, note, start, out);
  const end = context.createConstantSource();
  end.offset.value = 0;
  end.connect(out);
  end.onended = over;
  end.start(start);
  end.stop(start + tone.round);
}

/** @param {AudioContext} context @param {Note} note @param {number} start @param {AudioNode} out */
function strike(context, note, start, out) {
  const begin = start + note.at;
  const end = begin + note.length;
  const loudness = context.createGain();
  loudness.gain.setValueAtTime(0, begin);
  loudness.gain.linearRampToValueAtTime(0.5, begin + 0.01);
  if (note.shape === 'bell') loudness.gain.exponentialRampToValueAtTime(0.001, end);
  else loudness.gain.setValueAtTime(0.5, end - 0.02);
  loudness.gain.linearRampToValueAtTime(0, end);
  loudness.connect(out);
  const pitch = context.createOscillator();
  pitch.frequency.value = note.hertz;
  pitch.connect(loudness);
  pitch.start(begin);
  pitch.stop(end);
}
