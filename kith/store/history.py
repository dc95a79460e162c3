"""Each person's own history, on SQLite."""

import sqlite3
from collections.abc import Sequence
from functools import partial

from kith.core.history import DEFAULT_MONTHS, Months, oldest_kept
from kith.core.ids import EndpointId, PersonId
from kith.store.database import Database
from signaling.past import Past, Shown, Which

MOST = 20_000
"""Entries of one person, also where nothing is ever deleted: some ten a day for five years. Once a day the oldest make
room."""

_KEPT = (
    f"(SELECT CASE WHEN count(*) = 0 THEN {DEFAULT_MONTHS} ELSE coalesce(max(months), -1) END"  # noqa: S608 - of this file
    " FROM history_keep WHERE person = :person)"
)
"""For how many months, -1 for ever."""


class SqliteHistory:
    """Implements signaling.history.HistoryStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, entries: Sequence[Past]) -> None:
        def work(db: sqlite3.Connection) -> None:
            for one in entries:
                _add(db, one)

        await self._db.write(work, aside=True)

    async def page(self, person: PersonId, which: Which, before: int | None, most: int) -> Sequence[Shown]:
        where, values = _where(which)
        sql = (
            "SELECT h.*, coalesce(p.name, h.name) AS called, coalesce(e.name, h.device) AS at_device FROM history h"  # noqa: S608 - words of this file
            " LEFT JOIN person p ON p.id = h.other AND substr(h.other, 1, 2) = 'p_'"
            " LEFT JOIN endpoint e ON e.id = h.endpoint AND e.removed IS NULL"
            f" WHERE h.person = :person AND h.id < :before AND {where} ORDER BY h.id DESC LIMIT :most"
        )
        values |= {"person": person, "before": 2**53 if before is None else before, "most": most}
        return await self._db.read(lambda db: [_shown(row) for row in db.execute(sql, values)])

    async def devices(self, person: PersonId) -> Sequence[tuple[EndpointId, str]]:
        def work(db: sqlite3.Connection) -> list[tuple[EndpointId, str]]:
            rows = db.execute(
                "SELECT h.endpoint, coalesce(e.name, max(h.device)) AS name FROM history h"
                " LEFT JOIN endpoint e ON e.id = h.endpoint AND e.removed IS NULL"
                " WHERE h.person = ? AND h.endpoint IS NOT NULL GROUP BY h.endpoint ORDER BY name, h.endpoint",
                (person,),
            )
            return [(EndpointId(row["endpoint"]), row["name"]) for row in rows]

        return await self._db.read(work)

    async def delete(self, person: PersonId, which: Which) -> int:
        where, values = _where(which)
        sql = f"DELETE FROM history AS h WHERE h.person = :person AND {where}"  # noqa: S608 - words of this file
        return await self._db.write(
            lambda db: db.execute(sql, values | {"person": person}).rowcount, aside=True
        )

    async def months(self, person: PersonId) -> Months | None:
        def work(db: sqlite3.Connection) -> Months | None:
            row = db.execute("SELECT months FROM history_keep WHERE person = ?", (person,)).fetchone()
            return DEFAULT_MONTHS if row is None else row["months"]

        return await self._db.read(work)

    async def keep(self, person: PersonId, months: Months | None, now: float) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO history_keep(person, months) SELECT id, ? FROM person WHERE id = ?",
                (months, person),
            )
            _delete_old(db, person, now)

        await self._db.write(work, aside=True)


async def tidy_history(database: Database, now: float) -> int:
    """Delete what is older than its person keeps it, or too much, a person at a time."""

    def people(db: sqlite3.Connection) -> list[PersonId]:
        return [PersonId(row["person"]) for row in db.execute("SELECT DISTINCT person FROM history")]

    count = 0
    for person in await database.read(people):
        count += await database.write(partial(_delete_old, person=person, now=now), aside=True)
    return count


def _delete_old(db: sqlite3.Connection, person: PersonId, now: float) -> int:
    """Of one who keeps nothing everything, also what happens at this very moment."""
    [months] = db.execute(f"SELECT {_KEPT}", {"person": person}).fetchone()
    if months == 0:
        return db.execute("DELETE FROM history WHERE person = ?", (person,)).rowcount
    oldest = oldest_kept(None if months < 0 else months, now)
    old = db.execute("DELETE FROM history WHERE person = ? AND at < ?", (person, oldest)).rowcount
    too_many = db.execute(
        "DELETE FROM history WHERE person = ? AND id <="
        " (SELECT id FROM history WHERE person = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (person, person, MOST),
    )
    return old + too_many.rowcount


def _add(db: sqlite3.Connection, one: Past) -> None:
    """Nothing where its person keeps nothing, is gone, or has it already."""
    db.execute(
        "INSERT OR IGNORE INTO history"  # noqa: S608 - words of this file
        "(person, kind, outgoing, outcome, at, seconds, other, name, endpoint, device, ref)"
        " SELECT id, :kind, :outgoing, :outcome, :at, :seconds, :other, :name, :endpoint, :device, :ref"
        f" FROM person WHERE id = :person AND {_KEPT} <> 0",
        {
            "person": one.person,
            "kind": one.kind,
            "outgoing": one.outgoing,
            "outcome": one.outcome,
            "at": one.at,
            "seconds": one.seconds,
            "other": one.other,
            "name": one.name,
            "endpoint": one.endpoint,
            "device": one.device,
            "ref": one.ref,
        },
    )


def _where(which: Which) -> tuple[str, dict[str, object]]:
    """As SQL about `h`, with its values."""
    said = {
        "h.id = :entry": which.entry,
        "h.endpoint = :endpoint": which.endpoint,
        "h.at >= :since": which.since,
        "h.at < :until": which.until,
    }
    return (
        " AND ".join(["1", *(sql for sql, value in said.items() if value is not None)]),
        {"entry": which.entry, "endpoint": which.endpoint, "since": which.since, "until": which.until},
    )


def _shown(row: sqlite3.Row) -> Shown:
    return Shown(
        number=row["id"],
        past=Past(
            person=row["person"],
            kind=row["kind"],
            outgoing=bool(row["outgoing"]),
            outcome=row["outcome"],
            at=row["at"],
            seconds=row["seconds"],
            other=row["other"],
            name=row["called"],
            endpoint=row["endpoint"],
            device=row["at_device"],
            ref=row["ref"],
        ),
    )
