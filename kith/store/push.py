"""Which endpoints are woken by a push service, and by which, on SQLite.

A trigger (kith.store.tables.endpoints) takes a subscription away with its endpoint, however that is signed out.
"""

import sqlite3

from kith.core.ids import EndpointId, MessageId
from kith.core.webpush import Subscription
from kith.store.database import Database
from signaling.push import Waits


class SqliteSubscriptions:
    """Implements signaling.push.Subscriptions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def subscribe(self, endpoint: EndpointId, subscription: Subscription, at: float) -> None:
        def work(db: sqlite3.Connection) -> None:
            # A browser that somebody else uses now is not woken for whoever had it before.
            db.execute("DELETE FROM push_subscription WHERE url = ?", (subscription.url,))
            db.execute(
                "INSERT OR REPLACE INTO push_subscription(endpoint, url, p256dh, auth, since)"
                " SELECT id, ?, ?, ?, ? FROM endpoint WHERE id = ? AND removed IS NULL",
                (subscription.url, subscription.p256dh, subscription.auth, at, endpoint),
            )

        await self._db.write(work, aside=True)

    async def unsubscribe(self, endpoint: EndpointId) -> None:
        sql = "DELETE FROM push_subscription WHERE endpoint = ?"
        await self._db.write(lambda db: db.execute(sql, (endpoint,)), aside=True)

    async def gone(self, endpoint: EndpointId, subscription: Subscription) -> None:
        sql = "DELETE FROM push_subscription WHERE endpoint = ? AND url = ?"
        await self._db.write(lambda db: db.execute(sql, (endpoint, subscription.url)), aside=True)

    async def find(self, endpoint: EndpointId) -> Subscription | None:
        def work(db: sqlite3.Connection) -> Subscription | None:
            row = db.execute("SELECT * FROM push_subscription WHERE endpoint = ?", (endpoint,)).fetchone()
            return None if row is None else Subscription(row["url"], row["p256dh"], row["auth"])

        return await self._db.read(work)

    async def everybody(self) -> set[EndpointId]:
        def work(db: sqlite3.Connection) -> set[EndpointId]:
            return {
                EndpointId(row["endpoint"]) for row in db.execute("SELECT endpoint FROM push_subscription")
            }

        return await self._db.read(work)

    async def waits(self, endpoint: EndpointId, message: MessageId) -> Waits | None:
        def work(db: sqlite3.Connection) -> Waits | None:
            row = db.execute(
                "SELECT m.author, m.segments, p.name FROM message m JOIN inbox i ON i.n = m.n AND i.topic IS NULL"
                " JOIN person p ON p.id = m.author WHERE m.id = ? AND i.endpoint = ? AND i.person = m.receiver",
                (message, endpoint),
            ).fetchone()
            return None if row is None else Waits(row["author"], row["name"], bool(row["segments"]))

        return await self._db.read(work)
