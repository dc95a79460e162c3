"""One heap of deadlines and one timer for all of them: no call owns a task."""

import asyncio
import heapq
import logging
from collections.abc import Callable
from itertools import count
from time import monotonic

log = logging.getLogger(__name__)


def drop_in_key(call: str) -> str:
    """Under which a drop in is decided anew, and forgotten once it is over."""
    return f"drop in {call}"


class Deadlines:
    """Calls back at times that may be moved.

    Times are given as those of `clock`, in seconds, and kept as those of a clock that
    only ever goes forward: a wall clock that is set meanwhile, back or forth, moves no deadline.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, str]] = []
        self._due: dict[str, tuple[int, float, Callable[[], None]]] = {}
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, key: str, when: float | None, callback: Callable[[], None]) -> None:
        """Call back once at `when`, in place of what `key` had before; None only takes that away."""
        if when is None:
            self._due.pop(key, None)
            return
        before = self._due.get(key)
        if before is not None and before[1] == when:
            self._due[key] = (before[0], when, callback)  # the same moment, whatever the clock says by now
            return
        number = next(self._numbers)
        self._due[key] = (number, when, callback)
        heapq.heappush(self._heap, (when - self._clock() + monotonic(), number, key))
        if self._heap[0][1] == number:
            self._arm()
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._due):
            self._sweep()

    def close(self) -> None:
        self._due.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            delay = max(0.0, self._heap[0][0] - monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = monotonic()
        while self._heap and self._heap[0][0] <= now:
            _, number, key = heapq.heappop(self._heap)
            current = self._due.get(key)
            if current is not None and current[0] == number:
                del self._due[key]
                try:
                    current[2]()
                except Exception:  # one that fails must not stop all the others for ever
                    log.exception("deadline failed: key=%s", key)
        self._arm()

    def _sweep(self) -> None:
        """Deadlines that were moved leave their old entry behind; drop those now and then."""
        alive = {number for number, _, _ in self._due.values()}
        self._heap = [entry for entry in self._heap if entry[1] in alive]
        heapq.heapify(self._heap)
        self._arm()
