"""That sign-ups are throttled is for the operator to look at. Who it was is in no log: an address is a home."""

import asyncio
import logging
from typing import Protocol

from kith.core.problem import Problem

log = logging.getLogger(__name__)

QUIET = 3_600.0
"""Seconds for which it is not written down again: whoever floods must not make the disk work, too."""


class SignUps(Protocol):
    """Where the operator will find it."""

    async def sign_ups(self, *, at: float) -> bool:
        """Whether it was not known before."""
        ...


class Throttled:
    """Told of every sign-up that was refused because there were too many."""

    def __init__(self, incidents: SignUps) -> None:
        self._incidents = incidents
        self._noted: float | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, now: float) -> None:
        """Nobody waits for it."""
        if self._noted is not None and 0 <= now - self._noted < QUIET:
            return
        self._noted = now
        task = asyncio.get_running_loop().create_task(self._write(now))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, now: float) -> None:
        try:
            if await self._incidents.sign_ups(at=now):
                log.warning("sign-ups are throttled")
        except Problem as problem:
            log.warning("throttled sign-ups not noted: code=%s", problem.code)
