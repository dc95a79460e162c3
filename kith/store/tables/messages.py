"""What is said and waits to be fetched."""

from sqlite_utils import Database


def messages(db: Database) -> None:
    """What is sealed and waits, by numbers that rise with time; how far conversations have come; what was reported.

    An inbox holds for each endpoint the numbers of messages with their keys, and what own endpoints sent. A message
    that waits nowhere any more has lost its content and whose it was, and is there for whoever sends it again.
    """
    db.execute(
        "CREATE TABLE conversation (one TEXT NOT NULL, other TEXT NOT NULL, state BLOB NOT NULL,"
        " PRIMARY KEY (one, other)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX conversation_other ON conversation(other)")
    db.execute(
        "CREATE TABLE message (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,"
        " seq INTEGER NOT NULL, at FLOAT NOT NULL, waiting INTEGER NOT NULL, segments INTEGER NOT NULL,"
        " sender TEXT, author TEXT, receiver TEXT, envelope BLOB)"
    )
    db.execute(
        "CREATE TABLE inbox (endpoint TEXT NOT NULL, n INTEGER NOT NULL, person TEXT NOT NULL, body BLOB NOT NULL,"
        " sender TEXT, topic TEXT, item TEXT, PRIMARY KEY (endpoint, n)) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE segment (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")  # n * 64 + index
    db.execute(
        "CREATE TRIGGER inbox_gone AFTER DELETE ON inbox WHEN OLD.topic IS NULL BEGIN"
        " UPDATE message SET waiting = waiting - 1, sender = iif(waiting > 1, sender, NULL),"
        " author = iif(waiting > 1, author, NULL), receiver = iif(waiting > 1, receiver, NULL),"
        " envelope = iif(waiting > 1, envelope, NULL) WHERE n = OLD.n; END"
    )
    db.execute(
        "CREATE TRIGGER message_done AFTER UPDATE OF waiting ON message WHEN NEW.waiting = 0 AND NEW.segments > 0"
        " BEGIN DELETE FROM segment WHERE id BETWEEN NEW.n * 64 AND NEW.n * 64 + 63; END"
    )
    db.execute(
        "CREATE TRIGGER endpoint_removed AFTER UPDATE OF removed ON endpoint WHEN NEW.removed IS NOT NULL BEGIN"
        " DELETE FROM inbox WHERE endpoint = NEW.id; END"
    )
    db.execute(
        "CREATE TRIGGER endpoint_deleted AFTER DELETE ON endpoint BEGIN"
        " DELETE FROM inbox WHERE endpoint = OLD.id; END"
    )
    db.table("report").add_column("message", str)
