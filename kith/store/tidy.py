"""What is deleted because nobody will ask for it again, so that the database does not grow for ever.

A little at a time: no write deletes more than AT_ONCE rows, found by an index, and between two of them
everybody else's writes have their turn.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from kith.core.ids import EndpointId, PersonId
from kith.store.database import Database
from kith.store.erasure import forget_sign_up
from kith.store.history import tidy_history

AT_ONCE = 500
"""Rows of one write. Some milliseconds of the writer's time: nobody's call waits for longer."""

CALL_LIFE = 90 * 86_400.0
"""Seconds for which a call that is over can be asked about. Its parties stop asking within a minute; the rest
is for whoever looks into what went wrong, and three months is as long as anybody remembers."""

USED_LIFE = 7 * 86_400.0
"""Seconds for which an invitation or pairing code is known after it was used or has expired: as long as an
invitation lives, so that who joined and never got the answer can ask again."""

NETWORK_LIFE = 180 * 86_400.0
"""Seconds after which a network from which nobody signed in is news again: longer than from one holiday to the next."""

UNPROVED_LIFE = 7 * 86_400.0
"""Seconds after which a sign-up whose number was never verified is forgotten: as long as its invitation lived."""

CODES_KEPT = 2 * 86_400.0
"""Seconds for which it is counted how many codes a number was sent; a day of it is looked at."""

SPENT_KEPT = 2 * 86_400.0
"""Seconds for which it is counted how many numbers were looked up by whoever had a number; a day of it is looked at."""

OPERATORS_LIFE = 90 * 86_400.0
"""Seconds for which the operator can look into what somebody did: also somebody who has left since."""

WAITING_LIFE = 30 * 86_400.0
"""Seconds for which a message waits for an endpoint: a tablet that was in a drawer over the holidays still gets it."""

SENT_LIFE = 7 * 86_400.0
"""Seconds for which it is known that a message id was used: who has had no answer for a week will not ask again."""

MISSED_KEPT = 100
"""Missed calls of one person. That many are shown; the older ones nobody has seen for a long time."""


@dataclass(frozen=True, slots=True)
class _Old:
    """Rows of `table` whose `age` (SQL, Unix seconds) lies more than `life` seconds back."""

    table: str
    age: str
    life: float
    where: str = "1"


_OLD = (
    _Old("call", "created", CALL_LIFE, "NOT live"),
    _Old("group_call", "created", CALL_LIFE, "NOT live"),
    _Old("invitation", "coalesce(used, expires)", USED_LIFE),
    _Old("pairing", "coalesce(used, expires)", USED_LIFE),
    _Old("token", "expires", 0.0),
    _Old("network", "seen", NETWORK_LIFE),
    _Old("code_sent", "at", CODES_KEPT),
    _Old("number_spent", "at", SPENT_KEPT),
    _Old("departed", "at", OPERATORS_LIFE),
    _Old("incident", "at", OPERATORS_LIFE),
    _Old("report", "coalesce(reviewed, at)", OPERATORS_LIFE),
)


async def tidy(database: Database, now: float, dead: Callable[[EndpointId], None]) -> int:
    """Delete what is old. Returns how many rows went; each endpoint that went with its person is `dead`.

    Raises Problem(storage_unavailable) if the disk fails.
    """
    count = 0
    for old in _OLD:
        count += await _delete_old(database, old, now)
    count += await _delete_messages(database, now)
    for unproved in await _unproved(database, now):
        for endpoint in await database.write(partial(forget_sign_up, person=unproved)):
            dead(endpoint)
        count += 1
    for person in await _with_too_many(database):
        count += await _delete_missed(database, person)
    return count + await tidy_history(database, now)


async def _delete_old(database: Database, old: _Old, now: float) -> int:
    sql = (
        f"DELETE FROM {old.table} WHERE rowid IN (SELECT rowid FROM {old.table}"  # noqa: S608 - words of this file
        f" WHERE {old.where} AND {old.age} < ? LIMIT ?)"
    )
    return await _repeat(database, sql, (now - old.life, AT_ONCE))


async def _delete_messages(database: Database, now: float) -> int:
    """What nobody has fetched, and that messages which are gone were there. Numbers are microseconds."""
    old = int((now - WAITING_LIFE) * 1e6)
    find, one = (
        "SELECT endpoint, n FROM inbox WHERE n < ? LIMIT ?",
        "DELETE FROM inbox WHERE endpoint = ? AND n = ?",
    )
    count, last = 0, AT_ONCE
    while last == AT_ONCE:  # what is a scan is the reader's
        found = await database.read(lambda db: [tuple(row) for row in db.execute(find, (old, AT_ONCE))])
        last = len(found)
        count += await _delete_each(database, one, found)
    gone = "DELETE FROM message WHERE n IN (SELECT n FROM message WHERE n < ? AND waiting = 0 LIMIT ?)"
    return count + await _repeat(database, gone, (int((now - SENT_LIFE) * 1e6), AT_ONCE))


async def _delete_each(database: Database, sql: str, found: list[tuple[object, ...]]) -> int:
    return await database.write(lambda db: db.executemany(sql, found).rowcount, aside=True) if found else 0


async def _unproved(database: Database, now: float) -> list[PersonId]:
    """Who signed up long ago and has never proved a number."""

    def work(db: sqlite3.Connection) -> list[PersonId]:
        rows = db.execute(
            "SELECT id FROM person WHERE registered IS NULL AND mobile IS NOT NULL AND created < ? LIMIT ?",
            (now - UNPROVED_LIFE, AT_ONCE),
        )
        return [PersonId(row["id"]) for row in rows]

    return await database.read(work)


async def _with_too_many(database: Database) -> list[str]:
    """Whose missed calls are more than are kept: a scan of an index, by the reader."""

    def work(db: sqlite3.Connection) -> list[str]:
        rows = db.execute("SELECT person FROM missed GROUP BY person HAVING count(*) > ?", (MISSED_KEPT,))
        return [row["person"] for row in rows]

    return await database.read(work)


async def _delete_missed(database: Database, person: str) -> int:
    sql = (
        "DELETE FROM missed WHERE rowid IN"
        " (SELECT rowid FROM missed WHERE person = ? ORDER BY at DESC, rowid DESC LIMIT ? OFFSET ?)"
    )
    return await _repeat(database, sql, (person, AT_ONCE, MISSED_KEPT))


async def _repeat(database: Database, sql: str, values: tuple[object, ...]) -> int:
    """The same until there is nothing left to do."""
    total, last = 0, AT_ONCE
    while last == AT_ONCE:
        last = await database.write(lambda db: db.execute(sql, values).rowcount)
        total += last
    return total
