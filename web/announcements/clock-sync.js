/**
 * What the server's clock shows, from round trips against a clock of one's own that only ever goes on. Pure, and the twin
 * of kith/endpoint/clock_sync.py, which says why. All times are seconds.
 *
 * The server's time is never further from what `serverTime` says than `within`, as long as neither clock was set and they
 * drift apart by less than MOST_DRIFT.
 */

/** The question left at `sent`, the answer was here at `received`, and between the two the server's clock showed `server`. @typedef {{sent: number, received: number, server: number}} RoundTrip */

/** Seconds that the server's clock gains in one second of one's own. @typedef {{rate: number, within: number}} Drift */

export const MOST_DRIFT = 500e-6;
export const MOST_ROUNDS = 8;
const PRECISION = 1e-5;
const SPAN = 3_600;

/** @param {RoundTrip} trip */
export const middleOf = ({ sent, received }) => (sent + received) / 2;

/** @param {RoundTrip} trip */
export const withinOf = ({ sent, received }) => ((received - sent) / 2) * (1 + MOST_DRIFT) + PRECISION;

/**
 * The rounds that are remembered, with one more: of each the quickest trip, the oldest first.
 * @param {readonly RoundTrip[]} rounds @param {readonly RoundTrip[]} trips @returns {readonly RoundTrip[]}
 */
export function heard(rounds, trips) {
  const [quickest] = trips.filter(({ sent, received }) => received >= sent).sort((one, other) => withinOf(one) - withinOf(other));
  if (!quickest) return rounds;
  if (contradicts(rounds, quickest)) return [quickest];
  const recent = rounds.filter((one) => middleOf(quickest) - middleOf(one) <= SPAN);
  return thinned([...recent, quickest]);
}

/** What the server's clock shows at `steady` on the own one; null where nothing was heard yet. @param {readonly RoundTrip[]} rounds @param {number} steady @returns {{time: number, within: number} | null} */
export function serverTime(rounds, steady) {
  const drift = driftOf(rounds);
  const readings = rounds.map((trip) => {
    const ago = steady - middleOf(trip);
    return { time: trip.server + ago * (1 + drift.rate), within: withinOf(trip) + Math.abs(ago) * drift.within };
  });
  return readings.sort((one, other) => one.within - other.within)[0] ?? null;
}

/** In how many seconds of the own clock the server's shows `time`; null where nothing was heard yet. @param {readonly RoundTrip[]} rounds @param {number} time @param {number} steady */
export function until(rounds, time, steady) {
  const reading = serverTime(rounds, steady);
  return reading === null ? null : (time - reading.time) / (1 + driftOf(rounds).rate);
}

/** @param {readonly RoundTrip[]} rounds @param {RoundTrip} trip */
function contradicts(rounds, trip) {
  const newest = rounds.at(-1);
  if (newest && middleOf(trip) < middleOf(newest)) return true; // the own clock went back: it is another one
  const reading = serverTime(rounds, middleOf(trip));
  return reading !== null && Math.abs(reading.time - trip.server) > reading.within + withinOf(trip);
}

/** As far as any two rounds bound it. @param {readonly RoundTrip[]} rounds @returns {Drift} */
function driftOf(rounds) {
  let [low, high] = [-MOST_DRIFT, MOST_DRIFT];
  for (const [at, early] of rounds.entries()) {
    for (const late of rounds.slice(at + 1)) {
      const apart = middleOf(late) - middleOf(early);
      if (apart <= 0) continue;
      const rate = (late.server - early.server) / apart - 1;
      const within = (withinOf(early) + withinOf(late)) / apart;
      [low, high] = [Math.max(low, rate - within), Math.min(high, rate + within)];
    }
  }
  return low > high ? { rate: 0, within: MOST_DRIFT } : { rate: (low + high) / 2, within: (high - low) / 2 };
}

/** Without the one that is nearest to the one before it. @param {readonly RoundTrip[]} rounds @returns {readonly RoundTrip[]} */
function thinned(rounds) {
  if (rounds.length <= MOST_ROUNDS) return rounds;
  const gaps = rounds.slice(1, -1).map((late, at) => middleOf(late) - middleOf(/** @type {RoundTrip} */ (rounds[at])));
  const crowded = 1 + gaps.indexOf(Math.min(...gaps));
  return rounds.filter((_, at) => at !== crowded);
}
