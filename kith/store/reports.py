"""What people told the operator of each other, on SQLite."""

import sqlite3

from kith.core.ids import PersonId
from kith.core.reports import Why
from kith.store.database import Database
from policy.quota import Quota, wait


class SqliteReports:
    """Implements signaling.blocking.Reports."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(
        self,
        by: PersonId,
        person: PersonId,
        why: Why,
        text: str,
        *,
        quota: Quota,
        at: float,
        message: str | None = None,
    ) -> float:
        def work(db: sqlite3.Connection) -> float:
            rows = db.execute(
                "SELECT at FROM report WHERE by = ? AND at > ? ORDER BY at DESC LIMIT ?",
                (by, at - quota.span, quota.most),
            )
            again = wait([row[0] for row in rows], (quota,), at)
            if again == 0:
                db.execute(
                    "INSERT INTO report(at, by, person, why, text, message) VALUES (?, ?, ?, ?, ?, ?)",
                    (at, by, person, why, text, message),
                )
            return again

        return await self._db.write(work)
