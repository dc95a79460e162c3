"""When each endpoint was last here, as far as people need it: to the hour.

An endpoint that comes and goes all day costs one write an hour. Nobody waits for it, and a disk that
refuses it keeps nobody out.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from kith.core.problem import Problem
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore

STEP = 3600.0
"""Seconds. Finer would let housemates watch each other; "today" or "last week" is what a list needs."""


class Attendance:
    """Told of every sign-in and of every departure."""

    def __init__(self, directory: DirectoryStore, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, endpoint: Endpoint) -> None:
        """It is here, or was until now. `endpoint.seen` is as it was read last, so this may write twice."""
        hour = self._clock() // STEP * STEP
        if endpoint.seen is not None and endpoint.seen >= hour:
            return
        task = asyncio.get_running_loop().create_task(self._write(endpoint, hour))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, endpoint: Endpoint, hour: float) -> None:
        with suppress(Problem):
            await self._directory.note_seen(endpoint.id, hour)
