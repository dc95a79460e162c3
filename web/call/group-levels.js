/** Who speaks in a mesh, by how loud what comes from each is. */

/** How often to look: nothing tells. Reading it costs nothing, as it does not ask the network's side of the browser. */
const LOOK = 250;

/** Louder than a quiet room; the level is that of RFC 6464, as a share of the loudest. */
const SPEECH = 0.02;

/** Between two words nobody has stopped. */
const HOLD = 900;

/** Who says nothing of their level is asked for otherwise, which costs more: every so many looks. */
const RARELY = 4;

/** @typedef {{level: number | null, getStats: () => Promise<RTCStatsReport>}} Heard */

export class Levels {
  #heard;
  #changed;
  /** When each was heard last, by endpoint. @type {Map<string, number>} */ #last = new Map();
  /** @type {readonly string[]} */ #speaking = [];
  #timer = 0;
  #looks = 0;

  /** @param {() => ReadonlyMap<string, Heard>} heard those that are connected @param {(speaking: readonly string[]) => void} changed */
  constructor(heard, changed) {
    this.#heard = heard;
    this.#changed = changed;
    this.#look();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #look() {
    const now = performance.now();
    this.#looks += 1;
    const all = this.#heard();
    for (const [endpoint, one] of all) {
      const { level } = one;
      if (level !== null && level >= SPEECH) this.#last.set(endpoint, now);
      if (level === null && this.#looks % RARELY === 0) void this.#ask(endpoint, one);
    }
    const speaking = [...all.keys()].filter((endpoint) => now - (this.#last.get(endpoint) ?? -Infinity) < HOLD);
    if (speaking.join() !== this.#speaking.join()) {
      this.#speaking = speaking;
      this.#changed(speaking);
    }
    this.#timer = setTimeout(() => this.#look(), LOOK);
  }

  /** @param {string} endpoint @param {Heard} one */
  async #ask(endpoint, one) {
    const report = await one.getStats().catch(() => null);
    const levels = [...(report?.values() ?? [])].filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio').map(({ audioLevel }) => audioLevel ?? 0);
    if (Math.max(0, ...levels) >= SPEECH) this.#last.set(endpoint, performance.now());
  }
}
