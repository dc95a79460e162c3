"""Many connections, a few at a time."""

import asyncio
from collections.abc import Awaitable, Iterable

ABREAST = 32


async def abreast(deeds: Iterable[Awaitable[None]]) -> None:
    """Await all of `deeds`, `ABREAST` at a time, which are started only when it is their turn."""
    waiting = iter(deeds)

    async def lane() -> None:
        for deed in waiting:
            await deed

    await asyncio.gather(*(lane() for _ in range(ABREAST)))
