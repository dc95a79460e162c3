"""A recording that sounds at an instant, by a speaker that is always a little ahead of what is heard."""

import asyncio
from collections.abc import Callable

import numpy as np

from kith.endpoint.microphones import SAMPLES
from media.tones import RATE, Samples

STRAY = 0.12
"""Seconds by which it may run ahead of the clock or behind it before it jumps to where it should be. More than a
speaker takes at once when it catches up after a stall; and with all others at less, nobody hears an echo."""


class Instant:
    """`at` is when its first sample is to sound, on the event loop's clock, and `late` how many seconds after that it
    may still come in, with what is left of it. `latency` gives the seconds from when the speaker takes a sample until
    that sounds."""

    def __init__(self, sound: Samples, at: float, late: float, latency: Callable[[], float]) -> None:
        self._sound = sound
        self._at = at
        self._late = late
        self._latency = latency
        self._position: int | None = None
        self._clock = asyncio.get_running_loop().time
        self.missed = False
        """Whether it was too late when the speaker asked first."""

    def pull(self) -> Samples | None:
        """The next 960 samples, silence before the instant, None once it is over (kith.endpoint.playback.Recital)."""
        due = round((self._clock() + self._latency() - self._at) * RATE)
        if self._position is None:
            self.missed = due > self._late * RATE
            if due <= -SAMPLES:
                return np.zeros(SAMPLES, np.int16)
        if self._position is None or abs(due - self._position) > STRAY * RATE:
            self._position = due
        position, self._position = self._position, self._position + SAMPLES
        if self.missed or position >= len(self._sound):
            return None
        part = self._sound[max(position, 0) : max(position + SAMPLES, 0)]
        before = np.zeros(min(max(-position, 0), SAMPLES), np.int16)
        after = np.zeros(SAMPLES - len(before) - len(part), np.int16)
        return np.concatenate((before, part, after))
