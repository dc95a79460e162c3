"""What the operator should look at: somebody reached a bound that honest people do not reach."""

import json
import sqlite3
from collections.abc import Mapping

from kith.core.ids import PersonId
from kith.core.problem import Scalar
from kith.store.database import Database

QUIET = 86_400.0
"""Seconds for which one person's incidents of one kind are one: a machine that is refused goes on asking."""


def add_incident(
    db: sqlite3.Connection, kind: str, person: PersonId | None, details: Mapping[str, Scalar], *, at: float
) -> bool:
    """Whether it is a new one. `details` are counts and codes, never what a person wrote, nor a number.

    To be called inside a write.
    """
    added = db.execute(
        "INSERT INTO incident(at, kind, person, details) SELECT :at, :kind, :person, :details WHERE NOT EXISTS"
        " (SELECT 1 FROM incident WHERE kind = :kind AND person IS :person AND at > :at - :quiet)",
        {"at": at, "kind": kind, "person": person, "details": json.dumps(dict(details)), "quiet": QUIET},
    )
    return bool(added.rowcount)


class SqliteIncidents:
    """Implements signaling.discovery.Incidents and signaling.throttled.SignUps."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def enumeration(self, person: PersonId, *, waiting: int, dropped: int, at: float) -> bool:
        """Somebody seems to guess numbers: so many wait to be looked up, so many were dropped."""
        details = {"waiting": waiting, "dropped": dropped}
        return await self._db.write(lambda db: add_incident(db, "enumeration", person, details, at=at))

    async def sign_ups(self, *, at: float) -> bool:
        """More people sign up from one network than a family with friends has."""
        return await self._db.write(lambda db: add_incident(db, "sign_ups", None, {}, at=at))
