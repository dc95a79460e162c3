"""Blocks on SQLite. A block has keys: ids of persons and digests of numbers (kith.directory.blocks)."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from kith.core.ids import BlockId, ContactId, PersonId
from kith.core.problem import Code, Problem
from kith.directory.blocks import Block
from kith.store.database import Database


class SqliteBlocks:
    """Implements kith.directory.blocks.BlockStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, block: Block, keys: Sequence[str], *, most: int) -> Block:
        def work(db: sqlite3.Connection) -> Block:
            before = _alike(db, block, keys)
            if before is None:
                count = db.execute("SELECT count(*) FROM block WHERE owner = ?", (block.owner,)).fetchone()
                if count[0] >= most:
                    raise Problem(Code.BLOCK_LIMIT)
                db.execute(
                    "INSERT INTO block(id, owner, name, person, people, since, contact)"
                    " VALUES (:id, :owner, :name, :person, :people, :since, :contact)",
                    _row_of(block),
                )
            one = before or block
            if before is not None and block.contact is not None:
                db.execute("UPDATE block SET contact = ? WHERE id = ?", (block.contact, before.id))
                one = replace(before, contact=block.contact)
            _add_keys(db, one.id, keys)
            return one

        return await self._db.write(work)

    async def remove(self, owner: PersonId, block: BlockId) -> Block | None:
        def work(db: sqlite3.Connection) -> Block | None:
            row = db.execute(
                "DELETE FROM block WHERE id = ? AND owner = ? RETURNING *", (block, owner)
            ).fetchone()
            return None if row is None else _block_of(row)

        return await self._db.write(work)

    async def of(self, owner: PersonId) -> Sequence[Block]:
        def work(db: sqlite3.Connection) -> list[Block]:
            rows = db.execute("SELECT * FROM block WHERE owner = ? ORDER BY since DESC, id", (owner,))
            return [_block_of(row) for row in rows]

        return await self._db.read(work)

    async def blocked_by(self, owner: PersonId) -> Sequence[PersonId]:
        return [person for block in await self.of(owner) for person in block.people]

    async def blockers(self, person: PersonId) -> Sequence[PersonId]:
        return await self._people(
            "SELECT owner FROM block WHERE id IN (SELECT block FROM block_key WHERE key = ?)", person
        )

    async def people_with(self, mobiles: Sequence[str]) -> Sequence[PersonId]:
        marks = ", ".join("?" * len(mobiles))
        return await self._people(
            f"SELECT id FROM person WHERE registered IS NOT NULL AND mobile IN ({marks})",  # noqa: S608 - marks only
            *mobiles,
        )

    async def _people(self, sql: str, *values: object) -> list[PersonId]:
        rows = await self._db.read(lambda db: db.execute(sql, values).fetchall())
        return [PersonId(row[0]) for row in rows]


def follow(db: sqlite3.Connection, person: PersonId, number: str) -> None:
    """The person has verified a number, of which this is the key: who blocked the one has blocked the other. Inside
    the write that makes it theirs, or a block could be lost for good between the two."""
    rows = db.execute(
        "SELECT id FROM block WHERE owner <> ? AND id IN (SELECT block FROM block_key WHERE key IN (?, ?))",
        (person, person, number),
    )
    for row in rows.fetchall():
        _add_keys(db, row["id"], (person, number))


def _alike(db: sqlite3.Connection, block: Block, keys: Sequence[str]) -> Block | None:
    """A block of the same persons; or one of numbers, under the same name and with these numbers. Whom numbers lead to
    is not compared, because the answer would tell."""
    numbers = [key for key in keys if key.startswith("n_")]
    rows = db.execute("SELECT * FROM block WHERE owner = ? ORDER BY since, id", (block.owner,)).fetchall()
    for one in map(_block_of, rows):
        if block.people and set(block.people) <= set(one.people):
            return one
        if block.people or one.people or one.name != block.name:
            continue
        known = {key[0] for key in db.execute("SELECT key FROM block_key WHERE block = ?", (one.id,))}
        if known.issuperset(numbers):
            return one
    return None


def _add_keys(db: sqlite3.Connection, block: BlockId, keys: Sequence[str]) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO block_key(block, key) VALUES (?, ?)", [(block, key) for key in keys]
    )


def _row_of(block: Block) -> dict[str, object]:
    return {
        "id": block.id,
        "owner": block.owner,
        "name": block.name,
        "person": block.person,
        "people": " ".join(block.people),
        "since": block.since,
        "contact": block.contact,
    }


def _block_of(row: sqlite3.Row) -> Block:
    return Block(
        id=BlockId(row["id"]),
        owner=PersonId(row["owner"]),
        name=row["name"],
        people=tuple(map(PersonId, row["people"].split())),
        since=row["since"],
        contact=None if row["contact"] is None else ContactId(row["contact"]),
    )
