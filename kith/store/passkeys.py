"""Passkeys on SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Passkey
from kith.store.database import Database
from kith.store.news import add_news
from kith.store.rows import add_endpoint, endpoint_of


class SqlitePasskeys:
    """Implements kith.directory.passkeys.PasskeyStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def passkey(self, credential: bytes) -> Passkey | None:
        def work(db: sqlite3.Connection) -> Passkey | None:
            row = db.execute("SELECT * FROM passkey WHERE credential = ?", (credential,)).fetchone()
            return None if row is None else _passkey_of(row)

        return await self._db.read(work)

    async def passkeys(self, person: PersonId) -> Sequence[Passkey]:
        def work(db: sqlite3.Connection) -> Sequence[Passkey]:
            rows = db.execute("SELECT * FROM passkey WHERE person = ? ORDER BY added, rowid", (person,))
            return [_passkey_of(row) for row in rows]

        return await self._db.read(work)

    async def add_passkey(self, passkey: Passkey, *, by: EndpointId, most: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT * FROM endpoint WHERE id = ? AND removed IS NULL", (by,)).fetchone()
            if row is None:
                raise Problem(Code.ENDPOINT_REMOVED)
            endpoint = endpoint_of(row)
            found = db.execute("SELECT count(*) FROM passkey WHERE person = ?", (passkey.person,)).fetchone()
            if found[0] >= most:
                raise Problem(Code.TOO_MANY_PASSKEYS)
            added = db.execute(
                "INSERT INTO passkey(credential, person, public_key, counter, name, added)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    passkey.credential,
                    passkey.person,
                    passkey.public_key,
                    passkey.counter,
                    passkey.name,
                    passkey.added,
                ),
            )
            if not added.rowcount:
                raise Problem(Code.PASSKEY_REFUSED)
            add_news(
                db,
                NewsKind.PASSKEY_ADDED,
                endpoint,
                household=endpoint.household,
                by=passkey.person,
                at=passkey.added,
            )

        await self._db.write(work)

    async def rename_passkey(self, person: PersonId, credential: bytes, name: str) -> bool:
        return await self._changed(
            "UPDATE passkey SET name = ? WHERE person = ? AND credential = ?", name, person, credential
        )

    async def remove_passkey(self, person: PersonId, credential: bytes) -> bool:
        return await self._changed(
            "DELETE FROM passkey WHERE person = ? AND credential = ?", person, credential
        )

    async def enrol_by_passkey(
        self, credential: bytes, counter: int, endpoint: Endpoint, *, now: float
    ) -> Endpoint:
        def work(db: sqlite3.Connection) -> Endpoint:
            used = db.execute(
                "UPDATE passkey SET counter = :counter, used = :now WHERE credential = :credential"
                " AND (counter < :counter OR (counter = 0 AND :counter = 0)) RETURNING person",
                {"credential": credential, "counter": counter, "now": now},
            ).fetchone()
            owner = (
                used
                and db.execute(
                    "SELECT id, household FROM person WHERE id = ? AND registered IS NOT NULL",
                    (used["person"],),
                ).fetchone()
            )
            if owner is None:
                raise Problem(Code.PASSKEY_REFUSED)
            before = db.execute(
                "SELECT * FROM endpoint WHERE identity = ? AND person = ? AND NOT shared AND removed IS NULL",
                (endpoint.keys.identity, owner["id"]),
            ).fetchone()
            if before is not None:
                return endpoint_of(before)
            enrolled = replace(
                endpoint, household=HouseholdId(owner["household"]), person=PersonId(owner["id"])
            )
            add_endpoint(db, enrolled)
            add_news(
                db,
                NewsKind.ENDPOINT_ADDED,
                enrolled,
                household=enrolled.household,
                by=enrolled.person,
                at=now,
            )
            return enrolled

        return await self._db.write(work)

    async def _changed(self, sql: str, *values: object) -> bool:
        return bool(await self._db.write(lambda db: db.execute(sql, values).rowcount))


def _passkey_of(row: sqlite3.Row) -> Passkey:
    return Passkey(
        credential=row["credential"],
        person=PersonId(row["person"]),
        public_key=row["public_key"],
        counter=row["counter"],
        name=row["name"],
        added=row["added"],
        used=row["used"],
    )
