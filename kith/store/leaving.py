"""Leaving a household and leaving altogether, each in one write."""

import sqlite3
from collections.abc import Callable

from kith.core.ids import HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem
from kith.core.trust.delegations import Delegations
from kith.directory.leaving import Departure, Gone
from kith.store.database import Database
from kith.store.erasure import erase_household, erase_person
from kith.store.identities import add_household_link, mark_waiting, set_delegations
from kith.store.news import tell
from kith.store.rows import ADULT, acquaint


class SqliteLeaving:
    """Implements kith.directory.leaving.LeavingStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def leave(
        self,
        departure: Departure,
        delegations: Delegations | None,
        *,
        household: HouseholdId,
        name: str,
        now: float,
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            heir = _heir(db, departure)
            if heir is None:
                raise Problem(Code.LAST_MEMBER)
            _tell(db, departure, now)
            _sign_out_of_roster(db, departure)
            _part(db, departure, heir)
            _stay_acquainted(db, departure)
            db.execute(
                "INSERT INTO household(id, name, created, region)"
                " SELECT ?, ?, ?, (SELECT region FROM household WHERE id = ?)",
                (household, name, now, departure.household),
            )
            db.execute("UPDATE person SET household = ? WHERE id = ?", (household, departure.person))
            db.execute(
                "UPDATE endpoint SET household = ? WHERE person = ? AND NOT shared",
                (household, departure.person),
            )
            if delegations is None:
                db.execute("DELETE FROM delegation WHERE person = ?", (departure.person,))
            else:
                set_delegations(db, departure.person, delegations)

        await self._db.write(work)

    async def erase(self, departure: Departure, digest: Callable[[str], bytes], *, now: float) -> Gone:
        def work(db: sqlite3.Connection) -> Gone:
            row = db.execute(
                "SELECT mobile FROM person WHERE id = ? AND registered IS NOT NULL", (departure.person,)
            ).fetchone()
            mobile = None if row is None else row["mobile"]
            _keep_for_operator(db, departure.person, None if mobile is None else digest(mobile), now)
            heir = _heir(db, departure)
            if heir is None:
                dead = erase_household(db, departure.household)
                return Gone(dead, None, mobile)
            _tell(db, departure, now)
            _sign_out_of_roster(db, departure)
            _part(db, departure, heir)
            dead = erase_person(db, departure.person)
            return Gone(dead, departure.household, mobile)

        return await self._db.write(work)


def _keep_for_operator(db: sqlite3.Connection, person: PersonId, number: bytes | None, now: float) -> None:
    """Of somebody with whom the operator may have to deal: their name, and the digest by which a number is refused."""
    db.execute(
        "INSERT OR REPLACE INTO departed(person, name, number, at) SELECT id, name, ?, ? FROM person WHERE id = ?"
        " AND (suspended IS NOT NULL OR id IN (SELECT person FROM report) OR id IN (SELECT person FROM incident))",
        (number, now, person),
    )


def _heir(db: sqlite3.Connection, departure: Departure) -> PersonId | None:
    """The adult who has been here longest of those who stay."""
    row = db.execute(
        f"SELECT id FROM person WHERE household = ? AND id <> ? AND {ADULT} ORDER BY rowid LIMIT 1",  # noqa: S608 - words of this file
        (departure.household, departure.person),
    ).fetchone()
    return None if row is None else PersonId(row["id"])


def _tell(db: sqlite3.Connection, departure: Departure, now: float) -> None:
    """Those who stay; of somebody who had only signed up they never heard."""
    person = departure.person
    if db.execute(f"SELECT 1 FROM person WHERE id = ? AND {ADULT}", (person,)).fetchone() is None:  # noqa: S608 - words of this file
        return
    adults = db.execute(
        f"SELECT id FROM person WHERE household = ? AND id <> ? AND {ADULT}",  # noqa: S608 - words of this file
        (departure.household, person),
    ).fetchall()
    for adult in adults:
        tell(db, adult["id"], NewsKind.PERSON_LEFT, by=person, at=now)


def _sign_out_of_roster(db: sqlite3.Connection, departure: Departure) -> None:
    if departure.link is not None and departure.roster is not None:
        mark_waiting(db, "shared AND household = ?", departure.household, departure.roster.shared)
        add_household_link(db, departure.household, departure.link)
    if (
        departure.alone
    ):  # nobody else was ever signed in: whoever stays begins their own, and signs for the devices
        db.execute("DELETE FROM household_link WHERE household = ?", (departure.household,))
        mark_waiting(db, "shared AND household = ?", departure.household, ())


def _part(db: sqlite3.Connection, departure: Departure, heir: PersonId) -> None:
    """Nothing of the person's is left at home, and nothing of home's is left with them."""
    person, home = departure.person, departure.household
    db.execute(
        "UPDATE endpoint SET person = ? WHERE shared AND household = ? AND person = ?", (heir, home, person)
    )
    db.execute("DELETE FROM pairing WHERE person = ? AND used IS NULL", (person,))
    db.execute("DELETE FROM invitation WHERE inviter = ? AND used IS NULL", (person,))
    db.execute(
        "DELETE FROM token WHERE endpoint IN (SELECT id FROM endpoint WHERE person = ? AND NOT shared)",
        (person,),
    )


def _stay_acquainted(db: sqlite3.Connection, departure: Departure) -> None:
    housemates = db.execute(
        "SELECT id FROM person WHERE household = ? AND id <> ? AND registered IS NOT NULL AND NOT child",
        (departure.household, departure.person),
    ).fetchall()
    for one in housemates:
        acquaint(db, departure.person, one["id"])
