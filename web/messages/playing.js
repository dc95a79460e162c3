/** The one voice message that is heard now: another one takes its place. */

import { canPlay, Player } from './player.js';

/** @import {Source} from './player.js' */

export class Playing {
  /** Which message. @type {string | null} */ id = null;
  /** @type {Player | null} */ #player = null;
  /** @type {Source} */ #source = async () => null;
  /** @type {Set<(id: string) => void>} told of which message something is another now */ #listeners = new Set();
  /** It was heard to its end. @type {(id: string) => void} */ heard = () => {};

  get supported() {
    return canPlay();
  }

  /** @param {(id: string) => void} listener @returns {() => void} stops it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** How a message stands. @param {string} id @returns {'playing' | 'paused' | 'loading' | 'off'} */
  standing(id) {
    if (id !== this.id || this.#player === null) return 'off';
    if (!this.#player.begun) return 'loading';
    return this.#player.paused ? 'paused' : 'playing';
  }

  /** Seconds from its beginning. */
  get position() {
    return this.#player?.position ?? 0;
  }

  /** From a gesture of the person: play it, pause it, or go on. @param {string} id @param {Source} source */
  async toggle(id, source) {
    if (id !== this.id || this.#player === null) {
      this.begin(id, source, 0);
      return;
    }
    await (this.#player.paused ? this.#player.resume() : this.#player.pause());
  }

  /** @param {string} id @param {Source} source @param {number} from seconds */
  begin(id, source, from) {
    this.stop();
    this.id = id;
    this.#source = source;
    const player = new Player(source, { ended: (whole) => this.#ended(player, whole), changed: () => player === this.#player && this.#tell(id) }, from);
    this.#player = player;
    player.play();
    this.#tell(id);
  }

  /** Go to another place. @param {string} id @param {number} from seconds */
  seek(id, from) {
    if (id === this.id) this.begin(id, this.#source, from);
  }

  stop() {
    const { id } = this;
    this.#player?.stop();
    this.#player = null;
    this.id = null;
    if (id !== null) this.#tell(id);
  }

  /** @param {Player} player @param {boolean} whole */
  #ended(player, whole) {
    const { id } = this;
    if (player !== this.#player || id === null) return;
    this.stop();
    if (whole) this.heard(id);
  }

  /** @param {string} id */
  #tell(id) {
    for (const listener of this.#listeners) listener(id);
  }
}
