"""Who is reachable by the numbers of a list, in its tables. Every function is for use inside a write.

The law of this file

    A number is spent once: then it costs nothing, whatever becomes of the contacts that have it. What was spent is
    kept as a digest, so that a number which is in no list any more is in no table either.
    Of a number that is not spent yet nothing is told.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum

import msgspec

from kith.core.ids import ContactId, PersonId
from kith.core.problem import Code, Problem
from kith.directory.contact_store import LookedUp, Seal
from kith.store.contact_lists import found, touch

DAY = 86_400.0
PURSE = PersonId("budget")
"""In the place of a person, where a number is sealed by which the budget is counted."""

AT_ONCE = 500
"""Numbers of one write: some milliseconds of the writer's time."""


class State(IntEnum):
    """Of a contact's number."""

    FRESH = 0
    """Nobody has looked yet whether it was spent before."""

    WAITING = 1
    """It was not, and waits for the budget."""

    SPENT = 2


def look_up(
    db: sqlite3.Connection, owner: PersonId, seal: Seal, *, now: float, budget: int, at_once: int = AT_ONCE
) -> LookedUp:
    """One write's worth of looking up; see kith.directory.contact_store.ContactStore.look_up."""
    fresh = _fresh(db, owner, at_once)
    spent_before = _settle(db, owner, fresh, seal)
    if fresh:
        return LookedUp(_shown(db, owner, spent_before), again=0.0)
    purse = _purse(db, owner, seal)
    left = max(budget - _spent(db, owner, purse, now)[0], 0) if _may_ask(db, owner) else 0
    chosen = _first_in_line(db, owner, min(left, at_once))
    db.executemany(
        "INSERT INTO discovered(owner, digest, spent, first) VALUES (?, ?, ?,"
        " (SELECT id FROM person WHERE mobile = ? AND registered IS NOT NULL))",
        [(owner, seal(owner, number), now, number) for number in chosen],
    )
    if chosen and purse is not None:
        db.execute("INSERT INTO number_spent(digest, at, count) VALUES (?, ?, ?)", (purse, now, len(chosen)))
    _mark_spent(db, owner, chosen, seal)
    waiting = _count(db, "SELECT count(*) FROM contact_number WHERE owner = ? AND state = 1", owner)
    again = None
    if waiting:
        again = 0.0 if left > len(chosen) else _spent(db, owner, purse, now)[1] + DAY
    db.execute("UPDATE contact_list SET due = ? WHERE owner = ?", (again, owner))
    kept = _count(db, "SELECT count(DISTINCT e164) FROM contact_number WHERE owner = ? AND state = 2", owner)
    dropped = _count(db, "SELECT count(*) FROM discovered WHERE owner = ?", owner) - kept
    return LookedUp(_shown(db, owner, [*spent_before, *chosen]), again, waiting, dropped)


def number_changed(db: sqlite3.Connection, e164: str, seal: Seal) -> dict[PersonId, int]:
    """See kith.directory.contact_store.ContactStore.number_changed."""
    holder = _holder(db, e164)
    rows = db.execute(
        "SELECT owner, contact FROM contact_number WHERE e164 = ? AND state = ?", (e164, State.SPENT)
    ).fetchall()
    lists: dict[PersonId, set[str]] = {}
    for row in rows:
        lists.setdefault(PersonId(row["owner"]), set()).add(row["contact"])
    if holder is not None:
        for owner in lists:
            _meant(db, owner, e164, seal, holder, "AND first IS NULL")
    return {owner: touch(db, owner, contacts) for owner, contacts in lists.items()}


def accept_moved(
    db: sqlite3.Connection, owner: PersonId, contact: ContactId, e164: str, seal: Seal
) -> int | None:
    """See kith.directory.contact_store.ContactStore.accept_moved."""
    found(db, owner, contact)
    row = db.execute(
        "SELECT first, state FROM contact_number WHERE contact = ? AND e164 = ?", (contact, e164)
    ).fetchone()
    if row is None:
        raise Problem(Code.INVALID, path="number")
    holder = _holder(db, e164)
    if holder is None or row["state"] != State.SPENT or row["first"] == holder:
        return None
    _meant(db, owner, e164, seal, holder)
    rows = db.execute("SELECT contact FROM contact_number WHERE owner = ? AND e164 = ?", (owner, e164))
    return touch(db, owner, {each["contact"] for each in rows})


def _may_ask(db: sqlite3.Connection, owner: PersonId) -> bool:
    """Whoever may not use the server is found nobody for, either. What waits is looked at again a day later."""
    row = db.execute(
        "SELECT 1 FROM person WHERE id = ? AND registered IS NOT NULL AND suspended IS NULL", (owner,)
    ).fetchone()
    return row is not None


def _purse(db: sqlite3.Connection, owner: PersonId, seal: Seal) -> bytes | None:
    """What the budget is counted by besides the person: their verified number, None where there is none."""
    row = db.execute("SELECT mobile FROM person WHERE id = ? AND registered IS NOT NULL", (owner,)).fetchone()
    return None if row is None or row["mobile"] is None else seal(PURSE, row["mobile"])


def _spent(db: sqlite3.Connection, owner: PersonId, purse: bytes | None, now: float) -> tuple[int, float]:
    """How many were looked up in the last day, and the first of them when; by the person or by whoever had the number
    before, whichever is more. What lies in the future, by a clock that was wrong, is old."""
    span = {"owner": owner, "purse": purse, "since": now - DAY, "now": now}
    by_person = "SELECT count(*), min(spent) FROM discovered WHERE owner = :owner AND spent > :since AND spent <= :now"
    by_number = (
        "SELECT sum(count), min(at) FROM number_spent WHERE digest = :purse AND at > :since AND at <= :now"
    )
    found = [db.execute(sql, span).fetchone() for sql in (by_person, by_number)]
    count, since = max((int(row[0] or 0), float(row[1] or now)) for row in found)
    return count, since


def _settle(db: sqlite3.Connection, owner: PersonId, fresh: Sequence[str], seal: Seal) -> list[str]:
    """Fresh numbers are spent already or wait. Returns the former."""
    spent = [
        number
        for number in fresh
        if db.execute(
            "SELECT 1 FROM discovered WHERE owner = ? AND digest = ?", (owner, seal(owner, number))
        ).fetchone()
    ]
    _mark_spent(db, owner, spent, seal)
    db.executemany(
        "UPDATE contact_number SET state = ? WHERE owner = ? AND e164 = ? AND +state = ?",  # by the number's index
        [(State.WAITING, owner, number, State.FRESH) for number in set(fresh).difference(spent)],
    )
    return spent


def _mark_spent(db: sqlite3.Connection, owner: PersonId, numbers: Iterable[str], seal: Seal) -> None:
    """Who had each number when it was spent is who is meant by it; whoever has it now, where nobody did."""
    for number in numbers:
        digest = seal(owner, number)
        db.execute(
            "UPDATE discovered SET first = coalesce(first,"
            " (SELECT id FROM person WHERE mobile = ? AND registered IS NOT NULL))"
            " WHERE owner = ? AND digest = ?",
            (number, owner, digest),
        )
        db.execute(
            "UPDATE contact_number SET state = ?,"
            " first = (SELECT first FROM discovered WHERE owner = ? AND digest = ?) WHERE owner = ? AND e164 = ?",
            (State.SPENT, owner, digest, owner, number),
        )


def _meant(
    db: sqlite3.Connection, owner: PersonId, e164: str, seal: Seal, holder: str, only: str = ""
) -> None:
    db.execute(
        f"UPDATE contact_number SET first = ? WHERE owner = ? AND e164 = ? {only}",  # noqa: S608 - words of this file
        (holder, owner, e164),
    )
    db.execute(
        f"UPDATE discovered SET first = ? WHERE owner = ? AND digest = ? {only}",  # noqa: S608 - words of this file
        (holder, owner, seal(owner, e164)),
    )


def _shown(db: sqlite3.Connection, owner: PersonId, numbers: Collection[str]) -> int | None:
    """The list's revision once the contacts that show somebody by these numbers are touched; None if none does."""
    rows = db.execute(
        "SELECT DISTINCT n.contact FROM person p JOIN contact_number n ON n.e164 = p.mobile AND n.owner = ?"
        " WHERE p.registered IS NOT NULL AND p.id <> ? AND p.mobile IN (SELECT value FROM json_each(?))",
        (owner, owner, msgspec.json.encode(list(numbers)).decode()),
    ).fetchall()
    return touch(db, owner, {row["contact"] for row in rows}) if rows else None


def _fresh(db: sqlite3.Connection, owner: PersonId, most: int) -> list[str]:
    """Numbers of which nobody has looked yet whether they were spent."""
    rows = db.execute(
        "SELECT e164 FROM contact_number WHERE owner = ? AND state = 0 ORDER BY later, rowid LIMIT ?",
        (owner, most),
    )
    return list(dict.fromkeys(row["e164"] for row in rows))


def _first_in_line(db: sqlite3.Connection, owner: PersonId, most: int) -> list[str]:
    """Numbers that wait: of contacts added by hand first, then as they came; each once."""
    if most == 0:
        return []
    rows = db.execute(
        "SELECT e164 FROM contact_number WHERE owner = ? AND state = 1 ORDER BY later, rowid LIMIT ?",
        (owner, 4 * most),  # some are in several contacts
    )
    return list(dict.fromkeys(row["e164"] for row in rows))[:most]


def _holder(db: sqlite3.Connection, e164: str) -> str | None:
    row = db.execute("SELECT id FROM person WHERE mobile = ? AND registered IS NOT NULL", (e164,)).fetchone()
    return None if row is None else str(row["id"])


def _count(db: sqlite3.Connection, sql: str, owner: PersonId) -> int:
    return int(db.execute(sql, (owner,)).fetchone()[0])
