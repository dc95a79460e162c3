"""Calls, saved before their effects leave, so that a killed server can take them up again."""

import logging
import sqlite3

import msgspec

from kith.core.ids import CallId, PersonId
from kith.store.database import Database
from kith.store.incidents import add_incident
from signaling.call import Call, missed_by, silenced

log = logging.getLogger(__name__)

_pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Call).decode


class SqliteCalls:
    """Implements signaling.call_store.CallStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, call: Call) -> bool:
        """Save a new call; False, and nothing saved, where its id was used before."""

        def work(db: sqlite3.Connection) -> bool:
            added = db.execute(
                "INSERT INTO call(id, state, live, created, caller, callee, silent) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (
                    call.id,
                    _pack(call),
                    not call.over,
                    call.created,
                    call.caller_person,
                    call.callee_person if call.target == call.callee_person else None,
                    call.silent,
                ),
            )
            return added.rowcount == 1

        return await self._db.write(work, aside=True)

    async def save(self, call: Call) -> None:
        """Save what became of a call. That it was missed is saved with its end, or neither is."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE call SET state = ?, live = ?, silent = ? WHERE id = ?",
                (_pack(call), not call.over, call.silent, call.id),
            )
            person = missed_by(call)
            if person is not None:
                db.execute(
                    "INSERT OR IGNORE INTO missed(person, call, caller, at, video, silenced, name)"
                    " SELECT id, ?, ?, ?, ?, ?, (SELECT name FROM person WHERE id = ?) FROM person WHERE id = ?",
                    (
                        call.id,
                        call.caller_person,
                        call.created,
                        call.video,
                        silenced(call),
                        call.caller_person,
                        person,
                    ),
                )

        await self._db.write(work, aside=True)

    async def find(self, call: CallId) -> Call | None:
        """A call by its id, live or over."""

        def work(db: sqlite3.Connection) -> Call | None:
            row = db.execute("SELECT state FROM call WHERE id = ?", (call,)).fetchone()
            return None if row is None else unpack(row["state"])

        return await self._db.read(work)

    async def placed(self, person: PersonId, *, since: float, most: int) -> list[float]:
        """When the person placed calls, the latest first."""

        def work(db: sqlite3.Connection) -> list[float]:
            rows = db.execute(
                "SELECT created FROM call WHERE caller = :person AND created > :since"
                " UNION ALL SELECT created FROM group_call WHERE starter = :person AND created > :since"
                " ORDER BY created DESC LIMIT :most",
                {"person": person, "since": since, "most": most},
            )
            return [row[0] for row in rows]

        return await self._db.read(work)

    async def over_quota(self, person: PersonId, wait: float, *, at: float) -> None:
        """The person was refused another call for `wait` seconds: the operator should know."""
        details = {"retry_after": round(wait)}
        await self._db.write(lambda db: add_incident(db, "call_quota", person, details, at=at), aside=True)

    async def live(self) -> list[Call]:
        """The calls that were not over when the server stopped. One that cannot be read is left out and logged."""

        def work(db: sqlite3.Connection) -> list[Call]:
            found = []
            for row in db.execute("SELECT id, state FROM call WHERE live"):
                try:
                    found.append(unpack(row["state"]))
                except msgspec.DecodeError:
                    log.warning("saved call cannot be read: call=%s", row["id"])
            return found

        return await self._db.read(work)
