"""What happened in a household, written for each of its adults together with what happened."""

import sqlite3
from collections.abc import Collection

from kith.core.ids import HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.directory.model import Endpoint, News

KEPT = 50
"""Pieces of news of one person: weeks of an ordinary household. The older ones make room."""

NETWORKS = 64
"""Networks remembered for one person or household: a phone that travels meets a few dozen a year."""


def add_news(
    db: sqlite3.Connection,
    kind: NewsKind,
    endpoint: Endpoint,
    *,
    household: HouseholdId,
    by: PersonId | None,
    at: float,
    but: Collection[PersonId | None] = (),
    other: bytes | None = None,
) -> None:
    """Leave it for every registered adult of `household` but some. `other` is the root of a person, or the identity of
    a device, that it concerns."""
    for adult in _adults(db, household):
        if adult not in but:
            shared = endpoint.shared
            tell(db, adult, kind, by=by, at=at, device=endpoint.name, shared=shared, other=other)


def tell_adults(
    db: sqlite3.Connection, household: HouseholdId, kind: NewsKind, *, by: PersonId | None, at: float
) -> None:
    """Leave what is about no device for every registered adult of `household`."""
    for adult in _adults(db, household):
        tell(db, adult, kind, by=by, at=at)


def _adults(db: sqlite3.Connection, household: HouseholdId) -> list[PersonId]:
    rows = db.execute(
        "SELECT id FROM person WHERE household = ? AND registered IS NOT NULL AND NOT child", (household,)
    )
    return [PersonId(row["id"]) for row in rows.fetchall()]


def tell(
    db: sqlite3.Connection,
    person: PersonId,
    kind: NewsKind,
    *,
    by: PersonId | None,
    at: float,
    device: str = "",
    shared: bool = False,
    other: bytes | None = None,
) -> None:
    """Leave it for one person."""
    db.execute(
        "INSERT INTO news(person, kind, at, by, device, shared, concerns) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person, kind, at, by, device, shared, other),
    )
    db.execute(
        "DELETE FROM news WHERE person = ? AND id <= (SELECT id FROM news WHERE person = ?"
        " ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (person, person, KEPT),
    )


def news_of(db: sqlite3.Connection, person: PersonId) -> list[News]:
    """The newest first."""
    rows = db.execute(
        "SELECT n.*, coalesce(p.name, n.name, '') AS whose, coalesce(q.name, e.name, '') AS concerned FROM news n"
        " LEFT JOIN person p ON p.id = n.by LEFT JOIN person q ON q.root = n.concerns"
        " LEFT JOIN endpoint e ON e.identity = n.concerns"
        " WHERE n.person = ? ORDER BY n.id DESC",
        (person,),
    )
    return [
        News(
            id=row["id"],
            kind=NewsKind(row["kind"]),
            at=row["at"],
            by=row["by"],
            name=row["whose"],
            device=row["device"],
            shared=bool(row["shared"]),
            other=row["concerned"],
        )
        for row in rows
    ]


def note_network(
    db: sqlite3.Connection, endpoint: Endpoint, digest: bytes, *, now: float, silent: bool
) -> bool:
    """See kith.directory.ports.DirectoryStore.note_network."""
    owner = owner_of(endpoint)
    known = [row["digest"] for row in db.execute("SELECT digest FROM network WHERE owner = ?", (owner,))]
    db.execute("INSERT OR REPLACE INTO network(owner, digest, seen) VALUES (?, ?, ?)", (owner, digest, now))
    db.execute(
        "DELETE FROM network WHERE owner = ? AND seen < (SELECT seen FROM network WHERE owner = ?"
        " ORDER BY seen DESC LIMIT 1 OFFSET ?)",
        (owner, owner, NETWORKS - 1),
    )
    if silent or not known or digest in known:
        return False
    add_news(db, NewsKind.NEW_NETWORK, endpoint, household=endpoint.household, by=endpoint.person, at=now)
    return True


def owner_of(endpoint: Endpoint) -> str:
    """Whose networks an endpoint's count among: all of a person's, or all of a household's shared ones."""
    return endpoint.household if endpoint.shared or endpoint.person is None else endpoint.person
