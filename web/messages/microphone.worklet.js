/** What a microphone gives, handed over in pieces of about 20 ms: it runs where sound is made, not in the page. */

const scope = /** @type {any} */ (globalThis);
const PIECE = 1_024; // samples

class Microphone extends scope.AudioWorkletProcessor {
  #piece = new Float32Array(PIECE);
  #filled = 0;

  /** @param {Float32Array[][]} inputs */
  process([input]) {
    const channel = input?.[0];
    for (let at = 0; channel && at < channel.length; ) {
      const part = channel.subarray(at, at + PIECE - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === PIECE) this.#hand();
    }
    return true;
  }

  #hand() {
    this.port.postMessage(this.#piece, [this.#piece.buffer]);
    this.#piece = new Float32Array(PIECE);
    this.#filled = 0;
  }
}

scope.registerProcessor('microphone', Microphone);
