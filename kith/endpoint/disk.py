"""Work that waits for a disk, done beside the event loop, one thing after another."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Disk:
    """`await disk(work, …)` is what `work(…)` returns or raises. What was begun is finished, whoever stops waiting."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._turn:
            return await asyncio.to_thread(work, *args, **kwargs)
