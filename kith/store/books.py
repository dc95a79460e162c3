"""Linked address books on SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence

from kith.core.contacts import Source
from kith.core.ids import BookId, PersonId
from kith.core.problem import Code, Problem
from kith.directory.books import Book, Member, Step
from kith.directory.contacts import Imported
from kith.store.contact_lists import purge_book, take
from kith.store.database import Database

_BOOK = (
    "SELECT book.*, (SELECT count(*) FROM contact WHERE contact.owner = book.person AND contact.source = 'book'"
    " AND contact.book = book.id) AS contacts FROM book"
)


class SqliteBooks:
    """Implements kith.directory.books.BookStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def books(self) -> Sequence[Book]:
        return await self._db.read(
            lambda db: [_book_of(row) for row in db.execute(f"{_BOOK} ORDER BY rowid")]
        )

    async def book(self, book: BookId) -> Book | None:
        def work(db: sqlite3.Connection) -> Book | None:
            row = db.execute(f"{_BOOK} WHERE id = ?", (book,)).fetchone()
            return None if row is None else _book_of(row)

        return await self._db.read(work)

    async def check_allowed(self, person: PersonId) -> None:
        await self._db.read(lambda db: _check_allowed(db, person))

    async def link(self, books: Sequence[Book], *, most: int) -> Sequence[Book]:
        return await self._db.write(lambda db: [_link(db, book, most) for book in books])

    async def unlink(self, person: PersonId, book: BookId) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            gone = db.execute("DELETE FROM book WHERE id = ? AND person = ?", (book, person)).rowcount
            if gone:
                purge_book(db, person, book)
            return bool(gone)

        return await self._db.write(work)

    async def members(self, book: BookId) -> Mapping[str, Member]:
        def work(db: sqlite3.Connection) -> Mapping[str, Member]:
            rows = db.execute("SELECT key, etag, card FROM book_member WHERE book = ?", (book,))
            return {row["key"]: Member(row["etag"], bool(row["card"])) for row in rows}

        return await self._db.read(work)

    async def take(self, book: BookId, step: Step) -> Imported:
        return await self._db.write(lambda db: _take(db, book, step))

    async def settle(self, book: BookId, *, token: str, at: float) -> None:
        await self._db.write(
            lambda db: db.execute(
                "UPDATE book SET token = ?, synced = ?, problem = NULL, failures = 0 WHERE id = ?",
                (token, at, book),
            )
        )

    async def fail(self, book: BookId, problem: Code, failures: int) -> None:
        await self._db.write(
            lambda db: db.execute(
                "UPDATE book SET problem = ?, failures = ? WHERE id = ?", (problem.value, failures, book)
            )
        )


def unlink_all(db: sqlite3.Connection, person: PersonId) -> None:
    """Inside a write: forget all of a person's books. Their contacts go with whatever else was imported."""
    db.execute("DELETE FROM book WHERE person = ?", (person,))


def _check_allowed(db: sqlite3.Connection, person: PersonId) -> None:
    row = db.execute("SELECT import_allowed FROM contact_list WHERE owner = ?", (person,)).fetchone()
    if row is None or not row["import_allowed"]:
        raise Problem(Code.IMPORT_NOT_ALLOWED)


def _link(db: sqlite3.Connection, book: Book, most: int) -> Book:
    _check_allowed(db, book.person)
    before = db.execute(
        "SELECT id FROM book WHERE person = ? AND url = ? AND account = ?",
        (book.person, book.url, book.account),
    ).fetchone()
    if before is not None:
        db.execute(
            "UPDATE book SET password = ?, name = ?, problem = NULL, failures = 0 WHERE id = ?",
            (book.password, book.name, before["id"]),
        )
    else:
        count = db.execute("SELECT count(*) FROM book WHERE person = ?", (book.person,)).fetchone()[0]
        if count >= most:
            raise Problem(Code.BOOK_LIMIT, data={"limit": most})
        db.execute(
            "INSERT INTO book(id, person, url, account, password, name, token, failures)"
            " VALUES (?, ?, ?, ?, ?, ?, '', 0)",
            (book.id, book.person, book.url, book.account, book.password, book.name),
        )
    return _book_of(
        db.execute(f"{_BOOK} WHERE id = ?", (book.id if before is None else before["id"],)).fetchone()
    )


def _take(db: sqlite3.Connection, book: BookId, step: Step) -> Imported:
    row = db.execute("SELECT person FROM book WHERE id = ?", (book,)).fetchone()
    if row is None:
        raise Problem(Code.UNKNOWN_BOOK)
    person = PersonId(row["person"])
    cards = {entry.uid for entry in step.entries}
    none = step.gone | (step.members.keys() - cards)
    imported = take(db, person, Source.BOOK, book, step.entries, gone=none)
    db.executemany("DELETE FROM book_member WHERE book = ? AND key = ?", [(book, key) for key in step.gone])
    if not imported.left:
        db.executemany(
            "INSERT INTO book_member(book, key, etag, card) VALUES (?, ?, ?, ?) ON CONFLICT (book, key)"
            " DO UPDATE SET etag = excluded.etag, card = excluded.card"
            " WHERE etag <> excluded.etag OR card <> excluded.card",
            [(book, key, member.etag, member.card) for key, member in step.members.items()],
        )
    return imported


def _book_of(row: sqlite3.Row) -> Book:
    return Book(
        id=BookId(row["id"]),
        person=PersonId(row["person"]),
        url=row["url"],
        account=row["account"],
        password=row["password"],
        name=row["name"],
        token=row["token"],
        contacts=row["contacts"],
        synced=row["synced"],
        problem=None if row["problem"] is None else Code(row["problem"]),
        failures=row["failures"],
    )
