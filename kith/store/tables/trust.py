"""What people signed: who they are, whom they let drop in, and what is in their log."""

from sqlite_utils import Database


def identities(db: Database) -> None:
    """What people signed, as they signed it. A person's `root` and `recovery` are those of their chain; former
    chains stay, because rosters rest on them. An endpoint is `waiting` until somebody has signed for it."""
    db.table("endpoint").add_column("waiting", int, not_null_default=0)
    for column in ("root", "recovery"):
        db.table("person").add_column(column, bytes)
        db.execute(f"CREATE UNIQUE INDEX person_{column} ON person({column}) WHERE {column} IS NOT NULL")
    db.table("person_link").create(
        {"root": bytes, "version": int, "person": str, "link": bytes},
        pk=("root", "version"),
        not_null={"person", "link"},
    )
    db.table("household_link").create(
        {"household": str, "version": int, "link": bytes}, pk=("household", "version"), not_null={"link"}
    )
    db.table("delegation").create({"person": str, "version": int, "signed": bytes}, pk="person")


def log(db: Database) -> None:
    """The log (kith.core.trust.log). A payload goes, its hash stays; `person` is the one it is about."""
    db.execute(
        "CREATE TABLE log_entry (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, number INTEGER NOT NULL,"
        " previous BLOB NOT NULL, time INTEGER NOT NULL, payload_hash BLOB NOT NULL, writer BLOB NOT NULL,"
        " signature BLOB NOT NULL, payload BLOB, person TEXT, UNIQUE (owner, writer, number))"
    )
    db.execute("CREATE INDEX log_entry_person ON log_entry(person) WHERE person IS NOT NULL")


def grants(db: Database) -> None:
    """Who lets whom drop in: each person's newest signed set, whose roots it names, which endpoints have heard of which
    version, and what a block has made void for good."""
    owner = "REFERENCES person(id) ON DELETE CASCADE"
    db.execute(
        f"CREATE TABLE grants (person TEXT PRIMARY KEY {owner}, version INTEGER NOT NULL, signed BLOB NOT NULL)"
    )
    db.execute(
        f"CREATE TABLE granted (root BLOB NOT NULL, giver TEXT NOT NULL {owner}, PRIMARY KEY (root, giver))"
        " WITHOUT ROWID"
    )
    db.execute("CREATE INDEX granted_giver ON granted(giver)")
    db.execute(
        f"CREATE TABLE heard (person TEXT NOT NULL {owner}, endpoint TEXT NOT NULL REFERENCES endpoint(id)"
        " ON DELETE CASCADE, root BLOB NOT NULL, version INTEGER NOT NULL, receipt BLOB NOT NULL,"
        " PRIMARY KEY (person, endpoint)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX heard_endpoint ON heard(endpoint)")
    db.execute(
        f"CREATE TABLE void_grant (giver TEXT NOT NULL {owner}, receiver BLOB NOT NULL, since INTEGER NOT NULL,"
        " PRIMARY KEY (giver, receiver, since)) WITHOUT ROWID"
    )
    db.table("news").add_column("concerns", bytes)  # the root of a person or the identity of a device
