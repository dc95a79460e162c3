"""Small writes that share a transaction: in order, each answered for itself, none undone for another one's fault."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from kith.core.problem import Code, Problem
from kith.store import lane as module
from kith.store.database import Database
from kith.store.lane import Lane
from tests.support.database import fresh


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(fresh(tmp_path))
    await database.write(lambda db: db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)"))
    yield database
    await database.close()


def put(a: int, b: str | None = "x") -> Callable[[sqlite3.Connection], int]:
    def job(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t VALUES (?, ?)", (a, b))
        return a

    return job


def refuse(db: sqlite3.Connection) -> None:
    raise Problem(Code.UNKNOWN_MESSAGE)


async def written(database: Database) -> list[int]:
    return [
        row[0]
        for row in await database.read(lambda db: db.execute("SELECT a FROM t ORDER BY rowid").fetchall())
    ]


async def test_what_comes_together_is_one_commit_in_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    write_soon = database.write_soon

    def counted(work: Callable[[sqlite3.Connection], Any]) -> "asyncio.Future[Any]":
        commits.append(1)
        return write_soon(work)

    monkeypatch.setattr(database, "write_soon", counted)
    lane = Lane(database, lambda: None)
    first = lane.submit(put(0))
    rest = [lane.submit(put(number)) for number in range(1, 300)]
    assert await first == 0
    assert await asyncio.gather(*rest) == list(range(1, 300))
    assert await written(database) == list(range(300))
    assert len(commits) == 3, "the first at once, then as many as go into one"


async def test_a_no_is_for_whoever_asked(database: Database) -> None:
    lane = Lane(database, lambda: None)
    one, no, other = lane.submit(put(1)), lane.submit(refuse), lane.submit(put(2))
    with pytest.raises(Problem):
        await no
    assert [await one, await other] == [1, 2]


async def test_one_that_fails_takes_none_of_the_others_with_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BRISK", 0.2)  # all three wait for the same commit
    undone: list[bool] = []
    lane = Lane(database, lambda: undone.append(True))
    await lane.submit(put(0))
    one, bad, other = lane.submit(put(1)), lane.submit(put(2, None)), lane.submit(put(3))
    with pytest.raises(sqlite3.IntegrityError):
        await bad
    assert [await one, await other] == [1, 3]
    assert await written(database) == [0, 1, 3]
    assert undone, "whoever remembers what was undone is told"


async def test_what_is_looked_at_before_the_next_commit_goes_with_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Lane(database, lambda: None)
    assert not lane.before_next(lambda: None), "it may be done at once"
    monkeypatch.setattr(module, "BRISK", 0.2)
    first = lane.submit(put(1))
    late: list[asyncio.Future[int]] = []
    assert lane.before_next(lambda: late.append(lane.submit(put(2))))
    await first
    assert late == [], "that commit had begun"
    assert await lane.submit(put(3)) == 3
    assert await late[0] == 2
    assert await written(database) == [1, 2, 3]
    assert lane.before_next(lambda: None), "also where there will be nothing to write"


async def test_a_full_queue_is_told_to_all_who_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Lane(database, lambda: None)
    first = lane.submit(put(0))
    waiting = [lane.submit(put(number)) for number in range(1, 2 * module.AT_ONCE)]  # behind it
    with monkeypatch.context() as context:

        def full(work: Callable[[sqlite3.Connection], Any]) -> "asyncio.Future[Any]":
            raise Problem(Code.STORAGE_UNAVAILABLE)

        context.setattr(database, "write_soon", full)
        assert await first == 0
        for one in waiting:
            with pytest.raises(Problem):
                await one
    assert await lane.submit(put(1)) == 1


async def test_a_disk_that_fails_is_told_to_all_and_forgotten_by_none(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BRISK", 0.2)  # both wait for the same commit
    lane = Lane(database, lambda: None)

    def full(db: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk full")

    failures = database.failures
    await lane.submit(put(0))
    waiting: list[asyncio.Future[Any]] = [lane.submit(put(1)), lane.submit(full)]
    for one in waiting:
        with pytest.raises(Problem):
            await one
    assert database.failures > failures
    monkeypatch.setattr(module, "BRISK", 0.0)
    assert await lane.submit(put(2)) == 2
    assert await written(database) == [0, 2]


async def test_no_more_wait_than_may(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    lane = Lane(database, lambda: None)
    waiting = [lane.submit(put(number)) for number in range(3)]  # the first is being written
    with pytest.raises(Problem):
        lane.submit(put(9))
    await asyncio.gather(*waiting)


async def test_changes_are_counted_but_for_those_aside(database: Database) -> None:
    before = database.changes
    await database.write(lambda db: None, aside=True)
    await Lane(database, lambda: None).submit(put(1))
    assert database.changes == before
    await database.write(lambda db: None)
    assert database.changes > before
