"""How endpoints come in, are woken, and are signed out."""

from sqlite_utils import Database


def enrolments(db: Database) -> None:
    """For which endpoint an invitation or pairing was used: that one may ask again."""
    db.table("invitation").add_column("endpoint", str)
    db.table("pairing").add_column("endpoint", str)


def departures(db: Database) -> None:
    """When an endpoint was added, last seen and removed, and what it offered, which goes with it."""
    for column in ("added", "seen", "removed"):
        db.table("endpoint").add_column(column, float)
    for table in ("invitation", "pairing"):
        db.table(table).add_column("offered_by", str)


def passkeys(db: Database) -> None:
    """The public halves of passkeys."""
    db.table("passkey").create(
        {
            "credential": bytes,
            "person": str,
            "public_key": bytes,
            "counter": int,
            "name": str,
            "added": float,
            "used": float,
        },
        pk="credential",
        not_null={"person", "public_key", "counter", "name", "added"},
        foreign_keys=[("person", "person", "id")],
    )
    db.table("passkey").create_index(["person"])


def push(db: Database) -> None:
    """By which push service an endpoint is woken; with the endpoint, or its sign-out, that is over."""
    db.execute(
        "CREATE TABLE push_subscription (endpoint TEXT PRIMARY KEY REFERENCES endpoint(id) ON DELETE CASCADE,"
        " url TEXT NOT NULL UNIQUE, p256dh BLOB NOT NULL, auth BLOB NOT NULL, since FLOAT NOT NULL)"
    )
    db.execute(
        "CREATE TRIGGER push_signed_out AFTER UPDATE OF removed ON endpoint WHEN NEW.removed IS NOT NULL"
        " BEGIN DELETE FROM push_subscription WHERE endpoint = NEW.id; END"
    )
