"""What people signed about their endpoints and households, on SQLite. Whether it holds is not decided here."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem
from kith.core.trust.delegations import Delegations
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person_links import PersonLink, PersonRecover
from kith.core.trust.untrusted import Reason
from kith.directory.model import Endpoint, Signed
from kith.store.database import Database
from kith.store.news import add_news
from kith.store.rows import add_endpoint

_pack = msgspec.msgpack.Encoder().encode
_person_link: Any = msgspec.msgpack.Decoder(PersonLink)
_household_link: Any = msgspec.msgpack.Decoder(HouseholdLink)
_delegations = msgspec.msgpack.Decoder(Delegations)


class SqliteIdentities:
    """Implements kith.directory.identities.IdentityStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def signed(self, person: PersonId) -> Signed:
        def work(db: sqlite3.Connection) -> Signed:
            links = db.execute("SELECT link FROM person_link WHERE person = ? ORDER BY version", (person,))
            chain = tuple(_person_link.decode(row["link"]) for row in links)
            found = db.execute("SELECT signed FROM delegation WHERE person = ?", (person,)).fetchone()
            return Signed(chain, None if found is None else _delegations.decode(found["signed"]))

        return await self._db.read(work)

    async def roster(self, household: HouseholdId) -> Sequence[HouseholdLink]:
        def work(db: sqlite3.Connection) -> Sequence[HouseholdLink]:
            rows = db.execute(
                "SELECT link FROM household_link WHERE household = ? ORDER BY version", (household,)
            )
            return [_household_link.decode(row["link"]) for row in rows]

        return await self._db.read(work)

    async def person_of_root(self, root: bytes) -> PersonId | None:
        return await self._person("SELECT id FROM person WHERE root = ?", root)

    async def person_of_recovery(self, recovery: bytes) -> PersonId | None:
        return await self._person("SELECT id FROM person WHERE recovery = ?", recovery)

    async def extend_person(
        self,
        person: PersonId,
        links: Sequence[PersonLink],
        *,
        root: bytes,
        recovery: bytes,
        delegations: Delegations | None,
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            add_links(db, person, links, root=root, recovery=recovery)
            if delegations is not None:
                _set_delegations(db, person, delegations)

        await self._db.write(work)

    async def extend_household(self, household: HouseholdId, links: Sequence[HouseholdLink]) -> None:
        def work(db: sqlite3.Connection) -> None:
            for link in links:
                _insert(
                    db, "INSERT INTO household_link VALUES (?, ?, ?)", household, link.version, _pack(link)
                )

        await self._db.write(work)

    async def delegate(self, person: PersonId, delegations: Delegations) -> None:
        await self._db.write(lambda db: _set_delegations(db, person, delegations))

    async def recover(
        self, person: PersonId, link: PersonRecover, endpoint: Endpoint, *, root: bytes, now: float
    ) -> Sequence[EndpointId]:
        def work(db: sqlite3.Connection) -> Sequence[EndpointId]:
            add_links(db, person, [link], root=root, recovery=link.recovery)
            former = db.execute(
                "UPDATE endpoint SET removed = ? WHERE person = ? AND NOT shared AND removed IS NULL"
                " RETURNING id",
                (now, person),
            ).fetchall()
            add_endpoint(db, endpoint)
            add_news(db, NewsKind.ENDPOINT_ADDED, endpoint, household=endpoint.household, by=person, at=now)
            return [EndpointId(row["id"]) for row in former]

        return await self._db.write(work)

    async def _person(self, sql: str, key: bytes) -> PersonId | None:
        def work(db: sqlite3.Connection) -> PersonId | None:
            row = db.execute(sql, (key,)).fetchone()
            return None if row is None else PersonId(row["id"])

        return await self._db.read(work)


def add_links(
    db: sqlite3.Connection, person: PersonId, links: Sequence[PersonLink], *, root: bytes, recovery: bytes
) -> None:
    """Append to a chain, whose root and recovery key these are then."""
    for link in links:
        _insert(db, "INSERT INTO person_link VALUES (?, ?, ?)", person, link.version, _pack(link))
    _insert(db, "UPDATE person SET root = ?, recovery = ? WHERE id = ?", root, recovery, person)


def _set_delegations(db: sqlite3.Connection, person: PersonId, delegations: Delegations) -> None:
    done = db.execute(
        "INSERT INTO delegation VALUES (:person, :version, :signed) ON CONFLICT (person) DO UPDATE"
        " SET version = :version, signed = :signed WHERE version < :version OR signed = :signed",
        {"person": person, "version": delegations.version, "signed": _pack(delegations)},
    )
    if not done.rowcount:
        raise Problem(Code.UNTRUSTED, data={"reason": Reason.STALE})


def _insert(db: sqlite3.Connection, sql: str, *values: object) -> None:
    """Somebody else was first with a link of this number, or has this key: what was signed comes too late."""
    try:
        db.execute(sql, values)
    except sqlite3.IntegrityError:
        raise Problem(Code.UNTRUSTED, data={"reason": Reason.OUT_OF_ORDER}) from None
