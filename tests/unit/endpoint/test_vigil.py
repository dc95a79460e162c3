"""A drop in that goes on ends by itself, and reminds of itself."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from kith.endpoint.vigil import MINUTE, Vigil
from media.level import loudness, speaks
from media.tones import sine
from policy.drop_in import Bounds

QUIET, VOICE = sine(200, 0, 960, level=0.001), sine(200, 0, 960, level=0.1)


@dataclass
class Timer:
    due: float
    act: Callable[[], None]
    gone: bool = False

    def cancel(self) -> None:
        self.gone = True


@dataclass
class Hours:
    """An event loop as far as its clock goes, which is turned by hand."""

    now: float = 0.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, act: Callable[..., None], *with_these: Any) -> Timer:
        self.timers.append(Timer(self.now + delay, lambda: act(*with_these)))
        return self.timers[-1]

    def pass_until(self, minutes: float) -> None:
        """Whatever is due by then happens when it is."""
        until = minutes * MINUTE
        while due := [one for one in self.timers if not one.gone and one.due <= until]:
            first = min(due, key=lambda one: one.due)
            first.gone, self.now = True, first.due
            first.act()
        self.now = until


class Noted:
    def __init__(self, hours: Hours, bounds: Bounds) -> None:
        self.hours = hours
        self.chimed: list[float] = []
        self.over: list[tuple[str, float]] = []
        self.vigil = Vigil(bounds, chime=self._chime, over=self._end)

    def _chime(self) -> None:
        self.chimed.append(self.hours.now / MINUTE)

    def _end(self, why: str) -> None:
        self.over.append((why, self.hours.now / MINUTE))


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    made = Hours()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: made)
    return made


def test_it_is_over_when_it_has_lasted_its_time_and_chimes_until_then(hours: Hours) -> None:
    noted = Noted(hours, Bounds(longest=9, silence=0, chime=2))
    hours.pass_until(20)
    assert noted.over == [("done", 9)] and noted.chimed == [2, 4, 6, 8]


def test_it_is_over_when_nobody_has_spoken_and_not_before(hours: Hours) -> None:
    noted = Noted(hours, Bounds(longest=1000, silence=5, chime=0))
    for minute in range(1, 9):
        hours.pass_until(minute)
        noted.vigil.heard(VOICE)
    for minute in range(9, 20):
        hours.pass_until(minute)
        noted.vigil.heard(QUIET)
    assert noted.over == [("silence", 13)] and noted.chimed == []


def test_whoever_ends_it_hears_no_more_of_it(hours: Hours) -> None:
    noted = Noted(hours, Bounds(longest=1, silence=1, chime=1))
    noted.vigil.close()
    hours.pass_until(3)
    assert noted.over == [] and noted.chimed == []


@pytest.mark.parametrize(("level", "speech"), [(0.0, False), (0.002, False), (0.03, True), (1.0, True)])
def test_a_voice_is_louder_than_a_room(level: float, speech: bool) -> None:
    sound = sine(300, 0, 960, level=level)
    assert speaks(sound) is speech
    assert loudness(np.zeros(0, np.int16)) >= -97
