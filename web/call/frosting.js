/**
 * Frosted glass before the camera: what leaves this page is a picture that was drawn small and large again, so the
 * detail is gone before it is encoded. policy/frost.js says how small, and when it is clear.
 *
 * The clock belongs to the call. It begins with the first frame that may leave, runs on while the camera is off or another
 * one, and is never set back or forward. From its end on the camera itself is sent. What is drawn depends on that clock
 * at the moment of drawing: a page whose timers are held back (nobody looks at it) shows an older picture, never a
 * clearer one.
 */

import { widthAt } from '../policy/frost.js';

/** Frames a second while frosted: a silhouette needs no more. */
const PACE = 15;

/** Across, in pixels: what is behind the glass has 40 at most. */
const WIDTH = 480;

/** A clear picture is asked for this much later than it may be: clocks and timers round. */
const MARGIN = 20;

export class Frosting {
  #changed;
  #pane = document.createElement('canvas');
  /** Where the picture is small. */ #small = document.createElement('canvas');
  #window = document.createElement('video');
  /** @type {MediaStreamTrack | null} */ #camera = null;
  /** @type {MediaStreamTrack | null} the canvas' picture */ #frosted = null;
  /** When the first frame left, by `performance.now`; null before. @type {number | null} */ #began = null;
  #admitted = false;
  #timers = { draw: 0, clear: 0 };

  /** @param {number} seconds until it is clear @param {() => void} changed what is sent, or until when it is frosted, is another */
  constructor(seconds, changed) {
    this.seconds = seconds;
    this.#changed = changed;
    this.#window.muted = true;
    this.#window.playsInline = true;
  }

  /** What may leave: the frosted picture of the camera, or the camera itself once it is clear. @returns {MediaStreamTrack | null} */
  get track() {
    if (!this.#admitted || this.#camera === null) return null;
    return this.clear ? this.#camera : this.#frosted;
  }

  get clear() {
    return this.#began !== null && widthAt(this.#elapsed(), this.seconds) === null;
  }

  /** How long it still takes, in milliseconds; null before the first frame has left. */
  get remaining() {
    return this.#began === null ? null : Math.max(0, this.seconds * 1_000 - this.#elapsed() * 1_000);
  }

  /** The camera that there is now, or none. @param {MediaStreamTrack | null} camera */
  show(camera) {
    if (camera === this.#camera) return;
    this.#camera = camera;
    this.#stop();
    if (camera !== null && !this.clear) this.#frost(camera);
  }

  /** From now on frames may leave. */
  admit() {
    this.#admitted = true;
    this.#draw();
  }

  close() {
    this.#camera = null;
    this.#admitted = false;
    this.#stop();
    clearTimeout(this.#timers.clear);
  }

  #elapsed() {
    return this.#began === null ? 0 : (performance.now() - this.#began) / 1_000;
  }

  /** @param {MediaStreamTrack} camera */
  #frost(camera) {
    this.#window.srcObject = new MediaStream([camera]);
    this.#window.play().catch(() => {}); // it makes no sound, so nothing forbids it; if it went meanwhile, it went
    this.#frosted = this.#pane.captureStream(PACE).getVideoTracks()[0] ?? null;
    this.#draw();
  }

  #stop() {
    clearTimeout(this.#timers.draw);
    this.#window.srcObject = null;
    this.#frosted?.stop();
    this.#frosted = null;
  }

  #draw() {
    clearTimeout(this.#timers.draw);
    if (this.#frosted === null) return;
    const width = widthAt(this.#elapsed(), this.seconds);
    if (width === null) return; // `#clear` puts the camera in the picture's place
    this.#timers.draw = setTimeout(() => this.#draw(), 1_000 / PACE);
    const { videoWidth, videoHeight } = this.#window;
    if (videoWidth === 0) return;
    this.#through(width, videoHeight / videoWidth);
    if (this.#admitted && this.#began === null) this.#begin();
  }

  /** @param {number} width to which the picture is drawn small @param {number} slope height by width */
  #through(width, slope) {
    resize(this.#small, width, Math.max(1, Math.round(width * slope)));
    resize(this.#pane, WIDTH, Math.round(WIDTH * slope));
    drawn(this.#small, this.#window);
    drawn(this.#pane, this.#small);
  }

  #begin() {
    this.#began = performance.now();
    this.#timers.clear = setTimeout(() => this.#clear(), this.seconds * 1_000 + MARGIN);
    this.#changed();
  }

  #clear() {
    if (!this.clear) {
      this.#timers.clear = setTimeout(() => this.#clear(), MARGIN);
      return;
    }
    this.#changed(); // first the camera takes its place, then the picture goes
    this.#stop();
  }
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** @param {HTMLCanvasElement} canvas @param {CanvasImageSource} picture */
function drawn(canvas, picture) {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
}
