"""The database's tables in memory, for tests that need no thread and no disk."""

import functools
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kith.core.ids import HouseholdId, PersonId
from kith.store.schema import migrate

T = TypeVar("T")

HOME = HouseholdId("h_home")


class Tables:
    """As much of kith.store.database.Database as a store needs: work is done at once, a write all or nothing."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.deserialize(_empty())
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("INSERT INTO household(id, name) VALUES (?, 'Home')", (HOME,))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return work(self.db)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.db.execute("BEGIN")
        try:
            result = work(self.db)
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
        return result

    def person(
        self, name: str, mobile: str | None = None, *, household: HouseholdId = HOME, registered: bool = True
    ) -> PersonId:
        """Somebody who lives here, by their name."""
        self.db.execute("INSERT OR IGNORE INTO household(id, name) VALUES (?, 'Elsewhere')", (household,))
        self.db.execute(
            "INSERT INTO person(id, household, name, mobile, registered) VALUES (?, ?, ?, ?, ?)",
            (f"p_{name}", household, name, mobile, 1.0 if registered else None),
        )
        return PersonId(f"p_{name}")

    def gives_number(self, e164: str, person: PersonId | None) -> None:
        """Only this person has the number from now on."""
        self.db.execute("UPDATE person SET mobile = NULL, registered = NULL WHERE mobile = ?", (e164,))
        self.db.execute("UPDATE person SET mobile = ?, registered = 1 WHERE id = ?", (e164, person))

    def changes(self) -> int:
        """How many rows were ever written."""
        return self.db.total_changes


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "kith.db"
        migrate(path)
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode = DELETE")  # a database in memory has no log beside it
        try:
            return db.serialize()
        finally:
            db.close()
