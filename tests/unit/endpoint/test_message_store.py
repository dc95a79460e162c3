"""The file in which an endpoint keeps its messages."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kith.endpoint.message_kept import Conversation, Message, Proof
from kith.endpoint.message_store import MessageStore
from kith.endpoint.message_tables import VERSION, Newer

ANNA, BEN = "p_" + "a" * 20, "p_" + "b" * 20

BEFORE_2 = """
DROP VIEW told;
DROP VIEW talks;
DROP TRIGGER message_gone;
DROP TRIGGER conversation_removed;
DROP TRIGGER message_removed;
DROP TABLE proofs;
ALTER TABLE messages DROP COLUMN signed_out;
CREATE VIEW told AS SELECT id, person FROM messages;
CREATE VIEW talks AS SELECT * FROM conversations;
CREATE TRIGGER message_gone AFTER DELETE ON messages BEGIN
    DELETE FROM segments WHERE person = old.person AND message = old.id;
END;
CREATE TRIGGER conversation_removed AFTER UPDATE OF removed ON conversations BEGIN
    DELETE FROM messages WHERE person = new.person AND other = new.other AND seq <= new.removed;
END;
CREATE TRIGGER message_removed AFTER UPDATE OF last ON conversations BEGIN
    DELETE FROM messages WHERE person = new.person AND other = new.other AND seq <= new.removed;
END;
PRAGMA user_version = 1;
"""


def received(seq: int, text: str = "hello") -> Message:
    return Message(
        id="m_" + f"{seq:020d}",
        person=BEN,
        other=ANNA,
        name="Anna",
        mine=False,
        endpoint="e_1",
        at=1_000.0 + seq,
        state="received",
        seq=seq,
        text=text,
        signed_out=seq % 2 == 0,
    )


def test_what_an_earlier_version_wrote_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    store = MessageStore(path)
    store.receive(received(1))
    store.close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(BEFORE_2)
    store = MessageStore(path)
    assert store.receive(received(2), Proof(b"envelope", b"key"))
    assert [(one.text, one.signed_out) for one in store.unread(BEN)] == [("hello", False), ("hello", True)]
    assert store.proof(BEN, received(1).id) is None
    assert store.proof(BEN, received(2).id) == Proof(b"envelope", b"key")
    store.close()
    MessageStore(path).close()


def test_what_a_later_version_wrote_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    MessageStore(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(Newer):
        MessageStore(path)


def test_what_shows_it_to_others_goes_with_the_message(tmp_path: Path) -> None:
    store = MessageStore(tmp_path / "messages.db")
    store.receive(received(1), Proof(b"envelope", b"key"))
    assert store.proof(BEN, received(1).id) is not None
    assert store.proof(ANNA, received(1).id) is None
    kept = store.conversation(BEN, ANNA)
    assert kept is not None
    store.tell(replace(kept, removed=1), 2_000.0)
    assert store.proof(BEN, received(1).id) is None
    store.close()


def test_one_that_was_seen_brings_no_other_proof(tmp_path: Path) -> None:
    store = MessageStore(tmp_path / "messages.db")
    store.receive(received(1), Proof(b"envelope", b"key"))
    assert not store.receive(received(1, "something else"), Proof(b"another", b"key"))
    assert store.proof(BEN, received(1).id) == Proof(b"envelope", b"key")
    assert store.tell(Conversation(BEN, ANNA, ""), 0.0).here == 1
    store.close()
