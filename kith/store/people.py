"""What people decided about being here, on SQLite: guidelines accepted, profiles saved."""

import sqlite3
from collections.abc import Sequence

from kith.core.ids import HouseholdId, PersonId
from kith.core.problem import Code, Problem
from kith.directory.model import Person
from kith.store.database import Database
from kith.store.rows import add_person, person_of

_SAVED = "profile AND mobile IS NULL"
"""A profile that nobody has taken over, or is about to."""


class SqlitePeople:
    """Implements kith.directory.people.PeopleStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def accepted(self, person: PersonId) -> int:
        def work(db: sqlite3.Connection) -> int:
            sql = "SELECT coalesce(max(version), 0) AS version FROM acceptance WHERE person = ?"
            return int(db.execute(sql, (person,)).fetchone()["version"])

        return await self._db.read(work)

    async def accept(self, person: PersonId, version: int, *, now: float) -> None:
        await self._db.write(lambda db: accept(db, person, version, now))

    async def profiles(self, household: HouseholdId) -> Sequence[Person]:
        def work(db: sqlite3.Connection) -> list[Person]:
            rows = db.execute(
                f"SELECT * FROM person WHERE household = ? AND {_SAVED} ORDER BY rowid",  # noqa: S608 - words of this file
                (household,),
            )
            return [person_of(row) for row in rows]

        return await self._db.read(work)

    async def add_profile(self, profile: Person, *, most: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            there = db.execute(
                "SELECT count(*) AS saved FROM person WHERE household = ? AND profile", (profile.household,)
            ).fetchone()
            if there["saved"] >= most:
                raise Problem(Code.PROFILE_LIMIT)
            add_person(db, profile, None)

        await self._db.write(work)

    async def remove_profile(self, household: HouseholdId, profile: PersonId) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            gone = db.execute(
                f"DELETE FROM person WHERE id = ? AND household = ? AND {_SAVED}",  # noqa: S608 - words of this file
                (profile, household),
            )
            return bool(gone.rowcount)

        return await self._db.write(work)


def accept(db: sqlite3.Connection, person: PersonId, version: int, now: float) -> None:
    """Keep when it was accepted first."""
    db.execute(
        "INSERT OR IGNORE INTO acceptance(person, version, at) VALUES (?, ?, ?)", (person, version, now)
    )


def take_profile(db: sqlite3.Connection, person: Person, invited_by: PersonId | None) -> None:
    """A saved profile is this person from now on. Raises Problem(profile_taken)."""
    taken = db.execute(
        f"UPDATE person SET saved_as = name, name = ?, mobile = ?, invited_by = ?, created = ?"  # noqa: S608 - words of this file
        f" WHERE id = ? AND household = ? AND {_SAVED}",
        (person.name, person.mobile, invited_by, person.created, person.id, person.household),
    )
    if not taken.rowcount:
        raise Problem(Code.PROFILE_TAKEN, path="profile")
