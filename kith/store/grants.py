"""Who lets whom drop in, as they signed it, and who has heard of it, on SQLite."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

import msgspec

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.problem import Code, Problem
from kith.core.trust.delegations import Delegations
from kith.core.trust.grants import Grants, Receipt
from kith.core.trust.person import Chain
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Reason
from kith.directory.granting import Heard, Told
from kith.directory.model import Endpoint, Person
from kith.store.database import Database
from kith.store.identities import add_links, remove_personal, set_delegations
from kith.store.news import add_news
from kith.store.rows import person_of
from policy.grants import Void

_pack = msgspec.msgpack.Encoder().encode
_grants = msgspec.msgpack.Decoder(Grants)
_receipt = msgspec.msgpack.Decoder(Receipt)


ONE_PIECE = 3_600.0
"""Seconds within which the same about a set is one piece of news: or switching to and fro would wash all other news
out of everybody's list."""


class SqliteGrants:
    """Implements kith.directory.granting.GrantStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of(self, person: PersonId) -> Grants | None:
        def work(db: sqlite3.Connection) -> Grants | None:
            row = db.execute("SELECT signed FROM grants WHERE person = ?", (person,)).fetchone()
            return None if row is None else _grants.decode(row["signed"])

        return await self._db.read(work)

    async def put(
        self, person: PersonId, grants: Grants, *, by: Endpoint, news: Sequence[Told], at: float
    ) -> None:
        await self._db.write(lambda db: _put(db, person, grants, by, news, at))

    async def close(
        self,
        person: PersonId,
        grants: Grants,
        links: Sequence[PersonLink],
        *,
        chain: Chain,
        delegations: Delegations | None,
        by: Endpoint,
        news: Sequence[Told],
        at: float,
    ) -> Sequence[EndpointId]:
        def work(db: sqlite3.Connection) -> Sequence[EndpointId]:
            add_links(db, person, links, chain)
            if delegations is not None:
                set_delegations(db, person, delegations)
            gone = remove_personal(db, person, at, but=by.id)
            _put(db, person, grants, by, news, at)
            return gone

        return await self._db.write(work)

    async def givers(self, roots: Collection[bytes]) -> Sequence[PersonId]:
        def work(db: sqlite3.Connection) -> list[PersonId]:
            marks = ",".join("?" * len(roots))
            rows = db.execute(
                f"SELECT DISTINCT giver FROM granted WHERE root IN ({marks}) ORDER BY giver",  # noqa: S608 - marks only
                tuple(roots),
            )
            return [PersonId(row["giver"]) for row in rows]

        return await self._db.read(work)

    async def people(self, roots: Collection[bytes]) -> Mapping[bytes, Person]:
        def work(db: sqlite3.Connection) -> dict[bytes, Person]:
            marks = ",".join("?" * len(roots))
            rows = db.execute(f"SELECT * FROM person WHERE root IN ({marks})", tuple(roots))  # noqa: S608 - marks only
            return {row["root"]: person_of(row) for row in rows}

        return await self._db.read(work)

    async def hear(self, person: PersonId, endpoint: EndpointId, receipt: Receipt) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            done = db.execute(
                "INSERT INTO heard(person, endpoint, root, version, receipt) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (person, endpoint) DO UPDATE SET root = excluded.root, version = excluded.version,"
                " receipt = excluded.receipt WHERE root <> excluded.root OR version < excluded.version",
                (person, endpoint, receipt.person, receipt.version, _pack(receipt)),
            )
            return done.rowcount > 0

        return await self._db.write(work)

    async def heard(self, person: PersonId) -> Sequence[Heard]:
        def work(db: sqlite3.Connection) -> list[Heard]:
            rows = db.execute(
                "SELECT h.endpoint, h.receipt, e.name FROM heard h JOIN endpoint e ON e.id = h.endpoint"
                " WHERE h.person = ? AND e.removed IS NULL ORDER BY e.name, e.id",
                (person,),
            )
            return [
                Heard(EndpointId(row["endpoint"]), row["name"], _receipt.decode(row["receipt"]))
                for row in rows
            ]

        return await self._db.read(work)

    async def versions(self, endpoint: EndpointId) -> Mapping[bytes, int]:
        def work(db: sqlite3.Connection) -> dict[bytes, int]:
            rows = db.execute("SELECT root, version FROM heard WHERE endpoint = ?", (endpoint,))
            return {row["root"]: row["version"] for row in rows}

        return await self._db.read(work)

    async def make_void(self, giver: PersonId, people: Collection[PersonId]) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT signed FROM grants WHERE person = ?", (giver,)).fetchone()
            marks = ",".join("?" * len(people))
            roots = {
                one["root"]
                for one in db.execute(f"SELECT root FROM person WHERE id IN ({marks})", tuple(people))  # noqa: S608 - marks only
            }
            for grant in () if row is None else _grants.decode(row["signed"]).grants:
                if grant.receiver in roots:
                    db.execute(
                        "INSERT OR IGNORE INTO void_grant(giver, receiver, since) VALUES (?, ?, ?)",
                        (giver, grant.receiver, grant.since),
                    )

        await self._db.write(work)

    async def void(self, givers: Collection[PersonId]) -> frozenset[Void]:
        def work(db: sqlite3.Connection) -> frozenset[Void]:
            marks = ",".join("?" * len(givers))
            rows = db.execute(
                f"SELECT * FROM void_grant JOIN person ON id = giver WHERE giver IN ({marks})",  # noqa: S608 - marks only
                tuple(givers),
            )
            return frozenset((row["root"], row["receiver"], row["since"]) for row in rows if row["root"])

        return await self._db.read(work)

    async def household(self, household: HouseholdId, *, adults: bool) -> Sequence[tuple[PersonId, Grants]]:
        def work(db: sqlite3.Connection) -> list[tuple[PersonId, Grants]]:
            rows = db.execute(
                "SELECT g.person, g.signed FROM grants g JOIN person p ON p.id = g.person WHERE p.household = ?"
                " AND NOT (p.child AND ?) ORDER BY g.person",
                (household, adults),
            )
            return [(PersonId(row["person"]), _grants.decode(row["signed"])) for row in rows]

        return await self._db.read(work)


def _put(
    db: sqlite3.Connection, person: PersonId, grants: Grants, by: Endpoint, news: Sequence[Told], at: float
) -> None:
    done = db.execute(
        "INSERT INTO grants(person, version, signed) VALUES (?, ?, ?)"
        " ON CONFLICT (person) DO UPDATE SET version = excluded.version, signed = excluded.signed"
        " WHERE version < excluded.version",
        (person, grants.version, _pack(grants)),
    )
    if done.rowcount == 0:
        raise Problem(Code.UNTRUSTED, data={"reason": Reason.STALE})
    db.execute("DELETE FROM granted WHERE giver = ?", (person,))
    roots = {root for one in grants.grants for root in (one.receiver, one.household) if root}
    db.executemany("INSERT INTO granted(root, giver) VALUES (?, ?)", [(root, person) for root in roots])
    for told in news:
        db.execute(  # the same again makes room for nothing else
            "DELETE FROM news WHERE kind = ? AND by = ? AND concerns IS ? AND at > ?",
            (told.kind, person, told.other or None, at - ONE_PIECE),
        )
        add_news(db, told.kind, by, household=by.household, by=by.person, at=at, other=told.other or None)
