"""Children on SQLite: their limits, who agreed to what, whom parents chose, and how nothing of a child is left."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem
from kith.directory.children import Child, ChildCall, Consent
from kith.directory.model import Claimed, Person
from kith.store import groups
from kith.store.calls import unpack
from kith.store.database import Database
from kith.store.erasure import erase_child
from kith.store.news import tell_adults
from kith.store.rows import add_person
from kith.store.verifying import spend
from policy.child import Limits
from signaling.call import Call
from signaling.group import Group, PlaceState


class SqliteChildren:
    """Implements kith.directory.children.ChildStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def children(self, household: HouseholdId) -> Sequence[Child]:
        def work(db: sqlite3.Connection) -> list[Child]:
            rows = db.execute(
                "SELECT p.id, p.household, p.name, l.* FROM person p JOIN child_limits l ON l.person = p.id"
                " WHERE p.household = ? ORDER BY p.rowid",
                (household,),
            ).fetchall()
            return [_child(row, _contacts(db, row["id"])) for row in rows]

        return await self._db.read(work)

    async def limits(self, persons: Collection[PersonId]) -> Mapping[PersonId, Limits]:
        def work(db: sqlite3.Connection) -> dict[PersonId, Limits]:
            found = {}
            for person in persons:
                row = db.execute("SELECT * FROM child_limits WHERE person = ?", (person,)).fetchone()
                if row is not None:
                    found[person] = _limits(row, _contacts(db, person))
            return found

        return await self._db.read(work)

    async def add(self, child: Person, *, most: int, now: float) -> None:
        def work(db: sqlite3.Connection) -> None:
            there = db.execute(
                "SELECT count(*) FROM person WHERE household = ? AND child", (child.household,)
            ).fetchone()
            if there[0] >= most:
                raise Problem(Code.PROFILE_LIMIT)
            add_person(db, child, None)
            _set(db, child.id, Limits())
            tell_adults(db, child.household, NewsKind.CHILD_ADDED, by=child.id, at=now)

        await self._db.write(work)

    async def spend(self, claimed: Claimed, *, now: float) -> None:
        await self._db.write(lambda db: spend(db, claimed, now))

    async def agree(self, child: PersonId, consent: Consent) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute(
                "UPDATE person SET registered = coalesce(registered, ?) WHERE id = ? AND child RETURNING household",
                (consent.at, child),
            ).fetchone()
            if row is None:
                raise Problem(Code.UNKNOWN_PERSON, path="child")
            db.execute(
                "UPDATE child_limits SET consent_version = ?, consent_at = ?, consent_by = ? WHERE person = ?",
                (consent.version, consent.at, consent.by, child),
            )
            tell_adults(db, row["household"], NewsKind.CHILD_CONSENTED, by=child, at=consent.at)

        await self._db.write(work)

    async def change(self, child: PersonId, name: str, limits: Limits, *, now: float) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute(
                "UPDATE person SET name = ? WHERE id = ? AND child RETURNING household", (name, child)
            ).fetchone()
            if row is None:
                raise Problem(Code.UNKNOWN_PERSON, path="child")
            _set(db, child, limits)
            tell_adults(db, row["household"], NewsKind.CHILD_CHANGED, by=child, at=now)

        await self._db.write(work)

    async def calls(self, child: PersonId, *, before: float | None, most: int) -> Sequence[ChildCall]:
        def work(db: sqlite3.Connection) -> list[ChildCall]:
            rows = db.execute(
                "SELECT state, grouped FROM (SELECT id, state, created, 0 AS grouped FROM call WHERE caller = :me"
                " UNION SELECT id, state, created, 0 FROM call WHERE callee = :me AND NOT silent"
                " UNION SELECT g.id, g.state, g.created, 1 FROM group_call g JOIN group_person p ON p.call = g.id"
                " WHERE p.person = :me AND NOT p.silent) WHERE created < :before"
                " ORDER BY created DESC, id LIMIT :most",
                {"me": child, "before": float("inf") if before is None else before, "most": most},
            ).fetchall()
            return [
                _group(db, groups.unpack(row["state"]), child)
                if row["grouped"]
                else _call(db, unpack(row["state"]), child)
                for row in rows
            ]

        return await self._db.read(work)

    async def erase(self, child: PersonId, *, by: PersonId, now: float) -> Sequence[EndpointId]:
        def work(db: sqlite3.Connection) -> Sequence[EndpointId]:
            row = db.execute("SELECT household FROM person WHERE id = ? AND child", (child,)).fetchone()
            if row is None:
                raise Problem(Code.UNKNOWN_PERSON, path="child")
            endpoints = erase_child(db, child)
            tell_adults(db, row["household"], NewsKind.CHILD_ERASED, by=by, at=now)
            return endpoints

        return await self._db.write(work)


def _set(db: sqlite3.Connection, child: PersonId, limits: Limits) -> None:
    db.execute(
        "INSERT INTO child_limits(person, calling, messaging, drop_in, drop_in_home)"
        " VALUES (:person, :calling, :messaging, :drop_in, :drop_in_home) ON CONFLICT (person) DO UPDATE"
        " SET calling = :calling, messaging = :messaging, drop_in = :drop_in, drop_in_home = :drop_in_home",
        {
            "person": child,
            "calling": limits.calling,
            "messaging": limits.messaging,
            "drop_in": limits.drop_in,
            "drop_in_home": limits.drop_in_home,
        },
    )
    db.execute("DELETE FROM child_contact WHERE child = ?", (child,))
    db.executemany(
        "INSERT INTO child_contact(child, contact) VALUES (?, ?)",
        [(child, contact) for contact in sorted(limits.contacts)],
    )


def _contacts(db: sqlite3.Connection, child: PersonId) -> list[tuple[PersonId, str]]:
    rows = db.execute(
        "SELECT c.contact, p.name FROM child_contact c JOIN person p ON p.id = c.contact WHERE c.child = ?"
        " ORDER BY p.name COLLATE NOCASE, p.id",
        (child,),
    )
    return [(PersonId(row["contact"]), row["name"]) for row in rows]


def _limits(row: sqlite3.Row, contacts: Iterable[tuple[PersonId, str]]) -> Limits:
    return Limits(
        calling=bool(row["calling"]),
        messaging=bool(row["messaging"]),
        drop_in=bool(row["drop_in"]),
        drop_in_home=bool(row["drop_in_home"]),
        contacts=frozenset(one for one, _ in contacts),
    )


def _child(row: sqlite3.Row, contacts: Sequence[tuple[PersonId, str]]) -> Child:
    version = row["consent_version"]
    return Child(
        id=PersonId(row["id"]),
        household=HouseholdId(row["household"]),
        name=row["name"],
        limits=_limits(row, contacts),
        contacts=tuple(contacts),
        consent=None if version is None else Consent(version, row["consent_at"], row["consent_by"]),
    )


def _call(db: sqlite3.Connection, call: Call, child: PersonId) -> ChildCall:
    outgoing = call.caller_person == child
    to_device = call.target.startswith("e_")
    person = call.callee_person if outgoing and not to_device else None if outgoing else call.caller_person
    table, key = ("person", person) if person is not None else ("endpoint", call.target)
    named = db.execute(f"SELECT name FROM {table} WHERE id = ?", (key,)).fetchone()  # noqa: S608 - words of this file
    return ChildCall(
        id=CallId(call.id),
        person=person,
        name="" if named is None else named["name"],
        outgoing=outgoing,
        video=call.video,
        at=call.created,
        answered=call.answered,
        ended=call.ended,
    )


def _group(db: sqlite3.Connection, group: Group, child: PersonId) -> ChildCall:
    """As a call with whoever started it, or with the first of those whom the child asked."""
    outgoing = group.home == child
    asked = [one.person for one in group.places.values() if one.asked and one.person is not None]
    person = next(iter(asked), None) if outgoing else group.starting_place.person
    named = db.execute("SELECT name FROM person WHERE id = ?", (person,)).fetchone()
    came = group.places[child].state in (PlaceState.JOINED, PlaceState.LEFT, PlaceState.REMOVED)
    return ChildCall(
        id=group.id,
        person=person,
        name="" if named is None else named["name"],
        outgoing=outgoing,
        video=group.video,
        at=group.created,
        answered=group.answered if came else None,
        ended=group.ended,
    )
