"""Many small writes that share transactions: what comes within some milliseconds is one commit.

The law of this file

    What is submitted is written in the order in which it was, and done once it is on disk.
    Whoever comes when nothing is going on waits for nobody. While much is going on a commit begins every PACE seconds,
    while little is every BRISK, and takes with it what has come since: each costs the disk and both threads the same,
    however much is in it.

A job says no by raising a Problem before its first change. If one of them fails otherwise, each is tried by itself.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from kith.core.problem import Code, Problem
from kith.store.database import MAX_WAITING, Database

T = TypeVar("T")

PACE, BRISK = 0.1, 0.016
"""Seconds between the beginnings of two commits, where much is going on and where little is. Longer costs whoever waits
so much more, and each message less."""

MUCH = 4
"""Jobs in one commit."""

AT_ONCE = 256
"""Jobs of one transaction: some 5 ms of the writer's time."""

_Job = tuple[Callable[[sqlite3.Connection], Any], "asyncio.Future[Any]"]


class Lane:
    """Belongs to the event loop that runs when it is made. `undone` is called, on the writer's thread, where jobs are
    undone whose transaction goes on."""

    def __init__(self, database: Database, undone: Callable[[], None]) -> None:
        self._database = database
        self._undone = undone
        self._loop = asyncio.get_running_loop()
        self._jobs: deque[_Job] = deque()
        self._before: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0
        self._writing = False

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> "asyncio.Future[T]":
        """Done once it is on disk. Raises Problem(storage_unavailable)."""
        if len(self._jobs) >= MAX_WAITING:
            raise Problem(Code.STORAGE_UNAVAILABLE)
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.append((job, future))
        if not self._writing:
            self._begin_soon()
        return future

    def before_next(self, do: Callable[[], None]) -> bool:
        """Have it done just before the next commit begins, which takes with it what is submitted by that. False, and
        nothing will be done, where that may be at once."""
        if not self._writing and self._timer is None and self._next <= self._loop.time():
            return False
        self._before.append(do)
        if not self._writing:
            self._begin_soon()
        return True

    def _begin_soon(self) -> None:
        """Now, or when the last commit began long enough ago."""
        if self._timer is not None:
            return
        if self._next <= self._loop.time():
            self._begin()
        else:
            self._timer = self._loop.call_at(self._next, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._writing = True  # so that what is submitted by those below begins nothing of its own
        before, self._before = self._before, []
        for do in before:
            do()
        self._writing = False
        if not self._jobs:
            return
        jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), AT_ONCE))]
        pause = PACE if len(jobs) >= MUCH else BRISK
        self._next = self._loop.time() + (
            0.0 if self._jobs else pause
        )  # what is too much for one waits for no other
        try:
            written = self._database.write_soon(lambda db: self._carry_out(db, jobs))
        except Problem as problem:
            _fail([*jobs, *self._jobs], problem)
            self._jobs.clear()
            return
        self._writing = True
        written.add_done_callback(lambda done: self._written(jobs, done))

    def _written(self, jobs: list[_Job], done: "asyncio.Future[list[Any]]") -> None:
        self._writing = False
        if self._jobs or self._before:
            self._begin_soon()
        error = done.exception()
        if error is not None:
            _fail(jobs, error)
            return
        for (_, future), outcome in zip(jobs, done.result(), strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    # -- on the writer's thread ------------------------------------------------------------------

    def _carry_out(self, db: sqlite3.Connection, jobs: list[_Job]) -> list[Any]:
        """All in the transaction that there is; each by itself if that does not work."""
        db.execute("SAVEPOINT lane")
        try:
            outcomes = [_outcome(db, job) for job, _ in jobs]
        except sqlite3.OperationalError:
            raise  # the disk, and none of the jobs
        except Exception:  # noqa: BLE001 - one of them, which is found by trying each alone
            db.execute("ROLLBACK TO lane")
            self._undone()
            outcomes = [self._alone(db, job) for job, _ in jobs]
        db.execute("RELEASE lane")
        return outcomes

    def _alone(self, db: sqlite3.Connection, job: Callable[[sqlite3.Connection], Any]) -> Any:
        db.execute("SAVEPOINT alone")
        try:
            outcome = _outcome(db, job)
        except sqlite3.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            db.execute("ROLLBACK TO alone")
            self._undone()
            outcome = error
        db.execute("RELEASE alone")
        return outcome


def _fail(jobs: list[_Job], error: BaseException) -> None:
    for _, future in jobs:
        if not future.done():
            future.set_exception(error)


def _outcome(db: sqlite3.Connection, job: Callable[[sqlite3.Connection], Any]) -> Any:
    try:
        return job(db)
    except Problem as problem:
        return problem
