"""Pings for many connections from one timer, spread over the interval so that no moment pings them all."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)


class Beating(Protocol):
    """A connection that can be pinged, and noticed as dead."""

    def beat(self) -> None:
        """Called once an interval: ping, or give up, where nothing came for too long."""
        ...


class Heartbeat:
    """A wheel of SPOKES sets; a turn lasts `interval` seconds. Stands still while it is empty."""

    SPOKES = 60

    def __init__(self, interval: float) -> None:
        self._spokes: list[set[Beating]] = [set() for _ in range(self.SPOKES)]
        self._pause = interval / self.SPOKES
        self._at = 0
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Beating) -> Callable[[], None]:
        """Beat this connection from now on; returns how to stop."""
        spoke = self._spokes[(self._at - 1) % self.SPOKES]  # a whole turn until the first beat
        spoke.add(connection)
        self._count += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._turn)

        return lambda: self._remove(spoke, connection)

    def _remove(self, spoke: set[Beating], connection: Beating) -> None:
        if connection in spoke:
            spoke.discard(connection)
            self._count -= 1

    def _turn(self) -> None:
        self._timer = None
        for connection in tuple(self._spokes[self._at]):
            try:
                connection.beat()
            except Exception:  # one that fails must not stop all the others for ever
                log.exception("a connection could not be pinged")
        self._at = (self._at + 1) % self.SPOKES
        if self._count:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._turn)
