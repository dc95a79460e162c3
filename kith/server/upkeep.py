"""What a server does for itself once a day, and when it starts: delete what is old, collect what is left over."""

import asyncio
import gc
import logging
from collections.abc import Callable

from kith.core.ids import EndpointId
from kith.core.problem import Problem
from kith.store.database import Database
from kith.store.tidy import tidy
from signaling.deadlines import Deadlines

log = logging.getLogger(__name__)

DAY = 86_400.0

FEW_CONNECTIONS = 2_000
"""Up to so many, a full collection holds the loop for less than 50 ms (some 5 µs a connection with picows, 20
with aiohttp). A server that always has more goes without: what closes is freed without the collector."""

_KEY = "upkeep"


class Upkeep:
    """From `start` until `stop`. `connections` says how many there are; `expel` makes an endpoint go that is not
    enrolled any more."""

    def __init__(
        self,
        database: Database,
        deadlines: Deadlines,
        clock: Callable[[], float],
        connections: Callable[[], int],
        expel: Callable[[EndpointId], None],
    ) -> None:
        self._database = database
        self._deadlines = deadlines
        self._clock = clock
        self._connections = connections
        self._expel = expel
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Once now, and from then on daily. Returns at once."""
        now = self._clock()
        self._deadlines.set(_KEY, now + DAY, self.start)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tidy(now))

    async def stop(self) -> None:
        self._deadlines.set(_KEY, None, self.start)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _tidy(self, now: float) -> None:
        try:
            count = await tidy(self._database, now, self._expel)
        except Problem as problem:  # a full disk, say: tomorrow is another day
            log.warning("not tidied: %s", problem.code.value)
        else:
            log.info("tidied: rows=%d", count)
        if self._connections() <= FEW_CONNECTIONS:
            gc.collect()
