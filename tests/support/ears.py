"""What endpoints play, heard with a true clock, and how far apart they are."""

import asyncio
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kith import Endpoint
from kith.endpoint.metronome import Metronome
from kith.endpoint.microphones import FRAME, SAMPLES
from media.tones import RATE, Samples


class Ear:
    """A speaker beside which somebody listens. Put in place of an endpoint's own before that has played anything."""

    latency = FRAME

    def __init__(self, endpoint: Endpoint) -> None:
        self._metronome = Metronome(FRAME)
        self.heard: list[tuple[float, Samples]] = []
        self._grown = asyncio.Event()
        endpoint.equipment.playback._open = lambda: self

    async def play(self, samples: Samples) -> None:
        at = await self._metronome.tick()
        if np.any(samples):
            self.heard.append((at, samples))
            self._grown.set()

    def close(self) -> None:
        """Nothing was opened."""

    async def until_loud(self, seconds: float) -> None:
        """Wait until so much was played that is not silence."""
        while len(self.heard) * FRAME < seconds:
            self._grown.clear()
            await self._grown.wait()


def timelines(ears: Sequence[Ear]) -> list[NDArray[np.float64]]:
    """What each played, on one time line that begins with the first sample that any of them did."""
    times = [at for at, _ in chain.from_iterable(ear.heard for ear in ears)]
    begin, length = min(times), max(times) - min(times) + 1.0
    lines = []
    for ear in ears:
        line = np.zeros(round(length * RATE))
        for at, samples in ear.heard:
            start = round((at - begin) * RATE)
            line[start : start + SAMPLES] = samples
        lines.append(line)
    return lines


def skew(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """By how many seconds `other` plays later than `one`: where their cross-correlation is highest."""
    size = 2 * len(one)
    spectrum = np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size))
    correlation = np.fft.irfft(spectrum, size)
    at = int(np.argmax(correlation))
    return (at if at < size // 2 else at - size) / RATE


async def until_loud(ears: Sequence[Ear], seconds: float, within: float = 20.0) -> None:
    """Wait until each of them has played so much."""
    async with asyncio.timeout(within):
        await asyncio.gather(*(ear.until_loud(seconds) for ear in ears))
