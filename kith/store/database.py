"""SQLite: one writer thread with group commit, one reader thread, neither on the event loop.

The law of this file: a write is acknowledged after the commit that holds it is on disk
(WAL, synchronous=FULL), and writes that wait while one commit is under way share the next one.
A write that fails takes none of its batch with it: each runs in a savepoint of its own.
"""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kith.core.problem import Code, Problem
from kith.store.schema import migrate

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
_Waiting = tuple[Work, "asyncio.Future[Any]", bool]
"""What is to be done, who waits for it, and whether it is `aside`."""

MAX_WAITING = 10_000
"""Writes that may wait. Some 0.4 s of work: beyond it the disk has stopped, and callers are told so."""


class _Worker:
    """A thread with a connection of its own that carries out work in the order it came."""

    def __init__(self, path: Path, name: str, *, writes: bool) -> None:
        self._path = path
        self._writes = writes
        self._waiting: deque[_Waiting] = deque()
        self.changes = 0
        self.failures = 0
        self._wake = threading.Event()
        self._stopping = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[sqlite3.Connection], T], *, aside: bool = False) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self._loop.create_future()
        if self._stopping or len(self._waiting) >= MAX_WAITING:
            raise Problem(Code.STORAGE_UNAVAILABLE)
        self._waiting.append((work, future, aside))
        self._wake.set()
        return future

    async def close(self) -> None:
        """Finish what waits, then end the thread."""
        self._stopping = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                connection = self._batch(connection)
            if self._stopping:
                break
        _close(connection)

    def _batch(self, connection: sqlite3.Connection | None) -> sqlite3.Connection | None:
        """Settle what waits, whatever happens. Returns the connection for the next batch, None for a new
        one: one that has failed in a way that no work can explain is not trusted again."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), 256))]
        try:
            connection = connection or connect(self._path)
            outcomes = self._write(connection, batch) if self._writes else self._read(connection, batch)
        except Exception as error:  # noqa: BLE001 - a thread that ends would leave everybody waiting
            log.warning("the database failed: thread=%s error=%s", self._thread.name, type(error).__name__)
            outcomes = [_Failure(error)] * len(batch)
            self.failures += 1
            _close(connection)
            connection = None
        self._settle(batch, outcomes)
        return connection

    def _settle(self, batch: list[_Waiting], outcomes: list[Any]) -> None:
        settled = [(future, outcome) for (_, future, _), outcome in zip(batch, outcomes, strict=True)]
        try:
            self._loop.call_soon_threadsafe(_settle, settled)
        except RuntimeError:  # the loop is closed: nobody is waiting any more
            return

    def _read(self, connection: sqlite3.Connection, batch: list[_Waiting]) -> list[Any]:
        outcomes: list[Any] = []
        for work, _, _ in batch:
            try:
                outcomes.append(work(connection))
            except Exception as error:  # noqa: BLE001 - handed to whoever asked
                outcomes.append(_Failure(error))
        return outcomes

    def _write(self, connection: sqlite3.Connection, batch: list[_Waiting]) -> list[Any]:
        changes = not all(aside for _, _, aside in batch)
        try:
            connection.execute("BEGIN IMMEDIATE")
            self.changes += changes  # of what is in this transaction nothing remembered is true either
            outcomes = [_in_savepoint(connection, work) for work, _, _ in batch]
            connection.execute("COMMIT")
            self.changes += changes
        except sqlite3.Error as error:
            self.failures += 1
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return [_Failure(error)] * len(batch)
        return outcomes


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


class _Failure:
    def __init__(self, error: Exception) -> None:
        unavailable = isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError)
        self.error = Problem(Code.STORAGE_UNAVAILABLE) if unavailable else error
        self.error.__cause__ = error if unavailable else None


def _in_savepoint(connection: sqlite3.Connection, work: Work) -> Any:
    connection.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except sqlite3.OperationalError:
        raise  # the disk, not the work: the whole batch fails together
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        connection.execute("ROLLBACK TO work")
        connection.execute("RELEASE work")
        return _Failure(error)
    connection.execute("RELEASE work")
    return result


def _settle(outcomes: "list[tuple[asyncio.Future[Any], Any]]") -> None:
    for future, outcome in outcomes:
        if future.done():
            continue
        if isinstance(outcome, _Failure):
            future.set_exception(outcome.error)
        else:
            future.set_result(outcome)


def connect(path: Path) -> sqlite3.Connection:
    """A connection with this project's pragmas; transactions are begun explicitly."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(
        "PRAGMA temp_store = MEMORY"
    )  # what a savepoint may have to undo, which is a file else
    return connection


class Database:
    """Opened inside a running event loop by `await Database.open(path)`."""

    def __init__(self, path: Path) -> None:
        self._writer = _Worker(path, "kith-writer", writes=True)
        self._reader = _Worker(path, "kith-reader", writes=False)

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Make or migrate the file. Raises sqlite3.Error if it cannot be opened."""
        await asyncio.to_thread(migrate, path)
        return cls(path)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the reader thread. Problem(storage_unavailable) if the file cannot be read."""
        return await self._reader.submit(work)

    async def write(self, work: Callable[[sqlite3.Connection], T], *, aside: bool = False) -> T:
        """Run `work` in a transaction; returns when it is on disk. `work` may raise to undo itself.

        `aside`: it changes nothing of people, endpoints, and who may reach whom.
        """
        return await self._writer.submit(work, aside=aside)

    def write_soon(self, work: Callable[[sqlite3.Connection], T]) -> "asyncio.Future[T]":
        """The same aside, and at once: what is written by this is written in the order in which it was called."""
        return self._writer.submit(work, aside=True)

    @property
    def changes(self) -> int:
        """Rises with every commit, but for writes that are all `aside`, before anybody hears of it."""
        return self._writer.changes

    @property
    def failures(self) -> int:
        """Rises with every batch of writes that was undone as a whole."""
        return self._writer.failures

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()
