"""What happens to something, dealt with one thing at a time, in its order, by one task."""

import asyncio
from collections.abc import Awaitable, Callable


class Inbox:
    """`deal` is given each thing, and sees itself to what may go wrong. `full` hears that more came in than there is
    room for."""

    def __init__(
        self, room: int, deal: Callable[[object], Awaitable[None]], *, full: Callable[[], None]
    ) -> None:
        self._things: asyncio.Queue[object] = asyncio.Queue(room)
        self._deal = deal
        self._full = full
        self._closed = False
        self._worker = asyncio.create_task(self._work())

    def put(self, thing: object) -> None:
        try:
            self._things.put_nowait(thing)
        except asyncio.QueueFull:
            self._full()

    def close(self) -> None:
        """Nothing more is dealt with, whatever is being dealt with included."""
        self._closed = True
        self._worker.cancel()

    async def _work(self) -> None:
        while not self._closed:
            await self._deal(await self._things.get())
