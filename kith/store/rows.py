"""Rows of the directory's tables, to and from what they mean."""

import sqlite3

import msgspec

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.keys import PublicKeys
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Person, Verification

pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Capabilities).decode


def person_of(row: sqlite3.Row) -> Person:
    return Person(
        id=PersonId(row["id"]),
        household=HouseholdId(row["household"]),
        name=row["name"],
        mobile=row["mobile"],
        registered=row["registered"],
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
    )


def add_person(db: sqlite3.Connection, person: Person, invited_by: PersonId | None) -> None:
    db.execute(
        "INSERT INTO person(id, household, name, mobile, registered, invited_by) VALUES (?, ?, ?, ?, ?, ?)",
        (person.id, person.household, person.name, person.mobile, person.registered, invited_by),
    )


def add_endpoint(db: sqlite3.Connection, endpoint: Endpoint) -> None:
    keys = endpoint.keys
    if db.execute("SELECT 1 FROM endpoint WHERE identity = ?", (keys.identity,)).fetchone():
        raise Problem(Code.INVALID, path="keys.identity")
    db.execute(
        "INSERT INTO endpoint(id, household, person, name, shared, identity, sealing, sealing_signature,"
        " capabilities, test, added, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        ),
    )


def acquaint(db: sqlite3.Connection, one: PersonId, other: PersonId) -> None:
    db.executemany("INSERT OR IGNORE INTO acquaintance VALUES (?, ?)", [(one, other), (other, one)])


def set_verification(db: sqlite3.Connection, verification: Verification) -> None:
    db.execute(
        "INSERT OR REPLACE INTO verification(person, digest, expires, tries, sent, since)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            verification.person,
            verification.digest,
            verification.expires,
            verification.tries,
            verification.sent,
            verification.since,
        ),
    )
