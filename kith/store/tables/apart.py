"""Who is kept from whom, by people themselves or by the operator."""

from sqlite_utils import Database


def blocks(db: Database) -> None:
    """Who has blocked whom. A `key` is a person's id, or `n_` and the digest of a number that was verified."""
    db.table("block").create(
        {"id": str, "owner": str, "name": str, "person": str, "since": float},
        pk="id",
        not_null={"owner", "name", "since"},
    )
    db.table("block").create_index(["owner"])
    db.execute(
        "CREATE TABLE block_key (block TEXT NOT NULL REFERENCES block(id) ON DELETE CASCADE, key TEXT NOT NULL,"
        " PRIMARY KEY (block, key))"
    )
    db.table("block_key").create_index(["key"])


def operator(db: Database) -> None:
    """What people told the operator of each other, what the operator did about whom and why, and the digests of
    numbers that may not sign up again."""
    db.execute(
        "CREATE TABLE report (id INTEGER PRIMARY KEY AUTOINCREMENT, at FLOAT NOT NULL, by TEXT NOT NULL,"
        " person TEXT NOT NULL, why TEXT NOT NULL, text TEXT NOT NULL, reviewed FLOAT)"
    )
    db.table("report").create_index(["by", "at"])
    db.execute(
        "CREATE TABLE operator_action (id INTEGER PRIMARY KEY AUTOINCREMENT, at FLOAT NOT NULL, action TEXT NOT NULL,"
        " subject TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL)"
    )
    db.table("refused_number").create({"digest": bytes, "since": float}, pk="digest", not_null={"since"})


def several_blocked(db: Database) -> None:
    """All persons whom a block is known to be for, with spaces between their ids; `person` is the first."""
    db.table("block").add_column("people", str, not_null_default="")
    db.execute("UPDATE block SET people = coalesce(person, '')")


def blocked_contacts(db: Database) -> None:
    """The contact by which a block was made."""
    db.table("block").add_column("contact", str)
