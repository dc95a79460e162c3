"""What endpoints say that they have stored: noted at once, and written together with what others say.

The law of this file

    Losing a note loses nothing: what was not forgotten waits on, comes again, is known by its id and is confirmed
    again. So a note is not answered, and it is not worth a commit of its own.
    What an endpoint has confirmed is forgotten before more is handed out to it.
    A disk that fails is tried again, with all that was noted meanwhile: one number an endpoint, so it is bounded.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from kith.core.ids import EndpointId
from kith.core.problem import Problem
from kith.messaging.ports import Delivered

log = logging.getLogger(__name__)

WITHIN = 0.4
"""Seconds until it is written, and whoever wrote is told that it has arrived."""

AGAIN = 5.0
"""Seconds until a disk that has failed is tried again."""


class Confirming:
    """`forget` writes it, and returns what has arrived by it; `tell` is told of that."""

    def __init__(
        self,
        forget: Callable[[Mapping[EndpointId, int]], Awaitable[Sequence[Delivered]]],
        tell: Callable[[Sequence[Delivered]], None],
    ) -> None:
        self._forget = forget
        self._tell = tell
        self._upto: dict[EndpointId, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def note(self, endpoint: EndpointId, upto: int) -> None:
        """Everything up to number `upto` is stored at the endpoint."""
        if upto > self._upto.get(endpoint, 0):
            self._upto[endpoint] = upto
            self._write_within(WITHIN)

    async def settled(self, endpoint: EndpointId) -> None:
        """What the endpoint has confirmed is forgotten. Raises Problem(storage_unavailable)."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
        upto = self._upto.pop(endpoint, None)
        if upto is None:
            return
        try:
            self._tell(await self._forget({endpoint: upto}))
        except Problem:
            self.note(endpoint, upto)
            raise

    def _write_within(self, seconds: float) -> None:
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        noted, self._upto = self._upto, {}
        within = WITHIN
        try:
            self._tell(await self._forget(noted))
        except Problem as problem:
            log.warning("what was confirmed is not written: code=%s", problem.code)
            self._upto = noted | {one: max(upto, noted.get(one, 0)) for one, upto in self._upto.items()}
            within = AGAIN
        finally:
            self._writing = None
            if self._upto:
                self._write_within(within)
