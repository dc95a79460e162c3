"""The tables of messages.db: what an endpoint keeps of its conversations.

`messages` are in the order in which they came to this endpoint, once for each person it is there for; `seen` are the
ids of all that ever did, so that none comes twice, however often it is sent; `segments` hold sound as it is played;
`folded` is what is searched. Whatever is up to the `removed` of its conversation goes at once.

`read` and `removed` never go beyond `here`, the highest number that was stored: what the server has told beyond that
counts for messages that were written before it was told and come later, and for no others.
"""

import os
import sqlite3
from pathlib import Path

VERSION = 2
"""2: `signed_out`, and `proofs`, by which what was received can be shown to the operator."""

_TABLES = """
CREATE TABLE seen (person TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (person, id)) WITHOUT ROWID;
CREATE TABLE messages (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    other TEXT NOT NULL,
    mine INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    at REAL NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER,
    text TEXT,
    seconds REAL,
    segments INTEGER,
    bytes INTEGER,
    hashes BLOB,
    doubtful INTEGER NOT NULL,
    folded TEXT NOT NULL,
    signed_out INTEGER NOT NULL DEFAULT 0,
    UNIQUE (person, id)
);
CREATE INDEX messages_of ON messages (person, other, seq);
CREATE TABLE segments (
    person TEXT NOT NULL,
    message TEXT NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (person, message, number)
) WITHOUT ROWID;
CREATE TABLE transcripts (
    person TEXT NOT NULL,
    message TEXT NOT NULL,
    text TEXT NOT NULL,
    folded TEXT NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (person, message)
) WITHOUT ROWID;
CREATE TABLE outgoing (message TEXT PRIMARY KEY, key BLOB NOT NULL, command BLOB) WITHOUT ROWID;
CREATE TABLE conversations (
    person TEXT NOT NULL,
    other TEXT NOT NULL,
    name TEXT NOT NULL,
    last INTEGER NOT NULL DEFAULT 0,
    at REAL NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    read_by_them INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    here INTEGER NOT NULL DEFAULT 0,
    read_told INTEGER NOT NULL DEFAULT 0,
    read_told_at REAL NOT NULL DEFAULT 0,
    removed_told INTEGER NOT NULL DEFAULT 0,
    removed_told_at REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (person, other)
) WITHOUT ROWID;
"""

_PROOFS = """
CREATE TABLE proofs (
    person TEXT NOT NULL,
    message TEXT NOT NULL,
    envelope BLOB NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (person, message)
) WITHOUT ROWID;
"""

_RULES = """
CREATE TRIGGER message_gone AFTER DELETE ON messages BEGIN
    DELETE FROM proofs WHERE person = old.person AND message = old.id;
    DELETE FROM segments WHERE person = old.person AND message = old.id;
    DELETE FROM transcripts WHERE person = old.person AND message = old.id;
    DELETE FROM outgoing WHERE message = old.id AND old.mine;
END;
CREATE TRIGGER conversation_removed AFTER UPDATE OF removed ON conversations BEGIN
    DELETE FROM messages WHERE person = new.person AND other = new.other AND seq <= new.removed;
END;
CREATE TRIGGER message_removed AFTER UPDATE OF last ON conversations BEGIN
    DELETE FROM messages WHERE person = new.person AND other = new.other AND seq <= new.removed;
END;

CREATE VIEW told AS
    SELECT m.place, m.id, m.person, m.other, c.name, m.mine, m.endpoint, m.at, m.state, m.seq, m.text, m.seconds,
           m.segments, m.bytes, m.hashes, m.doubtful, m.signed_out, t.text AS transcript, t.expires,
           (SELECT count(*) FROM segments s WHERE s.person = m.person AND s.message = m.id) AS here,
           m.folded || ' ' || coalesce(t.folded, '') AS words,
           m.mine = 0 AND m.seq > c.read AS unread
    FROM messages m
    JOIN conversations c ON c.person = m.person AND c.other = m.other
    LEFT JOIN transcripts t ON t.person = m.person AND t.message = m.id;
CREATE VIEW talks AS
    SELECT c.*, (SELECT count(*) FROM messages m WHERE m.person = c.person AND m.other = c.other) AS messages,
           (SELECT count(*) FROM messages m WHERE m.person = c.person AND m.other = c.other
            AND m.mine = 0 AND m.seq > c.read) AS unread
    FROM conversations c;
"""

_FROM_1 = """
ALTER TABLE messages ADD COLUMN signed_out INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER message_gone;
DROP TRIGGER conversation_removed;
DROP TRIGGER message_removed;
DROP VIEW told;
DROP VIEW talks;
"""

_STEPS = {0: _TABLES + _PROOFS + _RULES, 1: _FROM_1 + _PROOFS + _RULES}
"""What makes a file of each version one of the newest."""


class Newer(ValueError):
    """A later version of Kith wrote it."""


def opened(path: Path) -> sqlite3.Connection:
    """messages.db, made with mode 0600 where it is not there. What is committed is on disk, and what is deleted is
    overwritten. Raises ValueError if it is damaged or newer, OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_mode = DELETE")  # a WAL would keep what was deleted
        connection.execute("PRAGMA synchronous = EXTRA")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise Newer(f"{path} was written by a later version of Kith")
        if version < VERSION:
            connection.executescript(f"BEGIN; {_STEPS[version]} PRAGMA user_version = {VERSION}; COMMIT;")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise ValueError(f"{path} is damaged: {error}") from None
    except BaseException:
        connection.close()
        raise
    return connection
