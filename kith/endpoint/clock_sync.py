"""What the server's clock shows, from round trips against a clock of one's own that only ever goes on. Pure.

    trip   at `sent` the question left, at `received` the answer was here; `server` is what the server's clock showed at
           some moment between the two (all in seconds; RFC 5905 section 8 does the same with four stamps)

The law of this file

    The server's time is never further from what `server_time` says than `within`, as long as neither clock was set and
    they drift apart by less than MOST_DRIFT.

Of one round of trips the quickest counts: it leaves the least room for what the network did. The rounds are held
against each other: two that are far apart in time bound how fast the clocks drift apart, and one that contradicts what
was known says that a clock was set, or that the machine slept: then nothing counts that was known before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

MOST_DRIFT = 500e-6
"""Seconds in a second by which two clocks drift apart at most. A cheap quartz has a tenth of it; more would only make
everything that was not measured just now less certain."""

MOST_ROUNDS = 8
"""Rounds that are remembered. With twice as many the drift would be known hardly better."""

PRECISION = 1e-5
"""Seconds to which a stamp is right, however it was written: a float of Unix seconds alone takes a fortieth of it."""

SPAN = 3_600.0
"""Seconds for which a round counts: a quartz that has become warmer since drifts in another way."""


class RoundTrip(NamedTuple):
    """See the module."""

    sent: float
    received: float
    server: float

    @property
    def middle(self) -> float:
        return (self.sent + self.received) / 2

    @property
    def within(self) -> float:
        """By how much the server's time in the middle may differ from `server`."""
        return (self.received - self.sent) / 2 * (1 + MOST_DRIFT) + PRECISION


class Reading(NamedTuple):
    """The server's time in Unix seconds, and by how much that may be wrong."""

    time: float
    within: float


class _Drift(NamedTuple):
    """Seconds that the server's clock gains in one second of one's own."""

    rate: float
    within: float


_UNKNOWN = _Drift(0.0, MOST_DRIFT)


@dataclass(frozen=True, slots=True)
class ClockSync:
    """`rounds`: the quickest trip of each, the oldest first."""

    rounds: tuple[RoundTrip, ...] = ()

    def heard(self, trips: Iterable[RoundTrip]) -> "ClockSync":
        """With one more round. Trips that end before they begin say nothing."""
        sound = [trip for trip in trips if trip.received >= trip.sent]
        if not sound:
            return self
        quickest = min(sound, key=lambda trip: trip.within)
        if self._contradicts(quickest):
            return ClockSync((quickest,))
        recent = [one for one in self.rounds if quickest.middle - one.middle <= SPAN]
        return ClockSync(_thinned((*recent, quickest)))

    def server_time(self, steady: float) -> Reading | None:
        """What the server's clock shows at `steady` on the own one; None where nothing was heard yet."""
        drift = self._drift()
        return min(
            (_read(one, drift, steady) for one in self.rounds),
            key=lambda reading: reading.within,
            default=None,
        )

    def until(self, time: float, steady: float) -> float | None:
        """In how many seconds of the own clock the server's shows `time`; negative where it has."""
        reading = self.server_time(steady)
        return None if reading is None else (time - reading.time) / (1 + self._drift().rate)

    def _contradicts(self, trip: RoundTrip) -> bool:
        if self.rounds and trip.middle < self.rounds[-1].middle:
            return True  # the own clock went back: it is another one
        reading = self.server_time(trip.middle)
        return reading is not None and abs(reading.time - trip.server) > reading.within + trip.within

    def _drift(self) -> _Drift:
        """As far as any two rounds bound it."""
        found = (
            _between(early, late)
            for at, early in enumerate(self.rounds)
            for late in self.rounds[at + 1 :]
            if late.middle > early.middle
        )
        low = high = None
        for one in found:
            low = one.rate - one.within if low is None else max(low, one.rate - one.within)
            high = one.rate + one.within if high is None else min(high, one.rate + one.within)
        if low is None or high is None:
            return _UNKNOWN
        low, high = max(low, -MOST_DRIFT), min(high, MOST_DRIFT)
        return _UNKNOWN if low > high else _Drift((low + high) / 2, (high - low) / 2)


def _between(early: RoundTrip, late: RoundTrip) -> _Drift:
    apart = late.middle - early.middle
    return _Drift((late.server - early.server) / apart - 1.0, (early.within + late.within) / apart)


def _read(trip: RoundTrip, drift: _Drift, steady: float) -> Reading:
    ago = steady - trip.middle
    return Reading(trip.server + ago * (1 + drift.rate), trip.within + abs(ago) * drift.within)


def _thinned(rounds: tuple[RoundTrip, ...]) -> tuple[RoundTrip, ...]:
    """Without the one that is nearest to the one before it: those that are left bound the drift best. The newest
    stays."""
    if len(rounds) <= MOST_ROUNDS:
        return rounds
    gaps = [late.middle - early.middle for early, late in pairwise(rounds[:-1])]
    crowded = 1 + gaps.index(min(gaps))
    return rounds[:crowded] + rounds[crowded + 1 :]
