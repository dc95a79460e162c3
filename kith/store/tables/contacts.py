"""Whom people know, where that is followed, and what looking it up may cost."""

from sqlite_utils import Database

from kith.directory.contacts import region_of


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


def budgets(db: Database) -> None:
    """How many numbers were looked up by whoever had a number, as a digest under the server's key: leaving and coming
    back gives no new budget."""
    db.execute("CREATE TABLE number_spent (digest BLOB NOT NULL, at FLOAT NOT NULL, count INTEGER NOT NULL)")
    db.execute("CREATE INDEX number_spent_digest ON number_spent(digest, at)")
    db.execute("CREATE INDEX number_spent_at ON number_spent(at)")


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
