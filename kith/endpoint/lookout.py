"""Something to look at again whenever there may be more to see, and by and by if that failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

from kith.core.problem import Problem
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.dialling import Unreachable

log = logging.getLogger(__name__)

SOON, LATEST = 2.0, 900.0
"""Seconds until what had no answer is said again, or what failed is tried again: at first, and at the most."""


def pauses() -> Iterator[float]:
    """Seconds between tries that have failed so far: twice as many each time."""
    pause = SOON
    while True:
        yield pause
        pause = min(2 * pause, LATEST)


def wait_of(error: Exception) -> float:
    """In how many seconds it may be asked again, as the server says; 0 where it says nothing of that."""
    return float(error.data.get("retry_after", 0.0)) if isinstance(error, Problem) else 0.0


def _why(error: Untrusted | Problem | Unreachable) -> str:
    match error:
        case Untrusted(reason=reason):
            return reason
        case Problem(code=code):
            return code
        case _:
            return type(error).__name__


class Lookout:
    """One look after another, from `begin` to `close`. `look` may raise Untrusted, Problem, Unreachable: what the
    server could not answer is looked at again later; what cannot be believed once there is more to see. `what` says in
    the log what is not done then: as a warning from the second time on, as the first one is often only too early."""

    def __init__(self, look: Callable[[], Awaitable[None]], *, what: str) -> None:
        self._look = look
        self._what = what
        self._due = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        self.wake()

    def wake(self) -> None:
        """There may be more to see."""
        self._due.set()

    async def close(self) -> None:
        if self._later is not None:
            self._later.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        failures, level = pauses(), logging.INFO
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._look()
                failures, level = pauses(), logging.INFO
            except (Untrusted, Problem, Unreachable) as error:
                log.log(level, "%s: %s", self._what, _why(error))
                level = logging.WARNING
                if not isinstance(error, Untrusted) or error.reason is Reason.MISSING:
                    self._look_again(max(next(failures), wait_of(error)))
            except Exception:
                log.exception("%s", self._what)  # a bug in one look must not be the end of all
                self._look_again(next(failures))

    def _look_again(self, pause: float) -> None:
        self._later = asyncio.get_running_loop().call_later(pause, self.wake)
