"""Into which mixer a room goes, and when one that was lost is started again. Pure.

One process mixes many rooms cheaply, and every process costs memory of its own. So rooms share one until it has work
for most of a core; only then the next one is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BUSY = 0.6
"""Of one core. Lower wastes memory on more processes, higher leaves too little for when many begin to speak."""

SEAT = 0.01
"""Of one core: what a member costs who came after the last report, so that a crowd does not all go to one process."""

AT_ONCE = 2
"""Losses after which the next process is started without a pause: the first may hit the spare as well."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STEADY = 120.0
"""Seconds without a loss after which the pauses begin anew."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a process that is ready does: its rooms, its share of a core by its last report, seats taken since."""

    rooms: int
    cpu: float
    joined: int

    @property
    def weight(self) -> float:
        return self.cpu + SEAT * self.joined


def place(works: Sequence[Work], most: int) -> int | None:
    """The index of the process that takes a new room; None where none is ready. At most `most` have rooms."""
    used = sorted((work.weight, at) for at, work in enumerate(works) if work.rooms)
    empty = [at for at, work in enumerate(works) if not work.rooms]
    if used and (used[0][0] < BUSY or len(used) >= most or not empty):
        return used[0][1]
    return empty[0] if empty else None


class Pauses:
    """How long to wait before another process is started, in seconds of whatever clock `now` is read from."""

    def __init__(self) -> None:
        self._losses = 0
        self._last = 0.0
        self.until = 0.0
        """When the next one may be started."""

    def lost(self, now: float) -> None:
        """One was lost, or did not come up."""
        if now - self._last >= STEADY:
            self._losses = 0
        self._last = now
        self._losses += 1
        if self._losses > AT_ONCE:
            self.until = now + min(FIRST_PAUSE * 2 ** (self._losses - AT_ONCE - 1), LONGEST_PAUSE)
