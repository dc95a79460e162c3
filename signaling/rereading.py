"""Numbers of contacts are read anew when their household's country is another one, in the background.

The law of this file

    One list at a time, and of it a page: read, looked through on the thread for contacts, and written, between
    everybody else's reads, cards and writes. Whoever set the country waits for none of it.
    That a list is to be read anew is on disk until it is done; after the next start it begins again.
    A number that is new by it is looked up like any other, and spends the same budget (signaling.discovery).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor

from kith.core.ids import PersonId
from kith.core.problem import Problem
from kith.directory.contact_store import ContactStore
from kith.directory.contacts import Contact, Content, reread
from signaling.deadlines import Deadlines

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Contacts of one page: some 40 ms of the thread, 10 ms of the writer."""

DELAY = 1.0
"""Seconds until it begins: whoever looks through a list of countries passes by several."""

AGAIN = 60.0
"""Seconds to wait for a disk that refuses."""

_KEY = "rereading"


class Rereading:
    """From `start` until `stop`. `region` says where a list's numbers are from, `changed` that a list is another."""

    def __init__(
        self,
        store: ContactStore,
        region: Callable[[PersonId], Awaitable[str]],
        reader: Executor,
        deadlines: Deadlines,
        clock: Callable[[], float],
        changed: Callable[[PersonId], Awaitable[None]],
        *,
        delay: float = DELAY,
    ) -> None:
        self._store = store
        self._region = region
        self._reader = reader
        self._deadlines = deadlines
        self._clock = clock
        self._changed = changed
        self._delay = delay
        self._waiting: dict[PersonId, None] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what waits on disk. Raises Problem(storage_unavailable)."""
        for owner in await self._store.misread():
            self.soon(owner)

    async def stop(self) -> None:
        """What was not read anew is known on disk."""
        self._waiting.clear()
        self._deadlines.set(_KEY, None, self._begin)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def soon(self, owner: PersonId) -> None:
        """The country may be another one than this list was read in."""
        self._waiting[owner] = None
        self._deadlines.set(_KEY, self._clock() + self._delay, self._begin)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            owner = next(iter(self._waiting))
            del self._waiting[owner]
            try:
                await self._read(owner)
            except Problem as problem:
                log.warning("contacts not read anew: code=%s", problem.code)
                self._waiting[owner] = None
                self._deadlines.set(_KEY, self._clock() + AGAIN, self._begin)
                return
            except Exception:
                log.exception("contacts not read anew")

    async def _read(self, owner: PersonId) -> None:
        """Contacts that are changed come once more at the end, and are as they should be then."""
        region = await self._region(owner)
        loop = asyncio.get_running_loop()
        wrote, last = False, 0
        while True:
            contacts, last = await self._store.kept(owner, last, most=AT_ONCE)
            changed = await loop.run_in_executor(self._reader, _changes, contacts, region)
            if changed:
                await self._store.take_reread(owner, changed)
                wrote = True
            if len(contacts) < AT_ONCE:
                break
        await self._store.read_in(owner, region)
        if wrote:
            await self._changed(owner)


def _changes(contacts: Sequence[Contact], region: str) -> list[tuple[Contact, Content]]:
    """Those that say something else in this country. For a thread: slow."""
    found = [(one, reread(one, region)) for one in contacts]
    return [(one, content) for one, content in found if content is not None]
