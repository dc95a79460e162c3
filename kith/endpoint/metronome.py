"""A beat that does not drift: the n-th tick comes at start + n * period, however long the work between takes."""

import asyncio

GIVE_UP = 0.2
"""Seconds behind the beat after which the missed ticks are dropped: the machine slept, or stalled."""


class Metronome:
    """`await tick()` returns at the next beat; the first at once."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._next: float | None = None

    async def tick(self) -> float:
        """The time of this beat on the loop's clock, in seconds."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._next is None or now - self._next > GIVE_UP:
            self._next = now
        await asyncio.sleep(max(0.0, self._next - now))  # even when late: what arrived meanwhile comes first
        beat = self._next
        self._next += self._period
        return beat
