/**
 * Notices that the other side's sound stays away. Browsers say so after five seconds, which is an age in a conversation;
 * so this looks at when the newest sound came. Only while the other side says that it sends some.
 */

/** How often to look: nothing tells. Reading it costs nothing, as it does not ask the network's side of the browser. */
const LOOK = 200;

/** Then something may be wrong: time to look whether the server still answers, which costs nothing either. */
const QUIET = 400;

/** Then another connection is made beside this one, which goes on if it was only a gap. */
const LOST = 1_500;

/** @typedef {{quiet: () => void, lost: () => void, heard: () => void}} SilenceSink  the first two once, until something is heard again; that is said after `lost` only */

export class Silence {
  #connection;
  #sink;
  #expecting = false;
  /** When the newest sound came, by the browser's own count. */ #newest = 0;
  #since = 0;
  /** How much was said of this silence. */ #said = 0;
  #timer = 0;

  /** @param {RTCPeerConnection} connection @param {SilenceSink} sink */
  constructor(connection, sink) {
    this.#connection = connection;
    this.#sink = sink;
  }

  /** Whether there should be sound. @param {boolean} sound */
  expect(sound) {
    this.#expecting = sound;
    this.#since = performance.now();
    this.#said = 0;
  }

  /** Whether nothing is heard that should be. */
  get quiet() {
    return this.#said > 0;
  }

  watch() {
    clearTimeout(this.#timer);
    this.#since = performance.now();
    this.#look();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #look() {
    const now = performance.now();
    const newest = newestOf(this.#connection);
    if (newest !== this.#newest) {
      this.#newest = newest;
      this.#since = now;
      if (this.#said > 1) this.#sink.heard();
      this.#said = 0;
    } else if (this.#expecting && this.#newest > 0) {
      this.#judge(now - this.#since);
    }
    this.#timer = setTimeout(() => this.#look(), LOOK);
  }

  /** @param {number} silence milliseconds */
  #judge(silence) {
    if (silence >= QUIET && this.#said < 1) {
      this.#said = 1;
      this.#sink.quiet();
    }
    if (silence >= LOST && this.#said < 2) {
      this.#said = 2;
      this.#sink.lost();
    }
  }
}

/** @param {RTCPeerConnection} connection @returns {number} 0 before anything came */
function newestOf(connection) {
  const sound = connection.getReceivers().filter(({ track }) => track.kind === 'audio');
  return Math.max(0, ...sound.flatMap((receiver) => receiver.getSynchronizationSources()).map(({ timestamp }) => timestamp));
}
