"""What the operator sees and does, on SQLite: each deed in one write with its reason."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from kith.core.ids import PersonId
from kith.core.problem import Code, Problem
from kith.store.database import Database

Row = dict[str, Any]

_PEOPLE = """
    SELECT p.id, p.name, p.household, h.name AS home, substr(p.mobile, -2) AS ends, p.registered, p.suspended,
        (SELECT count(*) FROM endpoint e WHERE e.person = p.id AND NOT e.shared AND e.removed IS NULL) AS devices,
        (SELECT max(e.seen) FROM endpoint e WHERE e.person = p.id AND NOT e.shared) AS seen,
        (SELECT count(*) FROM report r WHERE r.person = p.id AND r.reviewed IS NULL) AS reports
    FROM person p LEFT JOIN household h ON h.id = p.household
    WHERE (:search = '' OR p.id = :search OR instr(lower(p.name), lower(:search)))
        AND (NOT :suspended OR p.suspended IS NOT NULL)
    ORDER BY p.name COLLATE NOCASE, p.id LIMIT :most
"""

_HOUSEHOLDS = """
    SELECT h.id, h.name, (SELECT count(*) FROM person p WHERE p.household = h.id) AS people,
        (SELECT count(*) FROM endpoint e WHERE e.household = h.id AND e.removed IS NULL) AS devices
    FROM household h ORDER BY h.name COLLATE NOCASE, h.id LIMIT :most
"""

_REPORTS = """
    SELECT r.id, r.at, r.person, coalesce(p.name, d.name) AS name, r.by, b.name AS by_name, r.why, r.text,
        r.message, r.reviewed
    FROM report r LEFT JOIN person p ON p.id = r.person LEFT JOIN departed d ON d.person = r.person
    LEFT JOIN person b ON b.id = r.by
    WHERE :all OR r.reviewed IS NULL ORDER BY r.id DESC LIMIT :most
"""

_INCIDENTS = """
    SELECT i.id, i.at, i.kind, i.person, coalesce(p.name, d.name, '') AS name, i.details
    FROM incident i LEFT JOIN person p ON p.id = i.person LEFT JOIN departed d ON d.person = i.person
    ORDER BY i.id DESC LIMIT :most
"""

_ACTIONS = "SELECT * FROM operator_action ORDER BY id DESC LIMIT :most"


class SqliteOperator:
    """Raises Problem(unknown_person) for a person who is not there, (storage_unavailable) for a disk that fails."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- seeing ---------------------------------------------------------------------------------

    async def people(self, *, search: str, suspended: bool, most: int) -> list[Row]:
        """By name. `ends` are the last two digits of the number: enough to tell two people of one name apart."""
        return await self._rows(_PEOPLE, search=search, suspended=suspended, most=most)

    async def households(self, *, most: int) -> list[Row]:
        """By name."""
        return await self._rows(_HOUSEHOLDS, most=most)

    async def reports(self, *, everything: bool, most: int) -> list[Row]:
        """The latest first; unless `everything`, those that nobody has reviewed."""
        return await self._rows(_REPORTS, all=everything, most=most)

    async def incidents(self, *, most: int) -> list[Row]:
        """The latest first."""
        rows = await self._rows(_INCIDENTS, most=most)
        return [row | {"details": json.loads(row["details"])} for row in rows]

    async def actions(self, *, most: int) -> list[Row]:
        """What the operator did, the latest first."""
        return await self._rows(_ACTIONS, most=most)

    # -- doing ----------------------------------------------------------------------------------

    async def suspend(self, person: PersonId, reason: str, *, at: float) -> Row:
        """Keep the person out. Their bearer tokens are dead, and so is what they offered to newcomers."""

        def work(db: sqlite3.Connection) -> Row:
            row = _person(db, person)
            db.execute("UPDATE person SET suspended = coalesce(suspended, ?) WHERE id = ?", (at, person))
            own = "SELECT id FROM endpoint WHERE person = ? AND NOT shared"
            db.execute(f"DELETE FROM token WHERE endpoint IN ({own})", (person,))  # noqa: S608 - words of this file
            return _noted(db, "suspend", person, row["name"], reason, at)

        return await self._db.write(work)

    async def unsuspend(self, person: PersonId, reason: str, *, at: float) -> Row:
        """Let the person in again."""

        def work(db: sqlite3.Connection) -> Row:
            row = _person(db, person)
            db.execute("UPDATE person SET suspended = NULL WHERE id = ?", (person,))
            return _noted(db, "unsuspend", person, row["name"], reason, at)

        return await self._db.write(work)

    async def terminate(
        self, person: PersonId, reason: str, number: Callable[[str], bytes], *, at: float
    ) -> Row:
        """Keep the person out for good: their number, of which `number` gives the digest, is admitted no more. To
        erase what is kept of them comes after it."""

        def work(db: sqlite3.Connection) -> Row:
            gone = db.execute("SELECT * FROM departed WHERE person = ?", (person,)).fetchone()
            if gone is not None:  # they left before it came to this
                if gone["number"] is not None:
                    db.execute("INSERT OR IGNORE INTO refused_number VALUES (?, ?)", (gone["number"], at))
                return _noted(db, "terminate", person, gone["name"], reason, at)
            row = _person(db, person)
            db.execute("UPDATE person SET suspended = coalesce(suspended, ?) WHERE id = ?", (at, person))
            if row["mobile"] is not None and row["registered"] is not None:
                db.execute("INSERT OR IGNORE INTO refused_number VALUES (?, ?)", (number(row["mobile"]), at))
            return _noted(db, "terminate", person, row["name"], reason, at)

        return await self._db.write(work)

    async def review(self, report: int, reason: str, *, at: float) -> Row:
        """The report was looked at. Raises LookupError where there is none."""

        def work(db: sqlite3.Connection) -> Row:
            row = db.execute(
                "UPDATE report SET reviewed = ? WHERE id = ? RETURNING id", (at, report)
            ).fetchone()
            if row is None:
                raise LookupError(report)
            return _noted(db, "review", str(report), "", reason, at)

        return await self._db.write(work)

    async def _rows(self, sql: str, **values: object) -> list[Row]:
        rows = await self._db.read(lambda db: db.execute(sql, values).fetchall())
        return [dict(row) for row in rows]


def _person(db: sqlite3.Connection, person: PersonId) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM person WHERE id = ?", (person,)).fetchone()
    if row is None:
        raise Problem(Code.UNKNOWN_PERSON)
    return row


def _noted(db: sqlite3.Connection, action: str, subject: str, name: str, reason: str, at: float) -> Row:
    """Nothing is done without a line that says why."""
    row = db.execute(
        "INSERT INTO operator_action(at, action, subject, name, reason) VALUES (?, ?, ?, ?, ?) RETURNING *",
        (at, action, subject, name, reason),
    ).fetchone()
    return dict(row)
