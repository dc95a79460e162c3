"""How long the event loop was held up, at worst. Runs only on servers for tests."""

import asyncio
import time

INTERVAL = 0.01


class Stalls:
    """Wakes every INTERVAL seconds and notes how late it was."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._due = time.perf_counter() + INTERVAL
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._woke)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def take_worst(self) -> float:
        """The longest stall since this was last asked, in seconds."""
        worst, self.worst = self.worst, 0.0
        return worst

    def _woke(self) -> None:
        self.worst = max(self.worst, time.perf_counter() - self._due)
        self.start()
