"""The log on SQLite."""

import sqlite3
from collections.abc import Callable, Sequence

from kith.core.problem import Code, Problem
from kith.core.trust.log import Head, LogEntry, head_of
from kith.directory.journal import Line, Page
from kith.store.database import Database

FIELDS = "owner, number, previous, time, payload_hash, writer, signature"


class SqliteJournal:
    """Implements kith.directory.journal.JournalStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def append(self, lines: Sequence[Line], *, most: int) -> Head:
        return await self._db.write(lambda db: _append(db, lines, most), aside=True)

    async def write(self, owner: str, writer: bytes, entry: Callable[[Head | None], Line]) -> None:
        def work(db: sqlite3.Connection) -> None:
            _insert(db, entry(_head(db, owner, writer)))

        await self._db.write(work, aside=True)

    async def page(self, owners: Sequence[str], before: int | None, limit: int) -> Page:
        marks = ", ".join("?" * len(owners))

        def work(db: sqlite3.Connection) -> Page:
            rows = db.execute(
                f"SELECT * FROM log_entry WHERE owner IN ({marks}) AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608 - marks only
                (*owners, before if before is not None else 2**62, limit + 1),
            ).fetchall()
            more = rows[limit - 1]["id"] if len(rows) > limit else None
            return Page([_line_of(row) for row in rows[:limit]], more)

        return await self._db.read(work)

    async def chain(self, owner: str, writer: bytes, first: int, limit: int) -> Sequence[Line]:
        def work(db: sqlite3.Connection) -> list[Line]:
            rows = db.execute(
                "SELECT * FROM log_entry WHERE owner = ? AND writer = ? AND number >= ? ORDER BY number LIMIT ?",
                (owner, writer, first, limit),
            )
            return [_line_of(row) for row in rows]

        return await self._db.read(work)

    async def delete(
        self, owner: str, writer: bytes, numbers: Sequence[int], line: Line, *, most: int
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            _append(db, [line], most)
            db.executemany(
                "UPDATE log_entry SET payload = NULL, person = NULL WHERE owner = ? AND writer = ? AND number = ?",
                [(owner, writer, number) for number in numbers],
            )

        await self._db.write(work, aside=True)

    async def about(self, person: str) -> Sequence[tuple[str, bytes, int]]:
        def work(db: sqlite3.Connection) -> list[tuple[str, bytes, int]]:
            rows = db.execute(
                "SELECT owner, writer, number FROM log_entry WHERE person = ? ORDER BY id", (person,)
            )
            return [(row["owner"], row["writer"], row["number"]) for row in rows]

        return await self._db.read(work)

    async def heads(self, owners: Sequence[str]) -> Sequence[tuple[str, bytes, Head]]:
        marks = ", ".join("?" * len(owners))

        def work(db: sqlite3.Connection) -> list[tuple[str, bytes, Head]]:
            rows = db.execute(
                f"SELECT {FIELDS}, max(number) FROM log_entry WHERE owner IN ({marks}) GROUP BY owner, writer",  # noqa: S608 - marks only
                tuple(owners),
            )
            return [(row["owner"], row["writer"], head_of(_entry_of(row))) for row in rows]

        return await self._db.read(work)


def forget_person(db: sqlite3.Connection, person: str) -> None:
    """Take away, in everybody's log, what is written of a person; that something was is still to be seen."""
    db.execute("UPDATE log_entry SET payload = NULL, person = NULL WHERE person = ?", (person,))


def _append(db: sqlite3.Connection, lines: Sequence[Line], most: int) -> Head:
    for line in lines:
        entry = line.entry
        there = db.execute(
            f"SELECT {FIELDS} FROM log_entry WHERE owner = ? AND writer = ? AND number = ?",  # noqa: S608 - words of this file
            (entry.owner, entry.writer, entry.number),
        ).fetchone()
        if there is None:
            if entry.number >= most:
                raise Problem(Code.LOG_LIMIT)
            _insert(db, line)
        elif head_of(_entry_of(there)).hash != head_of(entry).hash:
            raise Problem(Code.LOG_FORKED)
    last = lines[-1].entry
    head = _head(db, last.owner, last.writer)
    assert head is not None
    return head


def _insert(db: sqlite3.Connection, line: Line) -> None:
    entry = line.entry
    db.execute(
        f"INSERT INTO log_entry({FIELDS}, payload, person) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - words of this file
        (
            entry.owner,
            entry.number,
            entry.previous,
            entry.time,
            entry.payload_hash,
            entry.writer,
            entry.signature,
            line.payload,
            line.person or None,
        ),
    )


def _head(db: sqlite3.Connection, owner: str, writer: bytes) -> Head | None:
    row = db.execute(
        f"SELECT {FIELDS} FROM log_entry WHERE owner = ? AND writer = ? ORDER BY number DESC LIMIT 1",  # noqa: S608 - words of this file
        (owner, writer),
    ).fetchone()
    return None if row is None else head_of(_entry_of(row))


def _entry_of(row: sqlite3.Row) -> LogEntry:
    return LogEntry(
        owner=row["owner"],
        number=row["number"],
        previous=row["previous"],
        time=row["time"],
        payload_hash=row["payload_hash"],
        writer=row["writer"],
        signature=row["signature"],
    )


def _line_of(row: sqlite3.Row) -> Line:
    return Line(_entry_of(row), row["payload"], row["person"] or "")
