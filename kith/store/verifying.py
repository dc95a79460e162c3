"""Codes on their way to mobile numbers, and whose a number is, on SQLite."""

import sqlite3
from collections.abc import Callable

from kith.core.ids import PersonId
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem, Scalar
from kith.directory.blocks import number_key
from kith.directory.contact_store import Seal
from kith.directory.model import Claimed, Verification
from kith.directory.verifying import (
    BLOCK_SPAN,
    CODES,
    CODES_OF_BLOCK,
    CODES_OF_NUMBER,
    CODES_OF_SERVER,
    CODES_SPAN,
    CODES_UNPROVED,
    NUMBER_SPAN,
    SERVER_SPAN,
    Proved,
)
from kith.store.blocks import follow
from kith.store.database import Database
from kith.store.discovery import number_changed
from kith.store.incidents import add_incident
from kith.store.news import add_news, tell
from kith.store.rows import acquaint, endpoint_of

_BUDGETS = (
    ("number = :number", CODES_OF_NUMBER, NUMBER_SPAN),
    ("block = :block", CODES_OF_BLOCK, BLOCK_SPAN),
    ("1", CODES_OF_SERVER, SERVER_SPAN),
)
"""Of which codes so many in so many seconds."""


class SqliteVerifying:
    """Implements kith.directory.verifying.VerificationStore."""

    def __init__(self, database: Database, seal: Seal) -> None:
        """`seal` as in kith.store.discovery."""
        self._db = database
        self._seal = seal

    async def verification(self, person: PersonId) -> Verification | None:
        def work(db: sqlite3.Connection) -> Verification | None:
            row = db.execute("SELECT * FROM verification WHERE person = ?", (person,)).fetchone()
            if row is None:
                return None
            return Verification(
                person,
                row["mobile"],
                row["digest"],
                row["expires"],
                row["tries"],
                sent=row["sent"],
                since=row["since"],
            )

        return await self._db.read(work)

    async def begin(self, verification: Verification, claimed: Claimed) -> None:
        await self._db.write(lambda db: begin(db, verification, claimed))

    async def give_back(self, person: PersonId, claimed: Claimed) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute("UPDATE verification SET expires = 0 WHERE person = ?", (person,))
            db.execute(
                "DELETE FROM code_sent WHERE rowid = (SELECT max(rowid) FROM code_sent WHERE number = ?)",
                (claimed.number,),
            )

        await self._db.write(work)

    async def too_many(self, kind: str, *, now: float) -> None:
        await self._db.write(lambda db: add_incident(db, kind, None, {}, at=now))

    async def count_try(self, person: PersonId, *, most: int) -> int | None:
        def work(db: sqlite3.Connection) -> int | None:
            row = db.execute(
                "UPDATE verification SET tries = tries + 1 WHERE person = ? AND tries < ? RETURNING tries",
                (person, most),
            ).fetchone()
            return None if row is None else int(row["tries"])

        return await self._db.write(work)

    async def register(
        self, person: PersonId, digest: Callable[[str], bytes], region: Callable[[str], str], *, now: float
    ) -> Proved:
        def work(db: sqlite3.Connection) -> Proved:
            row = db.execute(
                "SELECT v.mobile AS proved, p.* FROM verification v JOIN person p ON p.id = v.person"
                " WHERE v.person = ?",
                (person,),
            ).fetchone()
            if row is None:
                raise Problem(Code.ALREADY_REGISTERED)
            _check_admitted(db, row["proved"], digest(row["proved"]))
            former = _take_from(db, row["proved"], person, now)
            first = row["registered"] is None and row["mobile"] is not None
            db.execute(
                "UPDATE person SET mobile = ?, registered = ?, profile = 0 WHERE id = ?",
                (row["proved"], now, person),
            )
            db.execute(
                "UPDATE household SET region = ? WHERE id = ? AND region IS NULL",
                (region(row["proved"]), row["household"]),
            )
            db.execute("DELETE FROM verification WHERE person = ?", (person,))
            if first:
                _introduce(db, person, row, now)
            # What hangs on a number follows it in the same write: after a crash between two it never would.
            follow(db, person, number_key(digest(row["proved"])))
            for number in {row["proved"], row["mobile"] or row["proved"]}:
                number_changed(db, number, self._seal)
            return Proved(person, first, former)

        return await self._db.write(work)


DAY = 86_400.0
WEEK = 7 * DAY

_LONG_AGO = "(since + :span <= :now OR since > :now)"
"""The hour is over; or it has not begun, because the clock was set back."""


def begin(db: sqlite3.Connection, verification: Verification, claimed: Claimed) -> None:
    """See kith.directory.verifying.VerificationStore.begin."""
    values = {
        "person": verification.person,
        "mobile": verification.mobile,
        "digest": verification.digest,
        "expires": verification.expires,
        "now": verification.since,
        "most": CODES,
        "span": CODES_SPAN,
    }
    _check_unproved(db, verification)
    begun = db.execute(
        "INSERT INTO verification(person, mobile, digest, expires, tries, sent, since, total)"  # noqa: S608 - words of this file
        " VALUES (:person, :mobile, :digest, :expires, 0, 1, :now, 1) ON CONFLICT (person) DO UPDATE"
        " SET mobile = :mobile, digest = :digest, expires = :expires, tries = 0, total = total + 1,"
        f" sent = iif({_LONG_AGO}, 1, sent + 1), since = iif({_LONG_AGO}, :now, since)"
        f" WHERE sent < :most OR {_LONG_AGO}",
        values,
    )
    if not begun.rowcount:
        row = db.execute("SELECT since FROM verification WHERE person = :person", values).fetchone()
        raise _too_often(row["since"] + CODES_SPAN - verification.since)
    db.execute(
        "UPDATE person SET mobile = :mobile WHERE id = :person AND registered IS NULL AND mobile IS NOT NULL",
        values,
    )
    spend(db, claimed, verification.since)


def spend(db: sqlite3.Connection, claimed: Claimed, now: float) -> None:
    """Count one more message to this number and its block. Problem(rate_limited) beyond what they may be sent."""
    values = {"number": claimed.number, "block": claimed.block, "now": now}
    for which, most, span in _BUDGETS:
        row = db.execute(
            "SELECT count(*) AS sent, min(at) AS first FROM code_sent"  # noqa: S608 - words of this file
            f" WHERE {which} AND at > :now - :span AND at <= :now",
            {**values, "span": span},
        ).fetchone()
        if row["sent"] >= most:
            raise _too_often(row["first"] + span - now, everybody=which == "1")
    db.execute(
        "INSERT INTO code_sent(number, block, at) VALUES (?, ?, ?)", (claimed.number, claimed.block, now)
    )


def _check_unproved(db: sqlite3.Connection, verification: Verification) -> None:
    """Raises Problem(rate_limited) for a sign-up that was sent so many codes, and proved none of its numbers."""
    row = db.execute(
        "SELECT p.created FROM verification v JOIN person p ON p.id = v.person"
        " WHERE v.person = ? AND v.total >= ? AND p.registered IS NULL AND p.mobile IS NOT NULL",
        (verification.person, CODES_UNPROVED),
    ).fetchone()
    if row is not None:
        raise _too_often(max(DAY, (row["created"] or 0.0) + WEEK - verification.since))


def _too_often(wait: float, *, everybody: bool = False) -> Problem:
    data: dict[str, Scalar] = {"retry_after": round(wait, 3)}
    return Problem(Code.RATE_LIMITED, path="mobile", data=data | ({"everybody": True} if everybody else {}))


def _check_admitted(db: sqlite3.Connection, mobile: str, digest: bytes) -> None:
    """Whoever is kept out does not come back as somebody else with the same number."""
    refused = db.execute(
        "SELECT EXISTS (SELECT 1 FROM refused_number WHERE digest = ?)"
        " OR EXISTS (SELECT 1 FROM person WHERE mobile = ? AND registered IS NOT NULL AND suspended IS NOT NULL)",
        (digest, mobile),
    ).fetchone()
    if refused[0]:
        raise Problem(Code.NUMBER_REFUSED)


def _take_from(db: sqlite3.Connection, mobile: str, person: PersonId, now: float) -> PersonId | None:
    """Whoever else held the number holds none any more, and is told."""
    row = db.execute(
        "UPDATE person SET mobile = NULL, registered = NULL"
        " WHERE mobile = ? AND registered IS NOT NULL AND id <> ? RETURNING id",
        (mobile, person),
    ).fetchone()
    if row is None:
        return None
    tell(db, row["id"], NewsKind.NUMBER_MOVED, by=row["id"], at=now)
    return PersonId(row["id"])


def _introduce(db: sqlite3.Connection, person: PersonId, row: sqlite3.Row, now: float) -> None:
    """A new person is here."""
    home = row["household"]
    first = db.execute(
        "SELECT * FROM endpoint WHERE person = ? AND NOT shared AND removed IS NULL ORDER BY rowid", (person,)
    ).fetchone()
    if first is not None:
        device = endpoint_of(first)
        add_news(db, NewsKind.PERSON_JOINED, device, household=home, by=person, at=now, but=(person,))
    if row["invited_by"] is not None:
        acquaint(db, person, row["invited_by"])
    db.execute("DELETE FROM invitation WHERE owner AND household = ?", (home,))
    # Shared devices that came before the first adult get that person as their profile.
    db.execute(
        "UPDATE endpoint SET person = ? WHERE household = ? AND shared AND person IS NULL", (person, home)
    )
