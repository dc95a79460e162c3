/**
 * Signals that may not have reached the server. Pure; as kith/endpoint/unconfirmed.py.
 *
 * The server answers no signal that it passes on. It counts them, and says at each sign-in how many have
 * come in the session: what came after those was lost with the connection. With a new session nobody knows
 * what arrived, so everything that is kept goes again, which does no harm.
 */

/** An offer and the candidates of a phone with many networks; the server keeps as many for a peer that is away. */
export const KEPT = 64;

export class Unconfirmed {
  #count = 0;
  /** @type {{number: number, call: string, text: string}[]} */ #kept = [];

  /** @param {string} call @param {string} text sent now, or at the next sign-in */
  add(call, text) {
    this.#count += 1;
    this.#kept.push({ number: this.#count, call, text });
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  /** The call is over: nobody waits for its signals. @param {string} call */
  forget(call) {
    this.#kept = this.#kept.filter((one) => one.call !== call);
  }

  /**
   * What to send again, in order, now that the server has `arrived` signals of the session.
   * @param {number} arrived @param {boolean} resumed whether the session goes on
   */
  missing(arrived, resumed) {
    const lost = this.#kept.filter(({ number }) => !resumed || number > arrived);
    this.#kept = lost.map((one, index) => ({ ...one, number: arrived + index + 1 }));
    this.#count = arrived + lost.length;
    return lost.map(({ text }) => text);
  }
}
