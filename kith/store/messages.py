"""Messages on SQLite. The port is kith.messaging.ports.MessageStore; what is deleted when, is in the schema's triggers.

A message costs one write: its row, one line in the inbox of each endpoint, and the conversation. Numbers are
microseconds, made to rise: what waits comes in the order in which it was stored, also after a restart.
"""

import sqlite3
from asyncio import Future
from collections.abc import Callable, Collection, Sequence
from functools import partial

import msgspec

from kith.core.ids import EndpointId, MessageId, PersonId
from kith.core.keys import PublicKeys
from kith.core.problem import Code, Problem
from kith.core.trust.message import MessageEnvelope
from kith.messaging import conversation
from kith.messaging.conversation import Conversation, Index, pair
from kith.messaging.ports import Delivered, Outgoing, Stored, Talk, Waiting, WaitingOwn
from kith.store.database import Database

_pack = msgspec.msgpack.Encoder().encode
_unpack_state = msgspec.msgpack.Decoder(Conversation).decode
_unpack_envelope = msgspec.msgpack.Decoder(MessageEnvelope).decode

_PER_MESSAGE = 64
"""Segments that one message can have; their rows are numbered n * 64 + index."""

_STATE = "SELECT state FROM conversation WHERE one = ? AND other = ?"
_SAVE = "INSERT INTO conversation VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"
_MESSAGE = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LINE = "INSERT INTO inbox VALUES (?, ?, ?, ?, NULL, NULL, NULL)"
_OWN = "INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?)"

_ARRIVED = (
    "SELECT m.author, m.receiver, max(m.seq) FROM inbox i JOIN message m ON m.n = i.n"
    " WHERE i.endpoint = ? AND i.n <= ? AND i.topic IS NULL AND i.person = m.receiver GROUP BY m.author, m.receiver"
)

_INBOX = (
    "SELECT i.n, i.person, i.body, i.topic, i.item, coalesce(i.sender, m.sender) AS sender, m.author, m.receiver,"
    " m.seq, m.segments, m.at, m.envelope, p.name, e.identity, e.sealing, e.sealing_signature"
    " FROM inbox i LEFT JOIN message m ON m.n = i.n AND i.topic IS NULL"
    " LEFT JOIN person p ON p.id = CASE i.person WHEN m.author THEN m.receiver ELSE m.author END"
    " JOIN endpoint e ON e.id = coalesce(i.sender, m.sender)"
    " WHERE i.endpoint = ? AND i.n > ? ORDER BY i.n LIMIT ?"
)

_TALKS = (
    "SELECT c.one, c.other, c.state, a.name AS one_name, b.name AS other_name FROM conversation c"
    " JOIN person a ON a.id = c.one JOIN person b ON b.id = c.other"
)


class SqliteMessages:
    """Implements kith.messaging.ports.MessageStore."""

    def __init__(self, database: Database, newest: int) -> None:
        self._db = database
        self._newest = newest

    @classmethod
    async def open(cls, database: Database) -> "SqliteMessages":
        """Raises Problem(storage_unavailable)."""
        sql = "SELECT max(coalesce((SELECT max(n) FROM message), 0), coalesce((SELECT max(n) FROM inbox), 0))"
        return cls(database, await database.read(lambda db: int(db.execute(sql).fetchone()[0])))

    def changes(self) -> int:
        return self._db.changes

    def _number(self, at: float) -> int:
        self._newest = max(self._newest + 1, int(at * 1e6))
        return self._newest

    # -- messages -------------------------------------------------------------------------------

    def send(self, outgoing: Outgoing) -> "Future[Stored]":
        return self._db.write_soon(partial(_send, outgoing=outgoing, n=self._number(outgoing.at)))

    def confirm(self, endpoint: EndpointId, upto: int) -> "Future[Sequence[Delivered]]":
        return self._db.write_soon(partial(_confirm, endpoint=endpoint, upto=upto))

    async def inbox(
        self, endpoint: EndpointId, after: int, *, most: int, size: int
    ) -> tuple[Sequence[Waiting | WaitingOwn], bool]:
        def work(db: sqlite3.Connection) -> tuple[list[Waiting | WaitingOwn], bool]:
            found: list[Waiting | WaitingOwn] = []
            used = 0
            for row in db.execute(_INBOX, (endpoint, after, most + 1)):
                used += len(row["body"]) + len(row["envelope"] or b"")
                if len(found) == most or (found and used > size):
                    return found, True
                found.append(_own_of(row) if row["topic"] else _waiting_of(row))
            return found, False

        return await self._db.read(work)

    async def waiting(self, endpoint: EndpointId) -> int:
        sql = "SELECT count(*) FROM inbox WHERE endpoint = ?"
        return await self._db.read(lambda db: int(db.execute(sql, (endpoint,)).fetchone()[0]))

    async def senders(self, endpoint: EndpointId) -> Collection[PersonId]:
        def work(db: sqlite3.Connection) -> set[PersonId]:
            rows = db.execute(
                "SELECT DISTINCT m.author FROM inbox i JOIN message m ON m.n = i.n WHERE i.endpoint = ?",
                (endpoint,),
            )
            return {row[0] for row in rows if row[0] is not None}

        return await self._db.read(work)

    async def segment(self, endpoint: EndpointId, message: MessageId, index: int) -> bytes | None:
        def work(db: sqlite3.Connection) -> bytes | None:
            row = db.execute(
                "SELECT s.body FROM message m JOIN segment s ON s.id = m.n * 64 + ? WHERE m.id = ? AND EXISTS"
                " (SELECT 1 FROM inbox WHERE endpoint = ? AND n = m.n AND topic IS NULL)",
                (index, message, endpoint),
            ).fetchone()
            return None if row is None else bytes(row[0])

        return await self._db.read(work)

    # -- own items ------------------------------------------------------------------------------

    async def send_own(
        self,
        sender: EndpointId,
        person: PersonId,
        topic: str,
        item: str,
        bodies: Sequence[tuple[EndpointId, bytes]],
        *,
        at: float,
        most: int,
    ) -> int | None:
        n = self._number(at)

        def work(db: sqlite3.Connection) -> int | None:
            known = "SELECT 1 FROM inbox WHERE endpoint = ? AND sender = ? AND topic = ? AND item = ?"
            full = "SELECT count(*) FROM inbox WHERE endpoint = ? AND topic IS NOT NULL"
            if db.execute(known, (bodies[0][0], sender, topic, item)).fetchone():
                return None
            if any(db.execute(full, (endpoint,)).fetchone()[0] >= most for endpoint, _ in bodies):
                raise Problem(Code.INBOX_LIMIT)
            db.executemany(
                _OWN, [(endpoint, n, person, body, sender, topic, item) for endpoint, body in bodies]
            )
            return n

        return await self._db.write(work, aside=True)

    # -- conversations --------------------------------------------------------------------------

    async def talks(self, person: PersonId) -> Sequence[Talk]:
        def work(db: sqlite3.Connection) -> list[Talk]:
            rows = db.execute(f"{_TALKS} WHERE c.one = ? OR c.other = ?", (person, person))
            found = [_talk_of(row) for row in rows]
            return sorted(found, key=lambda one: one.state.side(one.index(person)).at, reverse=True)

        return await self._db.read(work)

    async def talk(self, person: PersonId, other: PersonId) -> Talk | None:
        one, two, _ = pair(person, other)

        def work(db: sqlite3.Connection) -> Talk | None:
            row = db.execute(f"{_TALKS} WHERE c.one = ? AND c.other = ?", (one, two)).fetchone()
            return None if row is None else _talk_of(row)

        return await self._db.read(work)

    async def sent_on(self, person: PersonId, day: int) -> tuple[int, int]:
        sides = [one.state.side(one.index(person)) for one in await self.talks(person)]
        today = [side for side in sides if side.day == day]
        return sum(side.sent for side in today), sum(side.strange for side in today)

    async def read(self, person: PersonId, other: PersonId, upto: int, *, told: bool) -> Conversation | None:
        return await self._step(
            person, other, lambda state, side: conversation.read(state, side, upto, told=told)
        )

    async def remove(self, person: PersonId, other: PersonId, upto: int) -> Conversation | None:
        return await self._step(person, other, lambda state, side: conversation.removed(state, side, upto))

    async def _step(
        self, person: PersonId, other: PersonId, step: Callable[[Conversation, Index], Conversation]
    ) -> Conversation | None:
        one, two, side = pair(person, other)

        def work(db: sqlite3.Connection) -> Conversation | None:
            row = db.execute(_STATE, (one, two)).fetchone()
            if row is None:
                raise Problem(Code.UNKNOWN_PERSON, path="with")
            before = _unpack_state(row[0])
            after = step(before, side)
            if after is before:
                return None
            db.execute(_SAVE, (one, two, _pack(after)))
            return after

        return await self._db.write(work, aside=True)


def _send(db: sqlite3.Connection, outgoing: Outgoing, n: int) -> Stored:
    envelope = outgoing.envelope
    known = db.execute("SELECT n, seq, at, digest FROM message WHERE id = ?", (envelope.id,)).fetchone()
    if known is not None:
        if known[3] != outgoing.digest:
            raise Problem(Code.MESSAGE_ID_TAKEN, path="envelope.id")
        return Stored(known[0], known[1], known[2], fresh=False)
    segments = outgoing.segments
    if segments is None:
        raise Problem(Code.SEGMENTS_MISSING, path="segments")
    one, other, by = pair(outgoing.sender, outgoing.receiver)
    row = db.execute(_STATE, (one, other)).fetchone()
    state = conversation.sent(
        Conversation() if row is None else _unpack_state(row[0]),
        by,
        outgoing.at,
        day=outgoing.day,
        withheld=outgoing.withheld,
        strange=outgoing.strange,
    )
    db.execute(_SAVE, (one, other, _pack(state)))
    keys = outgoing.keys
    whose = (envelope.endpoint, outgoing.sender, outgoing.receiver, _pack(envelope))
    count = len(segments)
    db.execute(
        _MESSAGE,
        (
            n,
            envelope.id,
            outgoing.digest,
            state.seq,
            outgoing.at,
            len(keys),
            count,
            *(whose if keys else [None] * 4),
        ),
    )
    db.executemany(_LINE, [(endpoint, n, person, key) for endpoint, person, key in keys])
    if count and keys:
        first = n * _PER_MESSAGE
        db.executemany(
            "INSERT INTO segment VALUES (?, ?)",
            [(first + index, body) for index, body in enumerate(segments)],
        )
    return Stored(n, state.seq, outgoing.at, fresh=True)


def forget_messages(db: sqlite3.Connection, person: PersonId) -> None:
    """Nothing that the person wrote, or that was written to them, waits anywhere any more; and so nothing is kept of it
    but that its id was used."""
    db.execute(
        "DELETE FROM inbox WHERE n IN (SELECT m.n FROM inbox i CROSS JOIN message m ON m.n = i.n"
        " WHERE m.author = ? OR m.receiver = ?)",
        (person, person),
    )


def _confirm(db: sqlite3.Connection, endpoint: EndpointId, upto: int) -> Sequence[Delivered]:
    changed = []
    for author, receiver, seq in db.execute(_ARRIVED, (endpoint, upto)).fetchall():
        one, other, by = pair(author, receiver)
        row = db.execute(_STATE, (one, other)).fetchone()
        if row is None:
            continue
        before = _unpack_state(row[0])
        after = conversation.delivered(before, by, seq)
        if after is not before:
            db.execute(_SAVE, (one, other, _pack(after)))
            changed.append(Delivered(author, receiver, after))
    db.execute("DELETE FROM inbox WHERE endpoint = ? AND n <= ?", (endpoint, upto))
    return changed


def _keys_of(row: sqlite3.Row) -> PublicKeys:
    return PublicKeys(row["identity"], row["sealing"], row["sealing_signature"])


def _waiting_of(row: sqlite3.Row) -> Waiting:
    person = row["person"]
    return Waiting(
        n=row["n"],
        person=person,
        other=row["receiver"] if person == row["author"] else row["author"],
        name=row["name"] or "",
        seq=row["seq"],
        at=row["at"],
        envelope=_unpack_envelope(row["envelope"]),
        key=row["body"],
        segments=row["segments"],
        keys=_keys_of(row),
    )


def _own_of(row: sqlite3.Row) -> WaitingOwn:
    return WaitingOwn(
        n=row["n"],
        at=row["n"] / 1e6,
        endpoint=EndpointId(row["sender"]),
        topic=row["topic"],
        item=row["item"],
        body=row["body"],
        keys=_keys_of(row),
    )


def _talk_of(row: sqlite3.Row) -> Talk:
    names = row["one_name"], row["other_name"]
    return Talk(PersonId(row["one"]), PersonId(row["other"]), names, _unpack_state(row["state"]))
