/**
 * Which events of a session have arrived. Pure.
 *
 * Events are numbered 1, 2, 3 ... in a session. After a resume the server repeats what it does not
 * know to have arrived, so an old number is normal and is dropped. Acks are cumulative.
 */

/** How many events may stand unacked; the server's outbox is bounded, so a lazy reader would be cut off. */
export const ACK_EVERY = 16;

export class Inbox {
  /** The last event that arrived. */
  last = 0;
  /** Events that arrived since the last ack. */
  unacked = 0;

  /** Whether the event is new and must be acted on. @param {number} seq */
  accept(seq) {
    this.unacked += 1; // a repeated one too: its ack was lost
    if (seq <= this.last) return false;
    this.last = seq;
    return true;
  }

  /** The seq to ack now. */
  acked() {
    this.unacked = 0;
    return this.last;
  }

  get full() {
    return this.unacked >= ACK_EVERY;
  }
}
