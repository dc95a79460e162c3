"""What people signed about their endpoints and households, on SQLite. Whether it holds is not decided here."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem
from kith.core.trust.delegations import Delegations
from kith.core.trust.household import Roster
from kith.core.trust.household_links import HouseholdJoin, HouseholdLeave, HouseholdLink
from kith.core.trust.person import Chain
from kith.core.trust.person_links import PersonBegin, PersonLink, PersonRecover
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
            row = db.execute("SELECT root FROM person WHERE id = ?", (person,)).fetchone()
            links = () if row is None else links_of(db, row["root"])
            found = db.execute("SELECT signed FROM delegation WHERE person = ?", (person,)).fetchone()
            return Signed(links, None if found is None else _delegations.decode(found["signed"]))

        return await self._db.read(work)

    async def former(self, root: bytes) -> tuple[PersonId, Signed] | None:
        def work(db: sqlite3.Connection) -> tuple[PersonId, Signed] | None:
            row = db.execute("SELECT person FROM person_link WHERE root = ? LIMIT 1", (root,)).fetchone()
            return None if row is None else (PersonId(row["person"]), Signed(links_of(db, root), None))

        return await self._db.read(work)

    async def roster(self, household: HouseholdId) -> Sequence[HouseholdLink]:
        def work(db: sqlite3.Connection) -> Sequence[HouseholdLink]:
            rows = db.execute(
                "SELECT link FROM household_link WHERE household = ? ORDER BY version", (household,)
            )
            return [_household_link.decode(row["link"]) for row in rows]

        return await self._db.read(work)

    async def roster_links_about(self, person: PersonId) -> Sequence[HouseholdLink]:
        def work(db: sqlite3.Connection) -> Sequence[HouseholdLink]:
            mine = db.execute("SELECT DISTINCT root FROM person_link WHERE person = ?", (person,)).fetchall()
            roots = {bytes(row["root"]) for row in mine}
            rows = db.execute(
                "SELECT DISTINCT h.household, h.version, h.link FROM household_link h"
                " JOIN person_link p ON instr(h.link, p.root) WHERE p.person = ? ORDER BY h.household, h.version",
                (person,),
            )
            links = [_household_link.decode(row["link"]) for row in rows]
            return [one for one in links if not roots.isdisjoint({one.person, getattr(one, "member", None)})]

        return await self._db.read(work)

    async def person_of_recovery(self, recovery: bytes) -> PersonId | None:
        return await self._person("SELECT id FROM person WHERE recovery = ?", recovery)

    async def extend_person(
        self,
        person: PersonId,
        links: Sequence[PersonLink],
        *,
        chain: Chain,
        delegations: Delegations | None,
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            add_links(db, person, links, chain)
            if delegations is not None:
                set_delegations(db, person, delegations)

        await self._db.write(work)

    async def extend_household(
        self,
        household: HouseholdId,
        links: Sequence[HouseholdLink],
        *,
        roster: Roster,
        by: Endpoint,
        now: float,
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            mark_waiting(db, "shared AND household = ?", household, roster.shared)
            for link in links:
                if isinstance(link, HouseholdJoin | HouseholdLeave):
                    concerned = db.execute("SELECT id FROM person WHERE root = ?", (link.member,)).fetchall()
                    but = (by.person, *(row["id"] for row in concerned))
                    add_news(
                        db, NewsKind.ROSTER_CHANGED, by, household=household, by=by.person, at=now, but=but
                    )
                add_household_link(db, household, link)

        await self._db.write(work)

    async def delegate(self, person: PersonId, delegations: Delegations) -> None:
        await self._db.write(lambda db: set_delegations(db, person, delegations))

    async def recover(
        self, person: PersonId, link: PersonRecover, endpoint: Endpoint, *, chain: Chain, now: float
    ) -> Sequence[EndpointId]:
        def work(db: sqlite3.Connection) -> Sequence[EndpointId]:
            former = remove_personal(db, person, now)
            add_endpoint(db, endpoint)
            add_links(db, person, [link], chain)
            add_news(db, NewsKind.ENDPOINT_ADDED, endpoint, household=endpoint.household, by=person, at=now)
            return former

        return await self._db.write(work)

    async def begin_anew(
        self, endpoint: Endpoint, link: PersonBegin, *, chain: Chain, now: float
    ) -> Sequence[EndpointId]:
        person = PersonId(endpoint.person or "")

        def work(db: sqlite3.Connection) -> Sequence[EndpointId]:
            former = remove_personal(db, person, now, but=endpoint.id)
            for table, column in (("delegation", "person"), ("grants", "person"), ("granted", "giver")):
                db.execute(f"DELETE FROM {table} WHERE {column} = ?", (person,))  # noqa: S608 - words of this file
            add_links(db, person, [link], chain)
            add_news(
                db,
                NewsKind.IDENTITY_RENEWED,
                endpoint,
                household=endpoint.household,
                by=person,
                at=now,
            )
            return former

        return await self._db.write(work)

    async def _person(self, sql: str, key: bytes) -> PersonId | None:
        def work(db: sqlite3.Connection) -> PersonId | None:
            row = db.execute(sql, (key,)).fetchone()
            return None if row is None else PersonId(row["id"])

        return await self._db.read(work)


def links_of(db: sqlite3.Connection, root: bytes | None) -> tuple[PersonLink, ...]:
    rows = db.execute("SELECT link FROM person_link WHERE root = ? ORDER BY version", (root,))
    return tuple(_person_link.decode(row["link"]) for row in rows)


def add_links(db: sqlite3.Connection, person: PersonId, links: Sequence[PersonLink], chain: Chain) -> None:
    """Append what makes `chain`, or begin it."""
    for link in links:
        _insert(
            db,
            "INSERT INTO person_link(root, version, person, link) VALUES (?, ?, ?, ?)",
            chain.root,
            link.version,
            person,
            _pack(link),
        )
    _insert(db, "UPDATE person SET root = ?, recovery = ? WHERE id = ?", chain.root, chain.recovery, person)
    mark_waiting(db, "NOT shared AND person = ?", person, chain.active)


def add_household_link(db: sqlite3.Connection, household: HouseholdId, link: HouseholdLink) -> None:
    _insert(db, "INSERT INTO household_link VALUES (?, ?, ?)", household, link.version, _pack(link))


def mark_waiting(db: sqlite3.Connection, which: str, whose: str, signed_for: Collection[bytes]) -> None:
    """Of these endpoints those wait for which nobody signed."""
    rows = db.execute(f"SELECT id, identity FROM endpoint WHERE {which}", (whose,)).fetchall()  # noqa: S608 - words of this file
    marks = [(row["identity"] not in signed_for, row["id"]) for row in rows]
    db.executemany("UPDATE endpoint SET waiting = ? WHERE id = ?", marks)


def remove_personal(
    db: sqlite3.Connection, person: PersonId, now: float, *, but: EndpointId | None = None
) -> Sequence[EndpointId]:
    """Sign the person's own endpoints out, but one. Returns which."""
    rows = db.execute(
        "UPDATE endpoint SET removed = ? WHERE person = ? AND NOT shared AND removed IS NULL AND id IS NOT ?"
        " RETURNING id",
        (now, person, but),
    ).fetchall()
    # Whoever has the devices that were lost has what is in them, too.
    db.execute("DELETE FROM passkey WHERE person = ?", (person,))
    return [EndpointId(row["id"]) for row in rows]


def set_delegations(db: sqlite3.Connection, person: PersonId, delegations: Delegations) -> None:
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
