"""The server's clock, as this endpoint knows it: asked for in rounds, when somebody is about to need it.

Nothing is asked while nobody does: what was known stays right to within what the clocks may have drifted apart since
(kith.endpoint.clock_sync).
"""

import asyncio
import logging
from collections.abc import Callable

from kith.core.problem import Problem
from kith.endpoint.clock_sync import ClockSync, RoundTrip
from kith.endpoint.dialling import Unreachable
from kith.endpoint.identities import Ask
from signaling import protocol

log = logging.getLogger(__name__)

TRIPS = 5
"""Round trips in a round. On a Wi-Fi that is busy every other one is slow; that all five are is rare."""

FRESH = 60.0
"""Seconds for which a good round serves: less than a thirtieth of a second of drift."""

GOOD = 0.02
"""Seconds to which a round is worth keeping for so long; one that is worse is asked again when it is needed."""


class Timekeeper:
    """`steady` is a clock of this machine in seconds that only ever goes on."""

    def __init__(self, ask: Ask, new_id: Callable[[], str], steady: Callable[[], float]) -> None:
        self._ask = ask
        self._new_id = new_id
        self._steady = steady
        self._sync = ClockSync()
        self._asking = asyncio.Lock()

    @property
    def within(self) -> float | None:
        """By how many seconds what is said of the server's clock may be wrong now; None where nothing can be said."""
        reading = self._sync.server_time(self._steady())
        return None if reading is None else reading.within

    def until(self, time: float) -> float | None:
        """In how many seconds the server's clock shows `time`; None where nothing can be said."""
        return self._sync.until(time, self._steady())

    async def refresh(self) -> None:
        """Ask, unless what is known is good. Whoever comes while somebody asks waits for the same answer."""
        async with self._asking:
            if not self._good:
                await self._round()

    @property
    def _good(self) -> bool:
        newest = self._sync.rounds[-1] if self._sync.rounds else None
        if newest is None or self._steady() - newest.middle > FRESH:
            return False
        return newest.within <= GOOD

    async def _round(self) -> None:
        trips = []
        try:
            for _ in range(TRIPS):
                sent = self._steady()
                reply = await self._ask(protocol.TellTime(id=self._new_id()))
                if isinstance(reply, protocol.Time):
                    trips.append(RoundTrip(sent, self._steady(), reply.now))
        except (Problem, Unreachable) as error:
            log.info("the time was not told: %s", type(error).__name__)
        self._sync = self._sync.heard(trips)
