"""A drop in that goes on ends by itself, and reminds of itself."""

import asyncio

import numpy as np
import pytest

from kith.endpoint.vigil import Vigil
from media.level import loudness, speaks
from media.tones import sine
from policy.drop_in import Bounds

MINUTE = 0.02
"""Seconds that a minute lasts in here."""

QUIET, VOICE = sine(200, 0, 960, level=0.001), sine(200, 0, 960, level=0.1)


class Noted:
    def __init__(self, bounds: Bounds) -> None:
        self.chimes = 0
        self.over = asyncio.get_running_loop().create_future()
        self.vigil = Vigil(bounds, chime=self._chime, over=self.over.set_result, minute=MINUTE)

    def _chime(self) -> None:
        self.chimes += 1


async def test_it_is_over_when_it_has_lasted_its_time_and_chimes_until_then() -> None:
    noted = Noted(Bounds(longest=10, silence=0, chime=2))
    assert await noted.over == "done" and 1 <= noted.chimes <= 4


async def test_it_is_over_when_nobody_has_spoken_and_not_before() -> None:
    loop = asyncio.get_running_loop()
    noted = Noted(Bounds(longest=1000, silence=5, chime=0))
    began = loop.time()
    for _ in range(8):
        await asyncio.sleep(MINUTE)
        noted.vigil.heard(VOICE)
        noted.vigil.heard(QUIET)
    spoken = loop.time()
    assert await noted.over == "silence" and noted.chimes == 0
    assert loop.time() - spoken >= 4 * MINUTE and spoken - began > 5 * MINUTE


async def test_whoever_ends_it_hears_no_more_of_it() -> None:
    noted = Noted(Bounds(longest=1, silence=1, chime=1))
    noted.vigil.close()
    await asyncio.sleep(3 * MINUTE)
    assert not noted.over.done() and noted.chimes == 0


@pytest.mark.parametrize(("level", "speech"), [(0.0, False), (0.002, False), (0.03, True), (1.0, True)])
def test_a_voice_is_louder_than_a_room(level: float, speech: bool) -> None:
    sound = sine(300, 0, 960, level=level)
    assert speaks(sound) is speech
    assert loudness(np.zeros(0, np.int16)) >= -97
