"""Everything that is kept of a person, and how it is erased. The tests look that no table is missing here."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from kith.core.ids import EndpointId, HouseholdId, PersonId, new_person
from kith.core.news import NewsKind
from kith.store.journal import forget_person
from kith.store.messages import forget_messages
from kith.store.meta import HOME
from kith.store.rows import add_person, person_of

OWNED = (
    ("acceptance", "person"),
    ("acquaintance", "one"),
    ("acquaintance", "other"),
    ("block", "owner"),
    ("conversation", "one"),
    ("conversation", "other"),
    ("delegation", "person"),
    ("granted", "giver"),
    ("grants", "person"),
    ("group_person", "person"),
    ("heard", "person"),
    ("history", "person"),
    ("history_keep", "person"),
    ("inbox", "person"),
    ("invitation", "inviter"),
    ("log_entry", "owner"),
    ("missed", "person"),
    ("network", "owner"),
    ("news", "person"),
    ("pairing", "person"),
    ("passkey", "person"),
    ("verification", "person"),
    ("void_grant", "giver"),
)
"""Tables whose rows with the person in this column are the person's, and go."""

OTHERS = (
    ("history", "other"),
    ("missed", "caller"),
    ("news", "by"),
)
"""Tables whose rows are somebody else's, and keep the name that the person had."""

EMPTIED = (
    ("person", "invited_by"),
    ("call", "caller"),
    ("call", "callee"),
    ("group_call", "starter"),
    ("child_limits", "consent_by"),
    ("log_entry", "person"),
)
"""Columns of rows that stay, which name the person and need not."""

TRACES = (
    ("history", "other"),
    ("missed", "caller"),
    ("news", "by"),
    ("incident", "person"),
    ("report", "by"),
    ("report", "person"),
    ("departed", "person"),
    ("operator_action", "subject"),
    ("call", "caller"),
    ("call", "callee"),
)
"""Tables in which others, or the operator, have rows about a person; with a child these go as well."""


def erase_person(db: sqlite3.Connection, person: PersonId) -> list[EndpointId]:
    """Returns which endpoints are dead now: the person's own. Shared ones that act for the person by default must
    have another profile before."""
    for table, column in OTHERS:
        db.execute(
            f"UPDATE {table} SET name = (SELECT name FROM person WHERE id = :person)"  # noqa: S608 - words of this file
            f" WHERE {column} = :person AND EXISTS (SELECT 1 FROM person WHERE id = :person)",
            {"person": person},
        )
    db.execute(
        "DELETE FROM news WHERE by = ? AND kind <> ?", (person, NewsKind.PERSON_LEFT)
    )  # of their devices
    endpoints = _delete_endpoints(db, "person = ?", person)
    forget_messages(db, person)
    for table, column in OWNED:
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (person,))  # noqa: S608 - words of this file
    for table, column in EMPTIED:
        db.execute(f"UPDATE {table} SET {column} = NULL WHERE {column} = ?", (person,))  # noqa: S608 - words of this file
    _forget_roots(db, person)
    _delete_chains(db, person)
    db.execute("DELETE FROM person WHERE id = ?", (person,))
    return endpoints


def erase_child(db: sqlite3.Connection, child: PersonId) -> list[EndpointId]:
    """As `erase_person`, and what others would keep of an adult goes as well. Public keys that a roster rests on stay,
    and are nobody's any more."""
    for table, column in TRACES:
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (child,))  # noqa: S608 - words of this file
    db.execute(
        "DELETE FROM group_call WHERE id IN (SELECT call FROM group_person WHERE person = ?)", (child,)
    )
    db.execute("DELETE FROM block WHERE instr(people, ?)", (child,))
    db.execute("DELETE FROM block_key WHERE key = ?", (child,))
    forget_person(db, child)
    endpoints = erase_person(db, child)
    db.execute("UPDATE person_link SET person = ? WHERE person = ?", (new_person(), child))
    return endpoints


def forget_sign_up(db: sqlite3.Connection, person: PersonId) -> list[EndpointId]:
    """Of a person who never proved a number, unless they have by now. Whom the household saved is saved again.
    Returns which endpoints are dead now."""
    row = db.execute(
        "SELECT * FROM person WHERE id = ? AND registered IS NULL AND mobile IS NOT NULL", (person,)
    ).fetchone()
    if row is None:
        return []
    endpoints = erase_person(db, person)
    if row["profile"]:
        saved = replace(person_of(row), mobile=None, name=row["saved_as"] or row["name"])
        add_person(db, saved, None)
    alone = "SELECT 1 FROM household WHERE id = ? AND id NOT IN (SELECT value FROM meta WHERE key = ?)"
    lives = "SELECT 1 FROM person WHERE household = ? UNION ALL SELECT 1 FROM endpoint WHERE household = ?"
    home = row["household"]
    if db.execute(alone, (home, HOME)).fetchone() and not db.execute(lives, (home, home)).fetchone():
        endpoints += erase_household(db, home)
    return endpoints


def erase_household(db: sqlite3.Connection, household: HouseholdId) -> list[EndpointId]:
    """A household with everybody and everything in it. Returns which endpoints are dead now."""
    db.execute("DELETE FROM household_link WHERE household = ?", (household,))
    endpoints = _delete_endpoints(db, "household = ?", household)
    people = db.execute("SELECT id, child FROM person WHERE household = ?", (household,)).fetchall()
    for one in people:
        (erase_child if one["child"] else erase_person)(db, one["id"])
    for table, column in (
        ("invitation", "household"),
        ("pairing", "household"),
        ("network", "owner"),
        ("log_entry", "owner"),
    ):
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (household,))  # noqa: S608 - words of this file
    db.execute("DELETE FROM meta WHERE key = ? AND value = ?", (HOME, household))
    db.execute("DELETE FROM household WHERE id = ?", (household,))
    return endpoints


def _delete_endpoints(db: sqlite3.Connection, where: str, whose: str) -> list[EndpointId]:
    rows: Sequence[sqlite3.Row] = db.execute(
        f"DELETE FROM endpoint WHERE {where} RETURNING id, removed",  # noqa: S608 - words of this file
        (whose,),
    ).fetchall()
    for row in rows:
        db.execute("DELETE FROM token WHERE endpoint = ?", (row["id"],))
        for table in ("invitation", "pairing"):
            db.execute(f"DELETE FROM {table} WHERE endpoint = ? OR offered_by = ?", (row["id"], row["id"]))  # noqa: S608 - words of this file
    return [EndpointId(row["id"]) for row in rows if row["removed"] is None]


def _forget_roots(db: sqlite3.Connection, person: PersonId) -> None:
    """What others signed names the person by the root of their chain for good; what was taken from it need not."""
    for row in db.execute("SELECT DISTINCT root FROM person_link WHERE person = ?", (person,)).fetchall():
        db.execute("DELETE FROM granted WHERE root = ?", (row["root"],))
        db.execute("DELETE FROM void_grant WHERE receiver = ?", (row["root"],))
        db.execute("UPDATE news SET concerns = NULL WHERE concerns = ?", (row["root"],))


def _delete_chains(db: sqlite3.Connection, person: PersonId) -> None:
    """But those that a roster of others rests on: without them nobody could check it any more."""
    roots = db.execute("SELECT DISTINCT root FROM person_link WHERE person = ?", (person,)).fetchall()
    for row in roots:
        rests = db.execute(
            "SELECT EXISTS (SELECT 1 FROM household_link WHERE instr(link, ?))", (row["root"],)
        )
        if not rests.fetchone()[0]:
            db.execute("DELETE FROM person_link WHERE root = ?", (row["root"],))
