"""Whatever table there is: what it holds of a person is known to the erasure."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kith.store.erasure import EMPTIED, OTHERS, OWNED
from kith.store.schema import migrate

NAMES = {"person", "owner", "one", "other", "caller", "by", "inviter", "invited_by", "first"}
NAMES |= {"callee", "child", "consent_by", "starter", "author", "receiver"}
"""What columns are called that hold a person's id."""

KEPT = {
    ("endpoint", "person"),  # deleted by another way
    ("person_link", "person"),  # as long as rosters rest on it
    ("contact_number", "first"),  # of others: whose the number was that they have among their contacts
    ("discovered", "first"),
    ("block", "person"),  # of whoever blocked them
    ("incident", "person"),
    ("departed", "person"),  # for as long
    ("report", "by"),  # the operator's, who has to deal with it
    ("report", "person"),
    ("invitation", "owner"),  # yes or no
    ("contact_number", "owner"),  # goes with its contact
    ("person", "child"),  # yes or no
    ("message", "author"),  # emptied once it waits nowhere, as what the person wrote does not
    ("message", "receiver"),
    ("void_grant", "receiver"),  # a root, which is forgotten as such
}


def test_every_column_that_may_name_a_person_is_erased(tmp_path: Path) -> None:
    path = tmp_path / "kith.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {
            (table, row[1])
            for table in tables
            for row in db.execute(f"PRAGMA table_info({table})")
            if row[1] in NAMES
        }
        cascading = {
            (table, row[3])
            for table in tables
            for row in db.execute(f"PRAGMA foreign_key_list({table})")
            if row[6] == "CASCADE"
        }
    assert columns - set(OWNED) - set(OTHERS) - set(EMPTIED) - KEPT - cascading == set(), (
        "name the table in kith.store.erasure, or let its rows go with the person's"
    )
