"""The law of kith.endpoint.clock_sync: however long answers take and whichever way the clocks drift, what is said of
the server's time is right to within what is said of that."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from kith.endpoint.clock_sync import MOST_DRIFT, MOST_ROUNDS, PRECISION, ClockSync, RoundTrip

ROUNDING = 1e-5
"""Seconds: what a float of Unix seconds cannot tell apart, several times over."""

home_ways = st.lists(st.tuples(st.floats(0.0, 0.02), st.floats(0.0, 0.02)), min_size=5, max_size=5)

START = 1_790_000_000.0


@dataclass(frozen=True)
class Clock:
    """The own one: `ahead` of true time at its beginning, and slower than it by `drift`."""

    ahead: float
    drift: float

    def at(self, true: float) -> float:
        return self.ahead + (true - START) * (1 - self.drift)


@dataclass(frozen=True)
class Round:
    """How long after the one before; of each trip, how long it took there and back, in seconds."""

    after: float
    ways: Sequence[tuple[float, float]]


delays = st.floats(0.0, 1.5)
clocks = st.builds(Clock, st.floats(-1e6, 1e6), st.floats(-0.9 * MOST_DRIFT, 0.9 * MOST_DRIFT))
ways = st.lists(st.tuples(delays, delays), min_size=1, max_size=5)
courses = st.lists(st.builds(Round, st.floats(0.0, 900.0), ways), min_size=1, max_size=14)


def played(clock: Clock, course: Sequence[Round], *, set_by: float = 0.0) -> tuple[ClockSync, float]:
    """What is known once all rounds were heard, and when that is. The server's clock shows true time, and `set_by` more
    from the last round on."""
    sync, now = ClockSync(), START
    for number, one in enumerate(course):
        now += one.after
        ahead = set_by if number == len(course) - 1 else 0.0
        trips = []
        for there, back in one.ways:
            trips.append(
                RoundTrip(clock.at(now), clock.at(now + there + back), now + there + ahead),
            )
            now += there + back
        sync = sync.heard(trips)
    return sync, now


@given(clocks, courses, st.floats(0.0, 7_200.0))
def test_the_time_is_right_to_within_what_is_said(
    clock: Clock, course: Sequence[Round], later: float
) -> None:
    sync, now = played(clock, course)
    reading = sync.server_time(clock.at(now + later))
    assert reading is not None
    assert abs(reading.time - (now + later)) <= reading.within + ROUNDING
    assert len(sync.rounds) <= MOST_ROUNDS


@given(clocks, courses, st.floats(0.0, 60.0))
def test_until_is_when_the_clock_shows_it(clock: Clock, course: Sequence[Round], later: float) -> None:
    sync, now = played(clock, course)
    wait = sync.until(now + later, clock.at(now))
    reading = None if wait is None else sync.server_time(clock.at(now) + wait)
    assert reading is not None
    assert abs(reading.time - (now + later)) <= 2 * reading.within + ROUNDING


@given(clocks, st.lists(st.tuples(delays, delays), min_size=1, max_size=5))
def test_the_quickest_trip_of_a_round_counts(clock: Clock, ways: Sequence[tuple[float, float]]) -> None:
    sync, now = played(clock, [Round(0.0, ways)])
    reading = sync.server_time(clock.at(now))
    assert reading is not None
    since = 2 * 1.5 * len(ways) * MOST_DRIFT
    assert reading.within <= min(map(sum, ways)) / 2 * (1 + MOST_DRIFT) + since + PRECISION + ROUNDING


@given(clocks, courses, st.one_of(st.floats(20.0, 1e6), st.floats(-1e6, -20.0)))
@example(Clock(0.0, 0.0), [Round(0.0, [(0.0, 0.0)]), Round(900.0, [(0.0, 0.0)])], 20.0)
def test_a_server_whose_clock_was_set_is_believed_anew(
    clock: Clock, course: Sequence[Round], by: float
) -> None:
    """What was known before would be wrong by as much as it was set."""
    sync, now = played(clock, course, set_by=by)
    reading = sync.server_time(clock.at(now))
    assert reading is not None
    assert abs(reading.time - (now + by)) <= reading.within + ROUNDING


@given(st.floats(-200e-6, 200e-6), home_ways)
def test_at_home_a_quarter_of_an_hour_bounds_the_drift(
    drift: float, ways: Sequence[tuple[float, float]]
) -> None:
    """So that as long after it the time is known to a twentieth of a second or so, without a question."""
    clock = Clock(2.0, drift)
    sync, now = played(clock, [Round(0.0, ways), Round(900.0, ways), Round(900.0, ways)])
    reading = sync.server_time(clock.at(now + 900.0))
    assert reading is not None
    assert reading.within <= 0.06


def test_whoever_heard_nothing_knows_nothing() -> None:
    assert ClockSync().server_time(1.0) is None
    assert ClockSync().until(1.0, 1.0) is None
    assert ClockSync().heard([]) == ClockSync()
    assert ClockSync().heard([RoundTrip(2.0, 1.0, START)]) == ClockSync()
