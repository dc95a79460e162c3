"""What happens to the threads when not the work fails but what is under it: everybody is told, nobody hangs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kith.core.problem import Code, Problem
from kith.store import database as module
from kith.store.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "kith.db")
    yield database
    await asyncio.wait_for(database.close(), 10)


def put(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO meta VALUES ('a', '')")


async def refused(awaited: Any) -> None:
    with pytest.raises(Problem) as told:
        await asyncio.wait_for(awaited, 10)
    assert told.value.code is Code.STORAGE_UNAVAILABLE


async def test_a_file_that_cannot_be_opened_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    with monkeypatch.context() as broken:
        broken.setattr(module, "connect", fail)
        await refused(database.write(put))
        await refused(database.read(lambda db: None))
    await asyncio.wait_for(database.write(put), 10)
    assert await asyncio.wait_for(database.read(lambda db: db.execute("SELECT * FROM meta").fetchall()), 10)


class NoWayBack(sqlite3.Connection):
    """Neither the commit nor its undoing works."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql in ("COMMIT", "ROLLBACK"):
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)


async def test_a_transaction_that_cannot_even_be_undone_is_forgotten_with_its_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        connecting = sqlite3.connect
        broken.setattr(
            sqlite3, "connect", lambda *arguments, **named: connecting(*arguments, **named, factory=NoWayBack)
        )
        await refused(database.write(put))
    await asyncio.wait_for(database.write(put), 10)
    rows = await database.read(lambda db: db.execute("SELECT * FROM meta").fetchall())
    assert len(rows) == 1
