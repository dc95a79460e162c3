"""A drop in that goes on: how long it may, when it reminds of itself, and when it was forgotten (S7)."""

import asyncio
from collections.abc import Callable

from media.level import speaks
from media.tones import Samples
from policy.drop_in import Bounds
from signaling.protocol import WhyOut

MINUTE = 60.0


class Vigil:
    """Begins at once. `chime` is called every so often, `over` once, with the reason for which it is to end."""

    def __init__(self, bounds: Bounds, *, chime: Callable[[], None], over: Callable[[WhyOut], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = over
        self._chime = chime
        self._every = bounds.chime * MINUTE
        self._silence = bounds.silence * MINUTE
        self._heard_at = self._loop.time()
        self._timers = {"longest": self._loop.call_later(bounds.longest * MINUTE, self._end, "done")}
        if self._every:
            self._timers["chime"] = self._loop.call_later(self._every, self._remind)
        if self._silence:
            self._timers["silence"] = self._loop.call_later(self._silence, self._look)

    def heard(self, samples: Samples) -> None:
        """20 ms of sound from either side."""
        if self._silence and speaks(samples):
            self._heard_at = self._loop.time()

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def _remind(self) -> None:
        self._chime()
        self._timers["chime"] = self._loop.call_later(self._every, self._remind)

    def _look(self) -> None:
        """At the end of what would have been the silence, or later by as much as somebody spoke."""
        left = self._heard_at + self._silence - self._loop.time()
        if left <= 0:
            self._end("silence")
        else:
            self._timers["silence"] = self._loop.call_later(left, self._look)

    def _end(self, why: WhyOut) -> None:
        self.close()
        self._over(why)
