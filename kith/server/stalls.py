"""How long the event loop was held up by its own work, at worst. Only on servers for tests, once somebody asks.

A loop that is late because other processes had the processor is not held up: the kernel counts that time
(proc(5), the second number in /proc/thread-self/schedstat), and it is taken off.
"""

import asyncio
import contextlib
import os
import time

INTERVAL = 0.01
"""Seconds between looks. A stall may be measured too short by as much, and a look costs some 20 µs."""


class Stalls:
    """Wakes every INTERVAL seconds and notes how late it was."""

    def __init__(self) -> None:
        self._worst = 0.0
        self._due = 0.0
        self._waited = 0.0
        self._file: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take_worst(self) -> float:
        """The longest stall since this was last asked, in seconds; the first time, watching begins."""
        worst, self._worst = self._worst, 0.0
        if self._timer is None:
            with contextlib.suppress(OSError):  # another system: every lateness counts
                self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
            self._look_again()
        return worst

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _look_again(self) -> None:
        self._waited = self._waiting()
        self._due = time.perf_counter() + INTERVAL
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._look)

    def _look(self) -> None:
        late = time.perf_counter() - self._due
        self._worst = max(self._worst, late - (self._waiting() - self._waited))
        self._look_again()

    def _waiting(self) -> float:
        """Seconds that this thread has ever waited for a processor."""
        return 0.0 if self._file is None else int(os.pread(self._file, 64, 0).split()[1]) / 1e9
