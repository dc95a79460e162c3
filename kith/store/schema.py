"""The tables, as a list of migrations. A migration that has been released is never edited."""

import os
from pathlib import Path

from sqlite_utils import Database, Migrations

from kith.directory.contacts import region_of

migrations = Migrations("kith")


@migrations()
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


@migrations()
def calls(db: Database) -> None:
    """A call is one row; its state is the MessagePack of signaling.call.Call."""
    db.table("call").create(
        {"id": str, "state": bytes, "live": int, "created": float}, pk="id", not_null={"state", "live"}
    )
    db.execute("CREATE INDEX call_live ON call(id) WHERE live")
    db.table("missed").create(
        {"person": str, "call": str, "caller": str, "at": float, "video": int}, pk=("person", "call")
    )


@migrations()
def codes(db: Database) -> None:
    """How many verification codes a person was sent, and since when that is counted."""
    db.table("verification").add_column("sent", int, not_null_default=1)
    db.table("verification").add_column("since", float, not_null_default=0.0)


@migrations()
def enrolments(db: Database) -> None:
    """For which endpoint an invitation or pairing was used: that one may ask again."""
    db.table("invitation").add_column("endpoint", str)
    db.table("pairing").add_column("endpoint", str)


@migrations()
def ages(db: Database) -> None:
    """By what is deleted when it is old (kith.store.tidy), without reading what is not."""
    db.execute("CREATE INDEX call_over ON call(created) WHERE NOT live")
    db.execute("CREATE INDEX invitation_over ON invitation(coalesce(used, expires))")
    db.execute("CREATE INDEX pairing_over ON pairing(coalesce(used, expires))")
    db.execute("CREATE INDEX token_expires ON token(expires)")
    db.execute("CREATE INDEX missed_at ON missed(person, at)")


@migrations()
def departures(db: Database) -> None:
    """When an endpoint was added, last seen and removed, and what it offered, which goes with it."""
    for column in ("added", "seen", "removed"):
        db.table("endpoint").add_column(column, float)
    for table in ("invitation", "pairing"):
        db.table(table).add_column("offered_by", str)


@migrations()
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


@migrations()
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


@migrations()
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


@migrations()
def contacts(db: Database) -> None:
    """What people know of others. A list's `revision` rises with each change of it; who asks from before `floor` is
    told everything, because what was removed until then is forgotten. `due`: when numbers are looked up next.

    A number's `state` is kith.store.discovery.State; `first` is who had it when the list's owner first learned of
    it. `discovered` are the numbers that an owner has spent of the daily budget, as digests under the server's key:
    they outlive the contacts that had them.
    """
    db.execute(
        "CREATE TABLE contact_list (owner TEXT PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,"
        " revision INTEGER NOT NULL DEFAULT 0, floor INTEGER NOT NULL DEFAULT 0, import_allowed INTEGER, due FLOAT)"
    )
    db.execute("CREATE INDEX contact_list_due ON contact_list(due) WHERE due IS NOT NULL")
    db.execute(
        "CREATE TABLE contact (id TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES contact_list(owner)"
        " ON DELETE CASCADE, source TEXT NOT NULL, book TEXT NOT NULL, uid TEXT NOT NULL, name TEXT NOT NULL,"
        " nickname TEXT NOT NULL, organization TEXT NOT NULL, numbers BLOB NOT NULL, digest BLOB NOT NULL,"
        " revision INTEGER NOT NULL)"
    )
    db.execute("CREATE INDEX contact_changed ON contact(owner, revision)")
    db.execute(
        "CREATE UNIQUE INDEX contact_uid ON contact(owner, source, book, uid) WHERE source <> 'manual'"
    )
    db.execute(
        "CREATE TABLE contact_number (contact TEXT NOT NULL REFERENCES contact(id) ON DELETE CASCADE,"
        " e164 TEXT NOT NULL, owner TEXT NOT NULL, later INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,"
        " first TEXT)"
    )
    db.execute("CREATE UNIQUE INDEX contact_number_contact ON contact_number(contact, e164)")
    db.execute("CREATE INDEX contact_number_e164 ON contact_number(e164, owner)")
    db.execute("CREATE INDEX contact_number_state ON contact_number(owner, state, later)")
    db.execute(
        "CREATE TABLE contact_removed (owner TEXT NOT NULL REFERENCES contact_list(owner) ON DELETE CASCADE,"
        " revision INTEGER NOT NULL, contact TEXT NOT NULL, PRIMARY KEY (owner, revision)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE discovered (owner TEXT NOT NULL REFERENCES contact_list(owner) ON DELETE CASCADE,"
        " digest BLOB NOT NULL, spent FLOAT NOT NULL, first TEXT, PRIMARY KEY (owner, digest)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX discovered_spent ON discovered(owner, spent)")


@migrations()
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


@migrations()
def bounds(db: Database) -> None:
    """Who placed which call when, for quotas; what the operator should look at; since when a person is suspended."""
    db.table("call").add_column("caller", str)
    db.execute("CREATE INDEX call_by ON call(caller, created)")
    db.execute(
        "CREATE TABLE incident (id INTEGER PRIMARY KEY AUTOINCREMENT, at FLOAT NOT NULL, kind TEXT NOT NULL,"
        " person TEXT, details TEXT NOT NULL)"
    )
    db.table("incident").create_index(["at"])
    db.table("person").add_column("suspended", float)


@migrations()
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


@migrations()
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


@migrations()
def books(db: Database) -> None:
    """Address books that are followed; a password is sealed under a key that is not in the database. A member is a
    resource of a book as it was fetched last, `card` whether it is a contact."""
    db.execute(
        "CREATE TABLE book (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE,"
        " url TEXT NOT NULL, account TEXT NOT NULL, password BLOB NOT NULL, name TEXT NOT NULL,"
        " token TEXT NOT NULL, synced FLOAT, problem TEXT, failures INTEGER NOT NULL, UNIQUE (person, url, account))"
    )
    db.execute(
        "CREATE TABLE book_member (book TEXT NOT NULL REFERENCES book(id) ON DELETE CASCADE, key TEXT NOT NULL,"
        " etag TEXT NOT NULL, card INTEGER NOT NULL, PRIMARY KEY (book, key)) WITHOUT ROWID"
    )


@migrations()
def budgets(db: Database) -> None:
    """How many numbers were looked up by whoever had a number, as a digest under the server's key: leaving and coming
    back gives no new budget."""
    db.execute("CREATE TABLE number_spent (digest BLOB NOT NULL, at FLOAT NOT NULL, count INTEGER NOT NULL)")
    db.execute("CREATE INDEX number_spent_digest ON number_spent(digest, at)")
    db.execute("CREATE INDEX number_spent_at ON number_spent(at)")


@migrations()
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


@migrations()
def several_blocked(db: Database) -> None:
    """All persons whom a block is known to be for, with spaces between their ids; `person` is the first."""
    db.table("block").add_column("people", str, not_null_default="")
    db.execute("UPDATE block SET people = coalesce(person, '')")


@migrations()
def blocked_contacts(db: Database) -> None:
    """The contact by which a block was made."""
    db.table("block").add_column("contact", str)


@migrations()
def regions(db: Database) -> None:
    """The country (ISO 3166) of a household's numbers without a country's code, at first that of the first adult's own
    number; and in which one each list's numbers were read, until now that of its owner's number."""
    for table in ("household", "contact_list"):
        db.table(table).add_column("region", str)
    rows = db.query(
        "SELECT id, household, mobile FROM person WHERE registered IS NOT NULL AND mobile IS NOT NULL ORDER BY rowid"
    )
    for row in list(rows):
        region = region_of(row["mobile"], "") or None
        db.execute(
            "UPDATE household SET region = ? WHERE id = ? AND region IS NULL", (region, row["household"])
        )
        db.execute("UPDATE contact_list SET region = ? WHERE owner = ?", (region, row["id"]))


@migrations()
def log(db: Database) -> None:
    """The log (kith.core.trust.log). A payload goes, its hash stays; `person` is the one it is about."""
    db.execute(
        "CREATE TABLE log_entry (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, number INTEGER NOT NULL,"
        " previous BLOB NOT NULL, time INTEGER NOT NULL, payload_hash BLOB NOT NULL, writer BLOB NOT NULL,"
        " signature BLOB NOT NULL, payload BLOB, person TEXT, UNIQUE (owner, writer, number))"
    )
    db.execute("CREATE INDEX log_entry_person ON log_entry(person) WHERE person IS NOT NULL")


@migrations()
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


@migrations()
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


@migrations()
def silenced(db: Database) -> None:
    """Whether a missed call rang nowhere because somebody was not to be disturbed."""
    db.table("missed").add_column("silenced", int, not_null_default=0)


@migrations()
def groups(db: Database) -> None:
    """A group is one row; its state is the MessagePack of signaling.group.Group. `starter` is the person who started
    it, and `group_person` everybody who was asked as well; `silent` if they were not to hear of it."""
    db.table("group_call").create(
        {"id": str, "state": bytes, "live": int, "created": float, "starter": str},
        pk="id",
        not_null={"state", "live"},
    )
    db.execute("CREATE INDEX group_live ON group_call(id) WHERE live")
    db.execute("CREATE INDEX group_over ON group_call(created) WHERE NOT live")
    db.execute("CREATE INDEX group_starter ON group_call(starter, created)")
    db.execute(
        "CREATE TABLE group_person (call TEXT NOT NULL REFERENCES group_call(id) ON DELETE CASCADE,"
        " person TEXT NOT NULL, silent INTEGER NOT NULL, PRIMARY KEY (call, person)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX group_person_person ON group_person(person)")


@migrations()
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


@migrations()
def history(db: Database) -> None:
    """The own history of each person, and for how many months they keep it: null for ever, absent for as long as
    everybody who has not chosen. `other` is with whom, `name` what they were called, `ref` the call or message."""
    owner = "REFERENCES person(id) ON DELETE CASCADE"
    db.execute(
        f"CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL {owner},"
        " kind TEXT NOT NULL, outgoing INTEGER NOT NULL, outcome TEXT NOT NULL, at FLOAT NOT NULL,"
        " seconds FLOAT NOT NULL, other TEXT, name TEXT NOT NULL, endpoint TEXT, device TEXT NOT NULL,"
        " ref TEXT NOT NULL)"
    )
    db.execute("CREATE UNIQUE INDEX history_ref ON history(person, ref, outgoing)")
    db.execute("CREATE INDEX history_at ON history(person, at)")
    db.execute("CREATE INDEX history_other ON history(other)")
    db.execute(f"CREATE TABLE history_keep (person TEXT PRIMARY KEY {owner}, months INTEGER) WITHOUT ROWID")


@migrations()
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
        " UPDATE message SET waiting = waiting - 1 WHERE n = OLD.n; END"
    )
    db.execute(
        "CREATE TRIGGER message_done AFTER UPDATE OF waiting ON message WHEN NEW.waiting = 0 BEGIN"
        " UPDATE message SET sender = NULL, author = NULL, receiver = NULL, envelope = NULL WHERE n = NEW.n;"
        " DELETE FROM segment WHERE id BETWEEN NEW.n * 64 AND NEW.n * 64 + 63; END"
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


def migrate(path: Path) -> None:
    """Make the file with mode 0600 where there is none, and bring it up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = Database(path)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        migrations.apply(db)
    finally:
        db.close()
