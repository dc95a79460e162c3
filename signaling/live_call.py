"""One live call and its turns: an event is decided, saved and told before the next one begins.

What a turn is, is the switchboard's business (`Turn`); here is only that they never overlap, that
whoever asked learns how it went, and that a call which never came to be answers everybody who waits.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem
from signaling.call import Call, Event
from signaling.protocol import PeerIndicated, Signalled
from signaling.views import Faces

log = logging.getLogger(__name__)

MAX_WAITING = 256
"""Events that may wait for one call's disk. Two endpoints cannot honestly make so many."""

MAX_PARKED = 64
"""Signals kept for an endpoint that has no session: an offer and the candidates of a phone with many networks."""

Turn = Callable[["LiveCall", Event], Awaitable[None]]


class LiveCall:
    """A call that is not over.

    `behind`: something that happened could not be saved, so the call does not show it yet.
    `talking`: in the current epoch, to whom the signals of each of the two go: looked up for every one of them.
    `parked`: signals for endpoints that have no session just now. `indicated`: what each endpoint last
    said that it sends. Neither is saved: after a restart endpoints say both again.
    """

    __slots__ = (
        "_beginning",
        "_dead",
        "_queue",
        "_running",
        "_turn",
        "behind",
        "call",
        "faces",
        "indicated",
        "parked",
        "talking",
        "tasks",
    )

    def __init__(self, call: Call, faces: Faces, turn: Turn, tasks: "set[asyncio.Task[None]]") -> None:
        self.become(call)
        self.faces = faces
        self.behind = False
        self.parked: dict[EndpointId, deque[Signalled]] = {}
        self.indicated: dict[EndpointId, PeerIndicated] = {}
        self.tasks = tasks
        self._turn = turn
        self._queue: deque[tuple[Event, asyncio.Future[None]]] = deque()
        self._running = False
        self._dead: Problem | None = None
        self._beginning: asyncio.Future[None] | None = None

    def become(self, call: Call) -> None:
        """The call's new state, which has been saved."""
        self.call = call
        self.talking = call.talking()

    # -- coming to be ----------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether the call is on disk: until then nobody is told of it."""
        return self._beginning is None

    def hold(self) -> None:
        """The call is being saved for the first time; what happens to it meanwhile waits."""
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
        """It could not be saved, so there is no such call: everybody who waits is told."""
        self._dead = problem
        if self._beginning is not None:
            self._beginning.set_exception(problem)
        while self._queue:
            _fail(self._queue.popleft()[1], problem)

    async def wait_begun(self) -> None:
        """Until the call is on disk. Raises Problem where that fails."""
        if self._beginning is not None:
            await asyncio.shield(self._beginning)

    # -- turns -----------------------------------------------------------------------------------

    def enqueue(self, event: Event) -> "asyncio.Future[None]":
        """Let `event` have its turn. The future tells how it went; nobody has to look."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_observe)
        if self._dead is not None:
            done.set_exception(self._dead)
            return done
        self._queue.append((event, done))
        self._start()
        return done

    async def submit(self, event: Event) -> None:
        """What somebody asks for. Raises Problem where it cannot be saved, or too much waits already."""
        if len(self._queue) >= MAX_WAITING:
            raise Problem(Code.RATE_LIMITED)
        await asyncio.shield(self.enqueue(event))

    async def settled(self, event: Event) -> None:
        """What has happened whether or not it can be saved: the switchboard catches up later."""
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
                await self._turn(self, event)
            except Problem as problem:
                _fail(done, problem)
            except Exception:  # a bug must not leave the call stuck
                log.exception("call event failed: call=%s event=%s", self.call.id, type(event).__name__)
                _fail(done, Problem(Code.INTERNAL))
            else:
                if not done.done():
                    done.set_result(None)
        self._running = False

    # -- signals that wait -----------------------------------------------------------------------

    def park(self, endpoint: EndpointId, signal: Signalled) -> None:
        """Keep a signal for an endpoint that is expected back; the oldest go first where it is too much."""
        self.parked.setdefault(endpoint, deque(maxlen=MAX_PARKED)).append(signal)


def _fail(done: "asyncio.Future[None]", problem: Problem) -> None:
    if not done.done():
        done.set_exception(problem)


def _observe(done: "asyncio.Future[None]") -> None:
    """Nobody may be waiting for this one: its failure was logged or answered elsewhere."""
    if not done.cancelled():
        done.exception()
