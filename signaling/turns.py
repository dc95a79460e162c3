"""Turns: an event of one call or group is decided, saved and told before the next one begins.

What a turn is, is for whoever takes it (`take`); here is only that turns never overlap, that whoever asked learns how
it went, and that what never came to be answers everybody who waits.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

from kith.core.problem import Code, Problem

log = logging.getLogger(__name__)

MAX_WAITING = 256
"""Events that may wait for one call's disk. Those in it cannot honestly make so many."""

E = TypeVar("E")


class Turns(Generic[E]):
    """`tasks` are kept until they are done; `settle` of whoever owns them waits for all."""

    __slots__ = ("_beginning", "_dead", "_name", "_queue", "_running", "tasks")

    def __init__(self, name: str, tasks: "set[asyncio.Task[None]]") -> None:
        self.tasks = tasks
        self._name = name
        self._queue: deque[tuple[E, asyncio.Future[None]]] = deque()
        self._running = False
        self._dead: Problem | None = None
        self._beginning: asyncio.Future[None] | None = None

    async def take(self, event: E) -> None:
        """One turn. Raises Problem where it cannot be saved."""
        raise NotImplementedError

    # -- coming to be ----------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether it is on disk: until then nobody is told of it."""
        return self._beginning is None

    def hold(self) -> None:
        """It is being saved for the first time; what happens meanwhile waits."""
        self._beginning = asyncio.get_running_loop().create_future()
        self._beginning.add_done_callback(_observe)
        self._running = True

    def begin(self) -> None:
        """It is saved: carry on with what waited."""
        if self._beginning is not None:
            self._beginning.set_result(None)
            self._beginning = None
        self._running = False
        self._start()

    def refuse(self, problem: Problem) -> None:
        """It could not be saved, so there is no such thing: everybody who waits is told."""
        self._dead = problem
        if self._beginning is not None:
            self._beginning.set_exception(problem)
        while self._queue:
            _fail(self._queue.popleft()[1], problem)

    async def wait_begun(self) -> None:
        """Until it is on disk. Raises Problem where that fails."""
        if self._beginning is not None:
            await asyncio.shield(self._beginning)

    # -- turns -----------------------------------------------------------------------------------

    def enqueue(self, event: E) -> "asyncio.Future[None]":
        """Let `event` have its turn. The future tells how it went; nobody has to look."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_observe)
        if self._dead is not None:
            done.set_exception(self._dead)
            return done
        self._queue.append((event, done))
        self._start()
        return done

    async def submit(self, event: E) -> None:
        """What somebody asks for. Raises Problem where it cannot be saved, or too much waits already."""
        if len(self._queue) >= MAX_WAITING:
            raise Problem(Code.RATE_LIMITED)
        await asyncio.shield(self.enqueue(event))

    async def settled(self, event: E) -> None:
        """What has happened whether or not it can be saved: whoever owns it catches up later."""
        with suppress(Problem):
            await asyncio.shield(self.enqueue(event))

    def _start(self) -> None:
        if not self._running and self._queue:
            self._running = True
            task = asyncio.get_running_loop().create_task(self._run())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _run(self) -> None:
        while self._queue:
            event, done = self._queue.popleft()
            try:
                await self.take(event)
            except Problem as problem:
                _fail(done, problem)
            except Exception:  # a bug must not leave the call stuck
                log.exception("call event failed: call=%s event=%s", self._name, type(event).__name__)
                _fail(done, Problem(Code.INTERNAL))
            else:
                if not done.done():
                    done.set_result(None)
        self._running = False


def _fail(done: "asyncio.Future[None]", problem: Problem) -> None:
    if not done.done():
        done.set_exception(problem)


def _observe(done: "asyncio.Future[None]") -> None:
    """Nobody may be waiting for this one: its failure was logged or answered elsewhere."""
    if not done.cancelled():
        done.exception()
