"""Rows of the directory's tables, to and from what they mean."""

import sqlite3

import msgspec

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.keys import PublicKeys
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Person

ADULT = "NOT profile AND NOT child AND (registered IS NOT NULL OR mobile IS NULL)"
"""Of a person: they live here, also while somebody else has their number. Who has only signed up does not yet."""

pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Capabilities).decode


def person_of(row: sqlite3.Row) -> Person:
    return Person(
        id=PersonId(row["id"]),
        household=HouseholdId(row["household"]),
        name=row["name"],
        mobile=row["mobile"],
        registered=row["registered"],
        suspended=row["suspended"],
        created=row["created"],
        profile=bool(row["profile"]),
        child=bool(row["child"]),
    )


def endpoint_of(row: sqlite3.Row) -> Endpoint:
    return Endpoint(
        id=EndpointId(row["id"]),
        household=HouseholdId(row["household"]),
        person=row["person"],
        name=row["name"],
        shared=bool(row["shared"]),
        keys=PublicKeys(row["identity"], row["sealing"], row["sealing_signature"]),
        capabilities=_unpack(row["capabilities"]),
        test=bool(row["test"]),
        added=row["added"],
        seen=row["seen"],
        removed=row["removed"],
        waiting=bool(row["waiting"]),
    )


def add_person(db: sqlite3.Connection, person: Person, invited_by: PersonId | None) -> None:
    db.execute(
        "INSERT INTO person(id, household, name, mobile, registered, invited_by, created, profile, child)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            person.id,
            person.household,
            person.name,
            person.mobile,
            person.registered,
            invited_by,
            person.created,
            person.profile,
            person.child,
        ),
    )


def add_endpoint(db: sqlite3.Connection, endpoint: Endpoint) -> None:
    keys = endpoint.keys
    if db.execute("SELECT 1 FROM endpoint WHERE identity = ?", (keys.identity,)).fetchone():
        raise Problem(Code.INVALID, path="keys.identity")
    db.execute(
        "INSERT INTO endpoint(id, household, person, name, shared, identity, sealing, sealing_signature,"
        " capabilities, test, added, seen, waiting) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            endpoint.id,
            endpoint.household,
            endpoint.person,
            endpoint.name,
            endpoint.shared,
            keys.identity,
            keys.sealing,
            keys.sealing_signature,
            pack(endpoint.capabilities),
            endpoint.test,
            endpoint.added,
            endpoint.seen,
            endpoint.waiting,
        ),
    )


def somebody_could_sign(db: sqlite3.Connection, household: HouseholdId, person: PersonId | None) -> bool:
    """Whether there is a chain (or for a shared endpoint a roster) that a new endpoint could be taken into."""
    found = db.execute(
        "SELECT EXISTS (SELECT 1 FROM person WHERE id = :person AND root IS NOT NULL)"
        " OR (:person IS NULL AND EXISTS (SELECT 1 FROM household_link WHERE household = :household))",
        {"person": person, "household": household},
    ).fetchone()
    return bool(found[0])


def acquaint(db: sqlite3.Connection, one: PersonId, other: PersonId) -> None:
    db.executemany("INSERT OR IGNORE INTO acquaintance VALUES (?, ?)", [(one, other), (other, one)])
