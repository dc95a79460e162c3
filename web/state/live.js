/** How a device fares in a group that the server mixes, in words. Pure. */

/** @import {LiveRoom, LiveSeat} from '../protocol.js' */

const SOME = 0.02; // share of packets: what concealment covers without anybody noticing
const MUCH = 0.1; // words are lost

/** @param {Pick<LiveSeat, 'connected' | 'lost'>} seat @returns {'connecting' | 'good' | 'fair' | 'poor'} */
export function fare({ connected, lost }) {
  if (!connected) return 'connecting';
  if (lost < SOME) return 'good';
  return lost < MUCH ? 'fair' : 'poor';
}

/**
 * For each device that takes part, how many do and how it fares.
 * @param {readonly LiveRoom[]} rooms
 * @returns {Map<string, {count: number, how: ReturnType<typeof fare>}>} by endpoint
 */
export function faring(rooms) {
  return new Map(
    rooms.flatMap(({ seats, others }) => seats.map((seat) => [seat.endpoint, { count: seats.length + others, how: fare(seat) }])),
  );
}
