"""Many small writes that share transactions: what comes within some milliseconds is one commit.

The law of this file

    What is submitted is written in the order in which it was, and done once it is on disk.
    Whoever comes when nothing is going on waits for nobody. While much is going on a commit begins every PACE seconds
    and takes with it what has come since: each costs the disk and both threads the same, however much is in it.
    What nobody waits for (`lazy`) begins no commit of its own for a while: mostly it goes along with another one's.

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

PACE = 0.016
"""Seconds between the beginnings of two commits. Longer costs whoever waits so much more, and each message less."""

PATIENCE = 0.2
"""Seconds that what is lazy waits for another one's commit."""

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
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._began = -PACE
        self._writing = False

    def submit(self, job: Callable[[sqlite3.Connection], T], *, lazy: bool = False) -> "asyncio.Future[T]":
        """Done once it is on disk. Raises Problem(storage_unavailable)."""
        if len(self._jobs) >= MAX_WAITING:
            raise Problem(Code.STORAGE_UNAVAILABLE)
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.append((job, future))
        if not self._writing:
            now = self._loop.time()
            self._begin_by(now + PATIENCE if lazy else max(now, self._began + PACE), now)
        return future

    def _begin_by(self, due: float, now: float) -> None:
        """Sooner, if that was meant before."""
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due <= now:
            self._begin()
        else:
            self._due = due
            self._timer = self._loop.call_at(due, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._began = self._loop.time()
        jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), AT_ONCE))]
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
        if self._jobs:
            now = self._loop.time()
            self._begin_by(max(now, self._began + PACE), now)
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
