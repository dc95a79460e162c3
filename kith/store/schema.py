"""The tables, as a list of migrations in the order in which they were released. New ones go to its end."""

import os
from pathlib import Path

from sqlite_utils import Database, Migrations

from kith.store.tables import apart, calls, contacts, endpoints, messages, people, trust

_STEPS = (
    people.people,
    calls.calls,
    people.codes,
    endpoints.enrolments,
    calls.ages,
    endpoints.departures,
    people.news,
    trust.identities,
    endpoints.passkeys,
    contacts.contacts,
    apart.blocks,
    calls.bounds,
    apart.operator,
    people.proving,
    contacts.books,
    contacts.budgets,
    people.guessing,
    apart.several_blocked,
    apart.blocked_contacts,
    contacts.regions,
    trust.log,
    people.children,
    trust.grants,
    calls.silenced,
    calls.groups,
    endpoints.push,
    calls.history,
    messages.messages,
)

migrations = Migrations("kith")
for _step in _STEPS:
    migrations()(_step)


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
