"""One writer with group commit: acknowledged is on disk, and one that fails takes nobody with it."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kith.core.problem import Code, Problem
from kith.store.database import MAX_WAITING, Database
from kith.store.schema import migrate

GENEROUS = 30.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "kith.db")
    yield database
    await database.close()


async def keys(database: Database) -> list[str]:
    return [
        row["key"] for row in await database.read(lambda db: db.execute("SELECT key FROM meta").fetchall())
    ]


async def test_what_is_acknowledged_is_read_and_is_on_disk(database: Database, tmp_path: Path) -> None:
    await database.write(lambda db: db.execute("INSERT INTO meta VALUES ('a', '1')"))
    assert await keys(database) == ["a"]
    elsewhere = sqlite3.connect(tmp_path / "kith.db")
    assert elsewhere.execute("SELECT value FROM meta").fetchall() == [("1",)]
    elsewhere.close()


def add(key: str) -> Callable[[sqlite3.Connection], int]:
    return lambda db: db.execute("INSERT INTO meta VALUES (?, '')", (key,)).rowcount


async def test_writes_that_wait_together_are_all_there(database: Database) -> None:
    names = [f"{number:04d}" for number in range(1000)]
    assert await asyncio.gather(*(database.write(add(name)) for name in names)) == [1] * 1000
    assert await keys(database) == names


async def test_one_that_says_no_undoes_itself_and_nobody_else(database: Database) -> None:
    def refuse(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO meta VALUES ('half', '')")
        raise Problem(Code.INVITATION_INVALID)

    def clash(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO meta VALUES ('before', '')")
        db.execute("INSERT INTO meta VALUES ('before', '')")

    outcomes = await asyncio.gather(
        database.write(add("one")),
        database.write(refuse),
        database.write(clash),
        database.write(add("two")),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], Problem) and outcomes[1].code is Code.INVITATION_INVALID
    assert isinstance(outcomes[2], sqlite3.IntegrityError)
    assert await keys(database) == ["one", "two"]


async def test_a_disk_that_fails_is_said_to_be_unavailable_and_the_next_write_is_tried(
    database: Database,
) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO meta VALUES ('half', '')")
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(Problem) as refused:
        await database.write(fail)
    assert refused.value.code is Code.STORAGE_UNAVAILABLE
    await database.write(lambda db: db.execute("INSERT INTO meta VALUES ('after', '')"))
    assert await keys(database) == ["after"]


async def test_a_read_that_fails_is_said_to_be_unavailable(database: Database) -> None:
    with pytest.raises(Problem) as refused:
        await database.read(lambda db: db.execute("SELECT * FROM nothing"))
    assert refused.value.code is Code.STORAGE_UNAVAILABLE


async def test_a_bug_in_the_work_is_handed_to_who_asked(database: Database) -> None:
    def bug(db: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(bug)
    with pytest.raises(ZeroDivisionError):
        await database.read(bug)
    await database.write(lambda db: db.execute("INSERT INTO meta VALUES ('after', '')"))


async def test_one_who_stops_waiting_hurts_nobody(database: Database) -> None:
    write = asyncio.ensure_future(database.write(lambda db: db.execute("INSERT INTO meta VALUES ('a', '')")))
    await asyncio.sleep(0)
    write.cancel()
    await database.write(lambda db: db.execute("INSERT INTO meta VALUES ('b', '')"))
    assert "b" in await keys(database)


async def test_what_waits_is_bounded(database: Database) -> None:
    stuck, free = threading.Event(), threading.Event()

    def hold(db: sqlite3.Connection) -> None:
        stuck.set()
        free.wait(GENEROUS)

    work: list[asyncio.Future[None]] = [asyncio.ensure_future(database.write(hold))]
    await asyncio.to_thread(stuck.wait, GENEROUS)
    try:
        for _ in range(MAX_WAITING):
            work.append(database._writer.submit(lambda _: None))  # noqa: PERF401 - the last one matters
        with pytest.raises(Problem) as refused:
            database._writer.submit(lambda _: None)
        assert refused.value.code is Code.STORAGE_UNAVAILABLE
    finally:
        free.set()
    await asyncio.gather(*work)


async def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "kith.db")
    writes = [asyncio.ensure_future(database.write(add(str(number)))) for number in range(50)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = await Database.open(tmp_path / "kith.db")
    assert len(await keys(again)) == 50
    await again.close()
    with pytest.raises(Problem):
        await again.write(lambda db: None)


def test_the_file_is_for_its_owner_only_and_opening_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kith.db"
    for _ in range(2):
        migrate(path)
    assert path.stat().st_mode & 0o077 == 0
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
