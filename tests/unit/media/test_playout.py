"""The playout buffer against simulated networks: a sender every 20 ms, a sink every 20 ms, a path between."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.playout import CAPACITY, Blend, Conceal, Play, Playout, Recover, Silence, Step, unwrap

FRAME = 0.02
Path = Callable[[int, float], float | None]
"""Delay in seconds that packet `n`, sent at a time, meets on its way; None loses it."""


@dataclass
class Run:
    """What a sink saw: (time, step, delay) for each frame it played."""

    playout: Playout
    seen: list[tuple[float, Step, float]] = field(default_factory=list)

    def steps(self, after: float = 0.0) -> Iterator[Step]:
        return (step for time, step, _ in self.seen if time >= after)

    def worst_delay(self, after: float) -> float:
        return max(delay for time, _, delay in self.seen if time >= after)

    def played(self) -> list[int]:
        return [
            int.from_bytes(step.payload, "big") for step in self.steps() if isinstance(step, (Play, Blend))
        ]

    def count(self, kind: type[Step], after: float = 0.0) -> int:
        return sum(isinstance(step, kind) for step in self.steps(after))


def simulate(
    path: Path,
    seconds: float,
    *,
    drift: float = 1.0,
    first: int = 65_500,
    phase: float = 0.007,
    stalls: Sequence[tuple[float, float]] = (),
) -> Run:
    """Sequence numbers and timestamps wrap early in every run. `drift` is the sender's clock against the sink's.
    In a stall (begin, length) the sink's whole process stands still, and catches up afterwards."""

    def awake(time: float) -> float:
        return max(
            (begin + length for begin, length in stalls if begin <= time < begin + length), default=time
        )

    run = Run(Playout())
    arrivals: list[tuple[float, int]] = []
    for n in range(int(seconds / FRAME)):
        sent = n * FRAME * drift
        delay = path(n, sent)
        if delay is not None:
            heappush(arrivals, (sent + delay, n))
    for tick in range(int(seconds / FRAME)):
        now = awake(tick * FRAME + phase)
        while arrivals and arrivals[0][0] <= now:
            at, n = heappop(arrivals)
            at = awake(at)
            sequence, timestamp = (first + n) % 65_536, (2**32 - 9_600 + n * 960) % 2**32
            run.playout.put(sequence, timestamp, n.to_bytes(4, "big"), at)
        while True:
            delay = run.playout.delay(now)
            step = run.playout.step(now)
            run.seen.append((now, step, delay))
            if not isinstance(step, Blend):
                break
    return run


def steady(n: int, sent: float) -> float:
    return 0.03


def test_a_perfect_path_plays_everything_with_little_delay() -> None:
    run = simulate(steady, 10)
    assert run.played() == list(range(run.played()[-1] + 1))
    assert len(run.played()) >= 10 / FRAME - 4
    assert run.count(Conceal) == 0 and run.worst_delay(0) <= 0.05


@pytest.mark.parametrize("lost", [1, 2, 3, 5])
def test_a_loss_is_concealed_and_costs_no_delay(lost: int) -> None:
    def path(n: int, sent: float) -> float | None:
        return None if 100 <= n < 100 + lost else 0.03

    run = simulate(path, 10)
    before = run.worst_delay(0)
    assert run.count(Conceal) + run.count(Recover) == lost
    assert run.worst_delay(3) <= before + 0.001
    assert sorted(set(run.played())) == run.played()


def test_a_long_loss_falls_silent_and_begins_again_at_once() -> None:
    run = simulate(lambda n, sent: None if 100 <= n < 200 else 0.03, 10)
    assert 0 < run.count(Conceal) <= 12 and run.count(Silence) > 80
    assert 200 in run.played() and run.worst_delay(4.1) <= 0.05


def test_the_last_lost_frame_is_recovered_when_its_successor_is_there_in_time() -> None:
    def path(n: int, sent: float) -> float | None:
        if n == 301:
            return None
        return 0.03 + 0.05 * (n % 2)  # jitter makes the buffer deep enough to look ahead

    run = simulate(path, 8)
    assert run.count(Recover) == 1


def test_a_stall_is_caught_up_with_in_five_seconds() -> None:
    def path(n: int, sent: float) -> float:
        return max(0.03, 2.4 - sent) if 2.0 <= sent < 2.4 else 0.03

    run = simulate(path, 12)
    assert run.worst_delay(2.4) > 0.2, "the stall must be felt, or this shows nothing"
    assert run.worst_delay(2.4 + 5) < 0.1
    assert run.count(Blend) > 0


@pytest.mark.parametrize("length", [0.1, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("silent", [False, True], ids=["while voice comes", "while nothing comes"])
def test_a_sink_that_stood_still_goes_on(length: float, silent: bool) -> None:
    def path(n: int, sent: float) -> float | None:
        return None if silent and 1.95 <= sent < 2.0 + length + 0.1 else 0.03

    run = simulate(path, 2 + length + 6, stalls=[(2.0, length)])
    assert run.worst_delay(2 + length + 5) < 0.1
    last = [n for n in run.played() if n * FRAME > 2 + length + 1]
    assert last == list(range(last[0], last[-1] + 1)) or run.count(Blend) > 0
    assert last[-1] * FRAME > 2 + length + 5.8


def test_jitter_is_waited_for_and_forgotten() -> None:
    noise = random.Random(1)

    def path(n: int, sent: float) -> float:
        return 0.03 + (noise.uniform(0, 0.08) if sent < 10 else 0)

    run = simulate(path, 20)
    gaps = run.count(Conceal, after=3) + run.count(Recover, after=3)
    assert gaps <= 0.05 * 7 / FRAME
    assert run.worst_delay(15) < 0.06


@pytest.mark.parametrize("drift", [0.9995, 1.0005])
def test_clocks_that_drift_apart_cost_a_frame_now_and_then_and_no_delay(drift: float) -> None:
    run = simulate(steady, 60, drift=drift)
    assert run.worst_delay(5) < 0.08
    assert run.count(Conceal) + run.count(Blend) <= 8


def test_reordering_within_the_buffer_is_not_heard() -> None:
    def path(n: int, sent: float) -> float:
        return 0.07 if n % 10 == 5 else 0.03

    run = simulate(path, 10)
    after = [n for n in run.played() if n > 150]
    assert after == list(range(after[0], after[-1] + 1))


def test_a_pause_of_the_sender_is_not_concealed_for_long() -> None:
    """A sender that sends nothing for a while: sequence numbers go on, the timestamps have jumped."""
    playout = Playout()
    for n in range(50):
        playout.put(n, n * 960, b"a", n * FRAME)
        playout.step(n * FRAME + 0.015)
    kinds = [type(playout.step(1 + n * FRAME)) for n in range(50)]
    assert kinds[-1] is Silence and kinds.count(Conceal) <= 11
    playout.put(50, 100 * 960, b"b", 2.0)
    assert playout.step(2.02) == Play(b"b")


def test_a_new_stream_replaces_the_old_one() -> None:
    playout = Playout()
    for n in range(10):
        playout.put(n, n * 960, b"old", n * FRAME)
    playout.put(30_000, 5, b"new", 0.3)
    assert playout.step(0.32) == Play(b"new")


def test_a_flood_is_bounded() -> None:
    playout = Playout()
    for n in range(10_000):
        playout.put(n % 65_536, n * 960, b"x", n * 0.0001)
        assert len(playout._packets) <= CAPACITY + 1


@given(value=st.integers(-(2**40), 2**40), offset=st.integers(-(2**15), 2**15 - 1))
def test_unwrap_finds_the_nearest(value: int, offset: int) -> None:
    assert unwrap((value + offset) % 65_536, value, 16) == value + offset


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0, 0.3),
    jitter=st.floats(0, 0.15),
    stalls=st.lists(st.tuples(st.floats(0.5, 3.5), st.floats(0, 0.6)), max_size=3),
    sleeps=st.lists(st.tuples(st.floats(0.5, 2.5), st.floats(0, 1.9)), max_size=2),
)
def test_after_any_trouble_the_delay_is_low_within_five_seconds(
    seed: int,
    loss: float,
    jitter: float,
    stalls: list[tuple[float, float]],
    sleeps: list[tuple[float, float]],
) -> None:
    noise = random.Random(seed)
    calm = 4.5

    def path(n: int, sent: float) -> float | None:
        if sent >= calm:
            return 0.03
        if noise.random() < loss:
            return None
        held = max(
            (begin + length - sent for begin, length in stalls if begin <= sent < begin + length), default=0.0
        )
        return max(0.03, held) + noise.uniform(0, jitter)

    run = simulate(path, calm + 6.5, stalls=sleeps)
    assert run.worst_delay(calm + 5) < 0.1
    assert all(one < other for one, other in pairwise(run.played())), "played twice or out of order"
    last = [n for n in run.played() if n * FRAME > calm + 5.2]
    assert last == list(range(last[0], last[-1] + 1)), "a calm path must be played whole"


def test_after_a_pause_it_begins_where_the_path_was_and_plays_nothing_old() -> None:
    playout = Playout()
    for number in range(50):
        playout.put(
            number, number * 960, bytes([number]), number * FRAME + (0.015 if number % 10 == 5 else 0.0)
        )
        playout.step(number * FRAME + 0.001)
    before = playout.target
    playout.pause()
    assert playout.step(1.0) == Silence() and playout.delay(1.0) == 0.0
    playout.put(48, 48 * 960, b"old", 10.0)
    assert playout.step(10.03) == Silence(), "it belongs to what was said before"
    for number in range(500, 520):
        playout.put(number, number * 960, bytes([number % 256]), number * FRAME)
    assert playout.target == pytest.approx(before, abs=0.01), "what was learned of the path stays"
    first = playout.step(500 * FRAME + playout.target + 0.001)
    assert first == Play(bytes([500 % 256]))
    concealed = playout.counts.concealed
    for number in range(501, 515):
        playout.step(number * FRAME + playout.target + 0.001)
    assert playout.counts.concealed == concealed, "450 packets were not sent: none is missing"
