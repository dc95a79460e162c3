"""messages.db: an endpoint's conversations, on its own disk before the server may forget them.

Everything here blocks, and is whole or not done at all; `kith.endpoint.messages` calls it beside the event loop.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kith.core.names import fold
from kith.core.problem import Code, Problem
from kith.endpoint.message_kept import Conversation, Message, Outgoing, Proof, Voice
from kith.endpoint.message_tables import opened

_TOLD = """
SELECT id, person, other, name, mine, endpoint, at, state, seq, text,
       seconds, segments, bytes, hashes, doubtful, signed_out, here, transcript, expires
FROM told
"""
_TALKS = (
    "SELECT person, other, name, last, at, delivered, read_by_them, read, removed, here, unread FROM talks "
)


_TELL = """
UPDATE conversations SET
    last = max(last, :last),
    at = max(at, :at),
    delivered = max(delivered, :delivered),
    read_by_them = max(read_by_them, :read_by_them),
    read = max(read, min(:read, here)),
    read_told_at = CASE WHEN :read > read_told THEN :now ELSE read_told_at END,
    read_told = max(read_told, :read),
    removed_told_at = CASE WHEN :removed > removed_told THEN :now ELSE removed_told_at END,
    removed_told = max(removed_told, :removed),
    removed = max(removed, min(:removed, here))
WHERE person = :person AND other = :other
"""
_GROWN = """
UPDATE conversations SET
    at = max(at, :at),
    here = max(here, :seq),
    read = CASE WHEN :seq <= read_told AND :sent <= read_told_at THEN max(read, :seq) ELSE read END,
    removed = CASE WHEN :seq <= removed_told AND :sent <= removed_told_at THEN max(removed, :seq) ELSE removed END,
    last = max(last, :seq)
WHERE person = :person AND other = :other
"""

_NO_VOICE = (None, None, None, None)
_HASH = 32

MOST_WORDS = 8
"""Words that are searched for at a time."""


class MessageStore:
    """One endpoint's. Raises ValueError where the file is damaged, OSError; later Problem(storage_unavailable) for what
    cannot be read or written now."""

    def __init__(self, path: Path) -> None:
        self._connection = opened(path)
        self._lock = threading.Lock()
        with self._change() as change:  # of a recording that was never ended
            change.execute(
                "DELETE FROM segments WHERE (person, message) NOT IN (SELECT person, id FROM messages)"
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # -- sending ------------------------------------------------------------------------------------

    def draft(self, message: Message, key: bytes) -> None:
        """A message of one's own that is to be sent, sealed under `key`."""
        with self._change() as change:
            _insert(change, message)
            change.execute("INSERT INTO outgoing VALUES (?, ?, NULL)", (message.id, key))

    def outgoing(self) -> list[Outgoing]:
        """What the server has not taken yet, in the order in which it was said."""
        rows = self._rows(
            "SELECT o.message, m.person, o.key, o.command FROM outgoing o"
            " JOIN messages m ON m.id = o.message AND m.mine ORDER BY m.place"
        )
        return [Outgoing(*row) for row in rows]

    def keep_command(self, message: str, command: bytes) -> None:
        """What is about to be sent of it: sent again, it is the same."""
        with self._change() as change:
            change.execute("UPDATE outgoing SET command = ? WHERE message = ?", (command, message))

    def sent(self, message: Message) -> None:
        """The server has taken it, as number `seq`. It goes where the conversation was removed meanwhile."""
        with self._change() as change:
            change.execute("DELETE FROM outgoing WHERE message = ?", (message.id,))
            change.execute(
                "UPDATE messages SET state = 'sent', seq = ?, at = ? WHERE person = ? AND id = ?",
                (message.seq, message.at, message.person, message.id),
            )
            _grown(change, message)

    def failed(self, message: str) -> None:
        """It will not be sent."""
        with self._change() as change:
            change.execute("DELETE FROM outgoing WHERE message = ?", (message,))
            change.execute("UPDATE messages SET state = 'failed' WHERE id = ? AND mine", (message,))

    def drop_segments(self, person: str, message: str) -> None:
        """Of a recording that is not to be sent."""
        with self._change() as change:
            change.execute("DELETE FROM segments WHERE person = ? AND message = ?", (person, message))

    def keep_segment(self, person: str, message: str, number: int, body: bytes) -> None:
        """A piece of a recording, as it is played. One that is here stays as it is."""
        with self._change() as change:
            change.execute(
                "INSERT OR IGNORE INTO segments VALUES (?, ?, ?, ?)", (person, message, number, body)
            )

    # -- receiving ----------------------------------------------------------------------------------

    def receive(self, message: Message, proof: Proof | None = None) -> bool:
        """A message from another endpoint; whether it is a new one, and is wanted."""
        with self._change() as change:
            added = _added(change, message)
            if added and proof is not None:
                row = message.person, message.id, proof.envelope, proof.key
                change.execute("INSERT INTO proofs VALUES (?, ?, ?, ?)", row)
            return added

    def proof(self, person: str, message: str) -> Proof | None:
        """Of what somebody else wrote, where it came to this endpoint itself."""
        rows = self._rows(
            "SELECT envelope, key FROM proofs WHERE person = ? AND message = ?", (person, message)
        )
        return Proof(*rows[0]) if rows else None

    def add(self, messages: Iterable[Message]) -> int:
        """Messages from before this endpoint was here; how many were new."""
        with self._change() as change:
            return sum(_added(change, message) for message in messages)

    def transcribed(self, person: str, message: str, text: str, expires: float) -> bool:
        """What a voice message says, until `expires`; whether that message is here."""
        with self._change() as change:
            here = change.execute(
                "SELECT 1 FROM messages WHERE person = ? AND id = ?", (person, message)
            ).fetchall()
            if here:
                change.execute(
                    "INSERT OR REPLACE INTO transcripts VALUES (?, ?, ?, ?, ?)",
                    (person, message, text, fold(text), expires),
                )
            return bool(here)

    # -- conversations ------------------------------------------------------------------------------

    def tell(self, told: Conversation, now: float) -> Conversation:
        """How far a conversation has come, as it was told at `now` (Unix seconds), which never goes back; returns it as
        it is now. What was removed is deleted here as well."""
        with self._change() as change:
            change.execute(
                "INSERT INTO conversations (person, other, name) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END",
                (told.person, told.other, told.name),
            )
            change.execute(_TELL, {**asdict(told), "now": now})
            row = change.execute(
                _TALKS + "WHERE person = ? AND other = ?", (told.person, told.other)
            ).fetchone()
            return Conversation(*row)

    def conversations(self, person: str) -> list[Conversation]:
        """Those in which something is left, the latest first."""
        rows = self._rows(_TALKS + "WHERE person = ? AND messages > 0 ORDER BY at DESC, other", (person,))
        return [Conversation(*row) for row in rows]

    def conversation(self, person: str, other: str) -> Conversation | None:
        rows = self._rows(_TALKS + "WHERE person = ? AND other = ?", (person, other))
        return Conversation(*rows[0]) if rows else None

    # -- reading ------------------------------------------------------------------------------------

    def message(self, person: str, message: str) -> Message | None:
        return next(iter(self._messages("WHERE person = ? AND id = ?", (person, message))), None)

    def history(self, person: str, other: str, before: int | None, most: int) -> list[Message]:
        """The newest messages of a conversation, or those before number `before`, the oldest first."""
        latest = (
            "WHERE person = ? AND other = ? AND (? IS NULL OR seq < ?)"
            " ORDER BY seq IS NULL DESC, seq DESC, place DESC LIMIT ?"
        )
        return self._messages(latest, (person, other, before, before, most))[::-1]

    def latest(self, person: str, most: int) -> list[Message]:
        """The newest messages of all conversations that the server has taken, the newest first."""
        where = "WHERE person = ? AND seq IS NOT NULL ORDER BY at DESC, place DESC LIMIT ?"
        return self._messages(where, (person, most))

    def unread(self, person: str) -> list[Message]:
        """What this person has not read, as it came."""
        return self._messages("WHERE person = ? AND unread ORDER BY at, place", (person,))

    def unwritten(self, since: float) -> list[Message]:
        """Voice messages from then on (Unix seconds) that are all here and have no transcript, the newest first."""
        return self._messages(
            "WHERE segments IS NOT NULL AND here = segments AND transcript IS NULL AND at > ? ORDER BY at DESC",
            (since,),
        )

    def any_unread(self) -> bool:
        """Of whomever this endpoint is there for."""
        return bool(self._rows("SELECT 1 FROM told WHERE unread LIMIT 1"))

    def search(self, person: str, text: str, most: int) -> list[Message]:
        """Messages that have all these words, or parts of them, in their text or transcript, the newest first."""
        words = fold(text).split()[:MOST_WORDS]
        if not words:
            return []
        where = (
            "WHERE person = ? "
            + "AND instr(words, ?) > 0 " * len(words)
            + "ORDER BY at DESC, place DESC LIMIT ?"
        )
        return self._messages(where, (person, *words, most))

    def segment(self, person: str, message: str, number: int) -> bytes | None:
        rows = self._rows(
            "SELECT body FROM segments WHERE person = ? AND message = ? AND number = ?",
            (person, message, number),
        )
        return bytes(rows[0][0]) if rows else None

    # -- forgetting ---------------------------------------------------------------------------------

    def forget_transcripts(self, now: float) -> int:
        """Those that have expired; how many."""
        with self._change() as change:
            return change.execute("DELETE FROM transcripts WHERE expires <= ?", (now,)).rowcount

    def next_expiry(self) -> float | None:
        """When the next transcript expires, in Unix seconds."""
        rows = self._rows("SELECT min(expires) FROM transcripts")
        return None if rows[0][0] is None else float(rows[0][0])

    def delete_recordings(self, person: str) -> int:
        """The sound of all voice messages that are on no way; of how many. Their transcripts stay."""
        with self._change() as change:
            whose = [
                row[0]
                for row in change.execute(
                    "SELECT id FROM told WHERE person = ? AND here > 0"
                    " AND id NOT IN (SELECT message FROM outgoing)",
                    (person,),
                )
            ]
            change.executemany(
                "DELETE FROM segments WHERE person = ? AND message = ?", [(person, one) for one in whose]
            )
            return len(whose)

    # -- the file -----------------------------------------------------------------------------------

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        with self._lock, _usable():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock, _usable():
            return self._connection.execute(sql, values).fetchall()

    def _messages(self, where: str, values: Sequence[Any]) -> list[Message]:
        return [_message(row) for row in self._rows(_TOLD + where, values)]


@contextmanager
def _usable() -> Iterator[None]:
    """A disk that is full or fails is a problem that may pass."""
    try:
        yield
    except sqlite3.Error as error:
        raise Problem(Code.STORAGE_UNAVAILABLE) from error


def _added(change: sqlite3.Connection, message: Message) -> bool:
    """Unless it was seen before; one whose conversation was removed is seen, and not kept."""
    key = (message.person, message.id)
    if change.execute("SELECT 1 FROM seen WHERE person = ? AND id = ?", key).fetchall():
        return False
    _insert(change, message)
    _grown(change, message)
    return bool(change.execute("SELECT 1 FROM messages WHERE person = ? AND id = ?", key).fetchall())


def _insert(change: sqlite3.Connection, message: Message) -> None:
    voice = message.voice
    change.execute("INSERT INTO seen VALUES (?, ?)", (message.person, message.id))
    change.execute(
        "INSERT INTO conversations (person, other, name, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END",
        (message.person, message.other, message.name, message.at),
    )
    change.execute(
        "INSERT INTO messages"
        " (id, person, other, mine, endpoint, at, state, seq, text, seconds, segments, bytes, hashes,"
        " doubtful, folded, signed_out)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(message.id, message.person, message.other, message.mine, message.endpoint, message.at),
            *(message.state, message.seq, message.text),
            *(
                _NO_VOICE
                if voice is None
                else (voice.seconds, voice.segments, voice.size, b"".join(voice.hashes))
            ),
            *(message.doubtful, fold(message.text or ""), message.signed_out),
        ),
    )


def _grown(change: sqlite3.Connection, message: Message) -> None:
    """The conversation is at least as long as this message says."""
    change.execute(
        _GROWN,
        {
            "seq": message.seq or 0,
            "at": message.at,
            "sent": message.sent,
            "person": message.person,
            "other": message.other,
        },
    )


def _cut(hashes: bytes) -> tuple[bytes, ...]:
    return tuple(hashes[start : start + _HASH] for start in range(0, len(hashes), _HASH))


def _message(row: Sequence[Any]) -> Message:
    identity, person, other, name, mine, endpoint, at, state, seq, text, *sound = row
    seconds, segments, size, hashes, doubtful, signed_out, here, transcript, expires = sound
    return Message(
        id=identity,
        person=person,
        other=other,
        name=name,
        mine=bool(mine),
        endpoint=endpoint,
        at=at,
        state=state,
        seq=seq,
        text=text,
        voice=None if segments is None else Voice(seconds, segments, size, _cut(hashes)),
        doubtful=bool(doubtful),
        signed_out=bool(signed_out),
        here=here,
        transcript=transcript,
        expires=expires,
    )
