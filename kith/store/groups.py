"""Groups, saved before their effects leave, so that a killed server can take them up again."""

import logging
import sqlite3
from collections.abc import Collection

import msgspec

from kith.core.ids import CallId, PersonId
from kith.store.database import Database
from signaling.group import Group, PlaceState, silenced

log = logging.getLogger(__name__)

_pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Group).decode


class SqliteGroups:
    """Implements signaling.group_board.GroupStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, group: Group) -> bool:
        """Save a new group; False, and nothing saved, where its id was used before, for a call as well."""

        def work(db: sqlite3.Connection) -> bool:
            if db.execute("SELECT 1 FROM call WHERE id = ?", (group.id,)).fetchone():
                return False
            added = db.execute(
                "INSERT INTO group_call(id, state, live, created, starter) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (group.id, _pack(group), not group.over, group.created, group.starting_place.person),
            )
            if added.rowcount == 1:
                _add_people(db, group)
            return added.rowcount == 1

        return await self._db.write(work, aside=True)

    async def save(self, group: Group, missed: Collection[PersonId]) -> None:
        """Save what became of it, and with that who has missed it, and who has not after all, or neither is."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE group_call SET state = ?, live = ? WHERE id = ?",
                (_pack(group), not group.over, group.id),
            )
            _add_people(db, group)
            for person in sorted(missed):
                _add_missed(db, group, person)
            joined = [
                one.person for one in group.places.values() if one.state is PlaceState.JOINED and one.person
            ]
            db.executemany(
                "DELETE FROM missed WHERE person = ? AND call = ?", [(one, group.id) for one in joined]
            )

        await self._db.write(work, aside=True)

    async def find(self, group: CallId) -> Group | None:
        """A group by its id, live or over."""

        def work(db: sqlite3.Connection) -> Group | None:
            row = db.execute("SELECT state FROM group_call WHERE id = ?", (group,)).fetchone()
            return None if row is None else unpack(row["state"])

        return await self._db.read(work)

    async def live(self) -> list[Group]:
        """Those that were not over when the server stopped. One that cannot be read is left out and logged."""

        def work(db: sqlite3.Connection) -> list[Group]:
            found = []
            for row in db.execute("SELECT id, state FROM group_call WHERE live"):
                try:
                    found.append(unpack(row["state"]))
                except msgspec.DecodeError:
                    log.warning("saved group cannot be read: group=%s", row["id"])
            return found

        return await self._db.read(work)


def _add_people(db: sqlite3.Connection, group: Group) -> None:
    people = [
        (group.id, one.silent and one.asked, one.person)
        for one in group.places.values()
        if one.person == one.target
    ]
    db.executemany(
        "INSERT INTO group_person(call, silent, person) SELECT ?, ?, id FROM person WHERE id = ?"
        " ON CONFLICT (call, person) DO UPDATE SET silent = excluded.silent",
        people,
    )


def _add_missed(db: sqlite3.Connection, group: Group, person: PersonId) -> None:
    starter = group.starting_place.person
    db.execute(
        "INSERT OR IGNORE INTO missed(person, call, caller, at, video, silenced, name)"
        " SELECT id, ?, ?, ?, ?, ?, (SELECT name FROM person WHERE id = ?) FROM person WHERE id = ?",
        (group.id, starter, group.created, group.video, silenced(group.places[person]), starter, person),
    )
