"""Messages on SQLite. The port is kith.messaging.ports.MessageStore; what is deleted when, is in the schema's triggers.

A message costs one write: its row, one line in the inbox of each endpoint, and the conversation. Numbers are
microseconds, made to rise: what waits comes in the order in which it was stored, also after a restart.
"""

import itertools
import json
import sqlite3
from asyncio import Future
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from kith.core.ids import EndpointId, MessageId, PersonId
from kith.core.keys import PublicKeys
from kith.core.problem import Code, Problem
from kith.core.trust.message import MessageEnvelope
from kith.messaging import conversation
from kith.messaging.conversation import Conversation, Index, pair
from kith.messaging.counts import Today
from kith.messaging.ports import Delivered, Outgoing, Stored, Talk, Waiting, WaitingOwn
from kith.store.database import Database
from kith.store.lane import Lane

T = TypeVar("T")

_pack = msgspec.msgpack.Encoder().encode
_unpack_state = msgspec.msgpack.Decoder(Conversation).decode
_unpack_envelope = msgspec.msgpack.Decoder(MessageEnvelope).decode

CONFIRMED_AT_ONCE = 64
"""Endpoints in one piece: some 3 ms of the writer's time."""

_PER_MESSAGE = 64
"""Segments that one message can have; their rows are numbered n * 64 + index."""

_STATE = "SELECT state FROM conversation WHERE one = ? AND other = ?"
_SAVE = "INSERT INTO conversation VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"
_MESSAGE = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_NOBODYS = (None, None, None, None)
_LINE = "INSERT INTO inbox VALUES (?, ?, ?, ?, NULL, NULL, NULL)"
_OWN = "INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?)"

_ARRIVED = (
    "SELECT m.author, m.receiver, max(m.seq) FROM json_each(?) u"
    " CROSS JOIN inbox i ON i.endpoint = u.value ->> 0 AND i.n <= u.value ->> 1 CROSS JOIN message m ON m.n = i.n"
    " WHERE i.topic IS NULL AND i.person = m.receiver GROUP BY m.author, m.receiver"
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
        self._states = _States(database)
        self._lane = Lane(database, self._states.clear)
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

    def before_next(self, do: Callable[[], None]) -> bool:
        return self._lane.before_next(do)

    def send(self, outgoing: Outgoing) -> "Future[Stored | None]":
        n = self._number(outgoing.at)
        return self._lane.submit(partial(_send, states=self._states, outgoing=outgoing, n=n))

    async def stored(self, message: MessageId, digest: bytes) -> Stored | None:
        return await self._db.read(lambda db: _sent_before(db, message, digest))

    async def confirm(self, upto: Mapping[EndpointId, int]) -> Sequence[Delivered]:
        """In pieces: what is sent meanwhile need not wait for all of them."""
        found: dict[tuple[PersonId, PersonId], Delivered] = {}
        for piece in _pieces(upto.items()):
            for one in await self._lane.submit(partial(_confirm, states=self._states, upto=piece)):
                found[one.sender, one.receiver] = one
        return tuple(found.values())

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

    async def withdraw(self, endpoint: EndpointId, persons: Collection[PersonId]) -> None:
        sql = "DELETE FROM inbox WHERE endpoint = ? AND person = ?"
        await self._lane.submit(lambda db: db.executemany(sql, [(endpoint, one) for one in persons]).rowcount)

    async def waiting(self, endpoint: EndpointId) -> int:
        sql = "SELECT count(*) FROM inbox WHERE endpoint = ?"
        return await self._db.read(lambda db: int(db.execute(sql, (endpoint,)).fetchone()[0]))

    async def senders(self, endpoint: EndpointId, persons: Collection[PersonId]) -> Collection[PersonId]:
        sql = (
            "SELECT EXISTS (SELECT 1 FROM inbox i JOIN message m ON m.n = i.n"
            " WHERE i.endpoint = ? AND m.author = ?)"
        )

        def work(db: sqlite3.Connection) -> set[PersonId]:
            return {one for one in persons if db.execute(sql, (endpoint, one)).fetchone()[0]}

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

        return await self._lane.submit(work)  # as messages: what has the lower number is written first

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

    async def sent_on(self, person: PersonId, day: int) -> Today:
        sides = [one.state.side(one.index(person)) for one in await self.talks(person)]
        today = [side for side in sides if side.day == day]
        return Today(
            sum(side.sent for side in today),
            sum(side.strange for side in today),
            sum(side.bytes for side in today),
        )

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

        def job(db: sqlite3.Connection) -> Conversation | None:
            before = self._states.get(db, one, two)
            if before is None:
                raise Problem(Code.UNKNOWN_PERSON, path="with")
            after = step(before, side)
            if after is before:
                return None
            self._states.put(db, one, two, after)
            return after

        return await self._lane.submit(job)


class _States:
    """The conversations as they are in the transaction that is going on: of the writer's thread alone."""

    MOST = 50_000
    """Conversations that are remembered: some 25 MB. The others are read again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = (-1, -1)
        self._states: dict[tuple[PersonId, PersonId], Conversation] = {}

    def changes(self) -> int:
        """With those of the transaction that is going on."""
        return self._database.changes

    def get(self, db: sqlite3.Connection, one: PersonId, other: PersonId) -> Conversation | None:
        """None where the two have never written."""
        now = (
            self._database.changes,
            self._database.failures,
        )  # else they may be erased, or what they are never was
        if now != self._seen or len(self._states) > self.MOST:
            self._seen = now
            self.clear()
        state = self._states.get((one, other))
        if state is None:
            row = db.execute(_STATE, (one, other)).fetchone()
            state = None if row is None else _unpack_state(row[0])
        return state

    def clear(self) -> None:
        """What is remembered may not be so."""
        self._states.clear()

    def put(self, db: sqlite3.Connection, one: PersonId, other: PersonId, state: Conversation) -> None:
        db.execute(_SAVE, (one, other, _pack(state)))
        self._states[one, other] = state


def _send(db: sqlite3.Connection, states: _States, outgoing: Outgoing, n: int) -> Stored | None:
    if outgoing.version != states.changes():
        return None
    envelope, segments, keys = outgoing.envelope, outgoing.segments, outgoing.keys
    if segments is None:
        return _missing(_sent_before(db, envelope.id, outgoing.digest))
    one, other, by = pair(outgoing.sender, outgoing.receiver)
    state = conversation.sent(
        states.get(db, one, other) or Conversation(),
        by,
        outgoing.at,
        day=outgoing.day,
        withheld=outgoing.withheld,
        strange=outgoing.strange,
        size=outgoing.size,
    )
    whose = (envelope.endpoint, outgoing.sender, outgoing.receiver, _pack(envelope)) if keys else _NOBODYS
    about = n, envelope.id, outgoing.digest, state.seq, outgoing.at, len(keys), len(segments)
    if db.execute(_MESSAGE, about + whose).rowcount == 0:
        return _missing(_sent_before(db, envelope.id, outgoing.digest))
    states.put(db, one, other, state)
    db.executemany(_LINE, [(endpoint, n, person, key) for endpoint, person, key in keys])
    if segments and keys:
        first = n * _PER_MESSAGE
        db.executemany(
            "INSERT INTO segment VALUES (?, ?)",
            [(first + index, body) for index, body in enumerate(segments)],
        )
    return Stored(n, state.seq, outgoing.at, fresh=True)


def _sent_before(db: sqlite3.Connection, message: str, digest: bytes) -> Stored | None:
    """The very message that is there. Raises Problem where there is another one."""
    row = db.execute("SELECT n, seq, at, digest FROM message WHERE id = ?", (message,)).fetchone()
    if row is None:
        return None
    if row[3] != digest:
        raise Problem(Code.MESSAGE_ID_TAKEN, path="envelope.id")
    return Stored(row[0], row[1], row[2], fresh=False)


def _missing(stored: Stored | None) -> Stored:
    """Raises Problem: what is not there yet comes with all its pieces, or not at all."""
    if stored is None:
        raise Problem(Code.SEGMENTS_MISSING, path="segments")
    return stored


def forget_messages(db: sqlite3.Connection, person: PersonId) -> None:
    """Nothing that the person wrote, or that was written to them, waits anywhere any more; and so nothing is kept of it
    but that its id was used."""
    db.execute(
        "DELETE FROM inbox WHERE n IN (SELECT m.n FROM inbox i CROSS JOIN message m ON m.n = i.n"
        " WHERE m.author = ? OR m.receiver = ?)",
        (person, person),
    )


def _pieces(items: Iterable[T]) -> Iterator[Sequence[T]]:
    left = iter(items)
    while piece := tuple(itertools.islice(left, CONFIRMED_AT_ONCE)):
        yield piece


def _confirm(
    db: sqlite3.Connection, states: _States, upto: Sequence[tuple[EndpointId, int]]
) -> Sequence[Delivered]:
    changed = []
    for author, receiver, seq in db.execute(_ARRIVED, (json.dumps(upto),)).fetchall():
        one, other, by = pair(author, receiver)
        before = states.get(db, one, other)
        if before is None:
            continue
        after = conversation.delivered(before, by, seq)
        if after is not before:
            states.put(db, one, other, after)
            changed.append(Delivered(author, receiver, after))
    db.executemany("DELETE FROM inbox WHERE endpoint = ? AND n <= ?", upto)
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
        person=PersonId(row["person"]),
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
