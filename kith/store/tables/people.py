"""Who is who, how they prove it, and what they are told of each other."""

from sqlite_utils import Database


def people(db: Database) -> None:
    """Who is who. Digests are HMAC-SHA256 of a secret under a key that is not in the database."""
    db.table("meta").create({"key": str, "value": str}, pk="key")
    db.table("household").create({"id": str, "name": str, "created": float}, pk="id", not_null={"name"})
    db.table("person").create(
        {"id": str, "household": str, "name": str, "mobile": str, "registered": float, "invited_by": str},
        pk="id",
        not_null={"household", "name"},
        foreign_keys=[("household", "household", "id")],
    )
    # Only a verified number belongs to a person; the same one may be claimed by many until then.
    db.execute("CREATE UNIQUE INDEX person_mobile ON person(mobile) WHERE registered IS NOT NULL")
    db.table("person").create_index(["household"])
    db.table("endpoint").create(
        {
            "id": str,
            "household": str,
            "person": str,
            "name": str,
            "shared": int,
            "identity": bytes,
            "sealing": bytes,
            "sealing_signature": bytes,
            "capabilities": bytes,
            "test": int,
        },
        pk="id",
        not_null={"household", "name", "shared", "identity", "sealing", "sealing_signature", "capabilities"},
        foreign_keys=[("household", "household", "id"), ("person", "person", "id")],
    )
    db.table("endpoint").create_index(["household"])
    db.table("endpoint").create_index(["person"])
    db.table("endpoint").create_index(["identity"], unique=True)
    db.table("acquaintance").create({"one": str, "other": str}, pk=("one", "other"))
    db.table("invitation").create(
        {"digest": bytes, "inviter": str, "household": str, "owner": int, "expires": float, "used": float},
        pk="digest",
    )
    db.table("pairing").create(
        {"digest": bytes, "household": str, "person": str, "shared": int, "expires": float, "used": float},
        pk="digest",
    )
    db.table("verification").create(
        {"person": str, "digest": bytes, "expires": float, "tries": int}, pk="person"
    )
    db.table("token").create({"digest": bytes, "endpoint": str, "expires": float}, pk="digest")


def codes(db: Database) -> None:
    """How many verification codes a person was sent, and since when that is counted."""
    db.table("verification").add_column("sent", int, not_null_default=1)
    db.table("verification").add_column("since", float, not_null_default=0.0)


def news(db: Database) -> None:
    """What each adult was told of their household, and the networks that are no news any more.

    A network is a digest under the server's key; `owner` is the person, or the household of a shared endpoint.
    """
    db.execute(  # a number that was dismissed is not given again
        "CREATE TABLE news (id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, kind TEXT NOT NULL,"
        " at FLOAT NOT NULL, by TEXT, device TEXT NOT NULL, shared INTEGER NOT NULL)"
    )
    db.table("news").create_index(["person", "id"])
    db.table("network").create({"owner": str, "digest": bytes, "seen": float}, pk=("owner", "digest"))
    db.table("network").create_index(["seen"])


def proving(db: Database) -> None:
    """Which number a code is to prove, how many were sent to each number (as digests, for a day), who accepted which
    guidelines when, whom a household saved to be taken over at sign-up, and what those who are gone were called."""
    db.table("person").add_column("created", float)
    db.table("person").add_column("profile", int, not_null_default=0)
    db.table("verification").add_column("mobile", str)
    db.execute("UPDATE verification SET mobile = (SELECT mobile FROM person WHERE id = verification.person)")
    db.table("code_sent").create({"number": bytes, "block": bytes, "at": float})
    for columns in (["number", "at"], ["block", "at"], ["at"]):
        db.table("code_sent").create_index(columns)
    db.table("acceptance").create(
        {"person": str, "version": int, "at": float}, pk=("person", "version"), not_null={"at"}
    )
    for table in ("missed", "news"):
        db.table(table).add_column("name", str)  # of who is gone
    db.execute("CREATE INDEX person_unproved ON person(created) WHERE registered IS NULL")


def guessing(db: Database) -> None:
    """How many codes were sent for a sign-up in all; what a household called whom it saved; and who left although the
    operator had to deal with them: the digest of their number, for so long."""
    db.table("verification").add_column("total", int, not_null_default=1)
    db.table("person").add_column("saved_as", str)
    db.execute("UPDATE person SET saved_as = name WHERE profile")
    db.table("departed").create(
        {"person": str, "name": str, "number": bytes, "at": float}, pk="person", not_null={"name", "at"}
    )
    db.table("departed").create_index(["at"])


def children(db: Database) -> None:
    """Who is a child, what a parent lets them do, who agreed to what and when, and whom they may reach outside. Whom a
    call was for, so that a parent can look at a child's; `silent` if nobody there was to hear of it."""
    db.table("person").add_column("child", int, not_null_default=0)
    db.execute(
        "CREATE TABLE child_limits (person TEXT PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,"
        " calling INTEGER NOT NULL, messaging INTEGER NOT NULL, drop_in INTEGER NOT NULL,"
        " drop_in_home INTEGER NOT NULL, consent_version INTEGER, consent_at FLOAT, consent_by TEXT)"
    )
    db.execute(
        "CREATE TABLE child_contact (child TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE,"
        " contact TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE, PRIMARY KEY (child, contact))"
    )
    db.table("child_contact").create_index(["contact"])
    db.table("call").add_column("callee", str)
    db.table("call").add_column("silent", int, not_null_default=0)
    db.execute("CREATE INDEX call_to ON call(callee, created) WHERE callee IS NOT NULL")
