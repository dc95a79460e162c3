"""Facts about this installation: what the database is for, and the household that it was made for."""

import sqlite3

from kith.core.ids import HouseholdId, new_household
from kith.store.database import Database

MODE = "mode"
HOME = "home"


async def mode(database: Database) -> str | None:
    """`real` or `test`; None for a database that has never been used."""
    return await database.read(lambda db: _get(db, MODE))


async def set_mode(database: Database, value: str) -> None:
    await database.write(lambda db: _put(db, MODE, value))


async def home(database: Database, name: str) -> tuple[HouseholdId, bool]:
    """The first household, made on first use, and whether it has a registered adult."""

    def work(db: sqlite3.Connection) -> tuple[HouseholdId, bool]:
        found = _get(db, HOME)
        household = HouseholdId(found) if found is not None else new_household()
        if found is None:
            db.execute("INSERT INTO household(id, name, created) VALUES (?, ?, 0)", (household, name))
            _put(db, HOME, household)
        owned = db.execute(
            "SELECT 1 FROM person WHERE household = ? AND registered IS NOT NULL", (household,)
        ).fetchone()
        return household, owned is not None

    return await database.write(work)


def _get(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row["value"])


def _put(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", (key, value))
