/** Plays tones. A browser lets a page sound only after the person has touched it once: `unlock`. */

/** @import {Note, Tone} from './tones.js' */

export class Ringer {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {GainNode | null} the tone that sounds now; cutting it off silences all its notes */ #playing = null;

  /** Call it from a gesture of the person. */
  unlock() {
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {});
  }

  /** Whether a ring would be heard. */
  get unlocked() {
    return this.#context?.state === 'running';
  }

  /** @param {Tone} tone @param {number} volume 0 to 1 @param {{repeat: boolean}} options */
  play(tone, volume, { repeat }) {
    this.stop();
    this.#context ??= new AudioContext();
    if (!this.unlocked) this.#context.resume().catch(() => {});
    const out = this.#context.createGain();
    out.gain.value = volume ** 2; // loudness is heard about as the square root of it
    out.connect(this.#context.destination);
    this.#playing = out;
    this.#round(this.#context, tone, out, repeat);
  }

  stop() {
    this.#playing?.disconnect();
    this.#playing = null;
  }

  /** The end of one round, told by the sound itself, begins the next. @param {AudioContext} context @param {Tone} tone @param {GainNode} out @param {boolean} repeat */
  #round(context, tone, out, repeat) {
    const start = context.currentTime + 0.02;
    for (const note of tone.notes) strike(context, note, start, out);
    const end = context.createConstantSource();
    end.offset.value = 0;
    end.connect(out);
    end.onended = () => {
      if (this.#playing !== out) return;
      if (repeat) this.#round(context, tone, out, repeat);
      else this.stop();
    };
    end.start(start);
    end.stop(start + tone.round);
  }
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
