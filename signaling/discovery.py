"""Who is reachable by people's contacts: looked up in the background, so that no answer tells.

The law of this file

    Nothing is looked up while somebody waits for a reply. What is found is told afterwards, on the deadline that
    a change has set, so that how long an answer takes depends on nothing that is found.
    Each person spends BUDGET new numbers a day; what is beyond waits, on disk, for the deadline when there is budget
    again. One list is looked up at a time, one write after another, between everybody else's.
    Whoever looks like guessing numbers instead of knowing people is an incident for the operator.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from kith.core.ids import PersonId
from kith.core.problem import Problem
from kith.directory.contact_store import ContactStore, LookedUp
from signaling.deadlines import Deadlines

log = logging.getLogger(__name__)

BUDGET = 500
"""New numbers a day and person. A long list is found within days; all numbers of a small country would take
twenty years and more."""

SUSPICIOUS = 2_500
"""Numbers that wait beyond the budget, or were spent and dropped, from which on an operator should look: five days'
worth. A list of 2,000 people stays below it; whoever tries ten thousand numbers does not."""

DAY = 86_400.0

DELAY = 1.0
"""Seconds from a change to looking up: one look for a whole import's worth of parts."""

AGAIN = 60.0
"""Seconds to wait for a disk that refuses."""

Told = Callable[[PersonId, int], Awaitable[None]]
"""Tells a person's endpoints that their list has this revision."""


class Incidents(Protocol):
    """What the operator should look at."""

    async def enumeration(self, person: PersonId, *, waiting: int, dropped: int, at: float) -> bool:
        """Whether this is the person's first of the day, and was kept."""
        ...


class Discovery:
    """From `start` until `stop`."""

    def __init__(
        self,
        store: ContactStore,
        incidents: Incidents | None,
        deadlines: Deadlines,
        clock: Callable[[], float],
        told: Told,
        *,
        delay: float = DELAY,
    ) -> None:
        self._store = store
        self._incidents = incidents
        self._deadlines = deadlines
        self._clock = clock
        self._told = told
        self._delay = delay
        self._set: dict[PersonId, float] = {}
        self._ready: dict[PersonId, None] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what waits on disk. Raises Problem(storage_unavailable)."""
        now = self._clock()
        for owner, when in (await self._store.due()).items():
            self._when(owner, min(max(when, now), now + DAY))  # the clock may have been wrong when it was set

    async def stop(self) -> None:
        """What was not looked up is on disk."""
        for owner in list(self._set):
            self._deadlines.set(_key(owner), None, _nothing)
        self._set.clear()
        self._ready.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def soon(self, owner: PersonId) -> None:
        """The list has changed."""
        self._when(owner, self._clock() + self._delay)

    def _when(self, owner: PersonId, when: float) -> None:
        """No later than was said before."""
        before = self._set.get(owner)
        if before is None or when < before:
            self._set[owner] = when
            self._deadlines.set(_key(owner), when, lambda: self._is_due(owner))

    def _is_due(self, owner: PersonId) -> None:
        self._set.pop(owner, None)
        self._ready[owner] = None
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._ready:
            owner = next(iter(self._ready))
            del self._ready[owner]
            try:
                await self._look_up(owner)
            except Problem as problem:
                log.warning("numbers not looked up: code=%s", problem.code)
                self._when(owner, self._clock() + AGAIN)
            except Exception:
                log.exception("numbers not looked up")

    async def _look_up(self, owner: PersonId) -> None:
        again: float | None = 0.0
        while again == 0.0:
            found = await self._store.look_up(owner, now=self._clock(), budget=BUDGET)
            again = found.again
            if found.revision is not None:
                await self._told(owner, found.revision)
        if again is not None:
            self._when(owner, again)
        await self._report(owner, found)

    async def _report(self, owner: PersonId, found: LookedUp) -> None:
        if max(found.waiting, found.dropped) <= SUSPICIOUS:
            return
        kept = self._incidents is None or await self._incidents.enumeration(
            owner, waiting=found.waiting, dropped=found.dropped, at=self._clock()
        )
        if kept:
            log.warning(
                "numbers may be guessed: person=%s waiting=%d dropped=%d", owner, found.waiting, found.dropped
            )


def _key(owner: PersonId) -> str:
    return f"discovery {owner}"


def _nothing() -> None:
    """What a deadline that is taken away calls back."""
