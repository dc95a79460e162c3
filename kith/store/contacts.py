"""The contacts' port on SQLite."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from kith.core.contacts import Source
from kith.core.ids import ContactId, HouseholdId, PersonId
from kith.directory.contact_store import Known, ListState, LookedUp, Seal
from kith.directory.contacts import Changes, Contact, Content, Entry, Imported, Listed, Reach
from kith.store import contact_lists as lists
from kith.store import discovery
from kith.store.books import unlink_all
from kith.store.database import Database

AT_ONCE = 500
"""Contacts of one read: some 10 ms of the reader's time. A long list is read in pages, between others' reads."""

_HOLDS = (
    "FROM person p JOIN contact_number n ON n.e164 = p.mobile AND n.state = 2"
    " WHERE p.registered IS NOT NULL AND p.id <> n.owner"
)
"""`p` has a number that is looked up in the list of `n.owner`."""

_AT_HOME = "(SELECT id FROM person WHERE household = ?)"


class SqliteContacts:
    """Implements kith.directory.contact_store.ContactStore."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._db = database
        self._seal = seal

    # -- reading --------------------------------------------------------------------------------

    async def state(self, owner: PersonId) -> ListState:
        def work(db: sqlite3.Connection) -> ListState:
            row = db.execute(
                "SELECT revision, import_allowed FROM contact_list WHERE owner = ?", (owner,)
            ).fetchone()
            if row is None:
                return ListState()
            allowed = row["import_allowed"]
            return ListState(row["revision"], None if allowed is None else bool(allowed))

        return await self._db.read(work)

    async def changes(self, owner: PersonId, since: int, *, most: int) -> Changes:
        return await self._db.read(lambda db: _changes(db, owner, since, most))

    async def everything(self, owner: PersonId) -> Sequence[Listed]:
        found: dict[ContactId, Listed] = {}
        last = 0
        while True:  # what changes meanwhile comes again at the end
            page, last = await self._db.read(partial(_page, owner=owner, after=last))
            found |= {one.contact.id: one for one in page}
            if len(page) < AT_ONCE:
                return sorted(found.values(), key=lambda one: (one.contact.name.casefold(), one.contact.id))

    async def contact(self, owner: PersonId, contact: ContactId) -> Listed:
        return await self._db.read(lambda db: _one(db, owner, contact))

    async def would_write(self, owner: PersonId, entries: Sequence[Entry]) -> Imported | None:
        fresh, changed = await self._db.read(lambda db: lists.compared(db, owner, Source.FILE, None, entries))
        return None if fresh or changed else Imported(unchanged=len(entries))

    # -- changing -------------------------------------------------------------------------------

    async def add(self, owner: PersonId, content: Content) -> Listed:
        return await self._db.write(lambda db: _one(db, owner, lists.add(db, owner, content)))

    async def edit(self, owner: PersonId, contact: ContactId, content: Content) -> Listed:
        def work(db: sqlite3.Connection) -> Listed:
            lists.edit(db, owner, contact, content)
            return _one(db, owner, contact)

        return await self._db.write(work)

    async def delete(self, owner: PersonId, contact: ContactId) -> None:
        await self._db.write(lambda db: lists.delete(db, owner, contact))

    async def allow_import(self, owner: PersonId, *, allowed: bool) -> None:
        def work(db: sqlite3.Connection) -> None:
            lists.advance(db, owner, 0)
            db.execute("UPDATE contact_list SET import_allowed = ? WHERE owner = ?", (allowed, owner))
            if not allowed:
                unlink_all(db, owner)
                lists.purge_imported(db, owner)

        await self._db.write(work)

    async def take_file(self, owner: PersonId, entries: Sequence[Entry]) -> Imported:
        return await self._db.write(lambda db: lists.take(db, owner, Source.FILE, None, entries))

    # -- when the household's country is another one ---------------------------------------------

    async def misread(self) -> Sequence[PersonId]:
        def work(db: sqlite3.Connection) -> list[PersonId]:
            rows = db.execute(
                "SELECT l.owner FROM contact_list l JOIN person p ON p.id = l.owner"
                " JOIN household h ON h.id = p.household WHERE h.region IS NOT NULL AND h.region IS NOT l.region"
            )
            return [PersonId(row["owner"]) for row in rows]

        return await self._db.read(work)

    async def kept(self, owner: PersonId, after: int, *, most: int) -> tuple[Sequence[Contact], int]:
        def work(db: sqlite3.Connection) -> tuple[Sequence[Contact], int]:
            rows = _after(db, owner, after, most)
            return [lists.contact_of(row) for row in rows], rows[-1]["revision"] if rows else after

        return await self._db.read(work)

    async def take_reread(self, owner: PersonId, changed: Sequence[tuple[Contact, Content]]) -> None:
        await self._db.write(lambda db: lists.take_reread(db, owner, changed))

    async def read_in(self, owner: PersonId, region: str) -> None:
        sql = "UPDATE contact_list SET region = ? WHERE owner = ?"
        await self._db.write(lambda db: db.execute(sql, (region, owner)).rowcount)

    # -- who is reachable -------------------------------------------------------------------------

    async def due(self) -> Mapping[PersonId, float]:
        def work(db: sqlite3.Connection) -> dict[PersonId, float]:
            rows = db.execute("SELECT owner, due FROM contact_list WHERE due IS NOT NULL ORDER BY due")
            return {row["owner"]: row["due"] for row in rows}

        return await self._db.read(work)

    async def look_up(self, owner: PersonId, *, now: float, budget: int) -> LookedUp:
        return await self._db.write(
            lambda db: discovery.look_up(db, owner, self._seal, now=now, budget=budget)
        )

    async def number_changed(self, e164: str) -> Mapping[PersonId, int]:
        return await self._db.write(lambda db: discovery.number_changed(db, e164, self._seal))

    async def accept_moved(self, owner: PersonId, contact: ContactId, e164: str) -> int | None:
        return await self._db.write(lambda db: discovery.accept_moved(db, owner, contact, e164, self._seal))

    async def known(self, caller: PersonId, callee: PersonId) -> Known:
        def work(db: sqlite3.Connection) -> Known:
            missed = db.execute(
                "SELECT 1 FROM missed WHERE person = ? AND caller = ?", (caller, callee)
            ).fetchone()
            return Known.YES if missed else _known(db, callee, "n.owner = ?", caller)

        return await self._db.read(work)

    async def known_at_home(self, household: HouseholdId, callee: PersonId) -> Known:
        return await self._db.read(lambda db: _known(db, callee, f"n.owner IN {_AT_HOME}", household))

    async def known_among(self, owner: PersonId | HouseholdId, persons: Sequence[PersonId]) -> set[PersonId]:
        def work(db: sqlite3.Connection) -> set[PersonId]:
            rows = db.execute(
                f"SELECT DISTINCT p.id {_HOLDS} AND (n.first IS NULL OR n.first = p.id)"  # noqa: S608 - words of this file
                f" AND (n.owner = ? OR n.owner IN {_AT_HOME})"
                " AND p.id IN (SELECT value FROM json_each(?))",
                (owner, owner, _json(persons)),
            )
            return {PersonId(row["id"]) for row in rows}

        return await self._db.read(work)

    async def knowing(self, person: PersonId) -> Sequence[PersonId]:
        def work(db: sqlite3.Connection) -> list[PersonId]:
            rows = db.execute(f"SELECT DISTINCT n.owner {_HOLDS} AND p.id = ?", (person,))
            return [PersonId(row["owner"]) for row in rows]

        return await self._db.read(work)


def _page(db: sqlite3.Connection, owner: PersonId, after: int) -> tuple[list[Listed], int]:
    """The next contacts in the order in which they changed, and the revision of the last."""
    rows = _after(db, owner, after, AT_ONCE)
    return _listed(db, owner, rows), rows[-1]["revision"] if rows else after


def _after(db: sqlite3.Connection, owner: PersonId, after: int, most: int) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT * FROM contact WHERE owner = ? AND revision > ? ORDER BY revision LIMIT ?",
        (owner, after, most),
    ).fetchall()


def _changes(db: sqlite3.Connection, owner: PersonId, since: int, most: int) -> Changes:
    row = db.execute("SELECT revision, floor FROM contact_list WHERE owner = ?", (owner,)).fetchone()
    if row is None:
        return Changes((), (), 0, more=False, whole=True)
    whole = not max(row["floor"], 1) <= since <= row["revision"]
    start = 0 if whole else since
    found = _after(db, owner, start, most + 1)
    more, rows = len(found) > most, found[:most]
    end = rows[-1]["revision"] if more else row["revision"]
    removed = db.execute(
        "SELECT contact FROM contact_removed WHERE owner = ? AND revision > ? AND revision <= ?",
        (owner, end if whole else start, end),
    )
    return Changes(
        contacts=tuple(_listed(db, owner, rows)),
        removed=tuple(each["contact"] for each in removed),
        revision=end,
        more=more,
        whole=whole,
    )


def _one(db: sqlite3.Connection, owner: PersonId, contact: ContactId) -> Listed:
    return _listed(db, owner, [lists.found(db, owner, contact)])[0]


def _listed(db: sqlite3.Connection, owner: PersonId, rows: Iterable[sqlite3.Row]) -> list[Listed]:
    """Contacts of one owner's with who has their numbers now."""
    contacts = [lists.contact_of(row) for row in rows]
    reach: dict[str, dict[str, Reach]] = {}
    found = db.execute(
        "SELECT n.contact, n.e164, n.first, p.id FROM contact_number n"
        " JOIN person p ON p.mobile = n.e164 AND p.registered IS NOT NULL"
        " WHERE n.contact IN (SELECT value FROM json_each(?)) AND n.state = 2 AND p.id <> ?",
        (_json([contact.id for contact in contacts]), owner),
    )
    for row in found:
        moved = row["first"] is not None and row["first"] != row["id"]
        reach.setdefault(row["contact"], {})[row["e164"]] = Reach(PersonId(row["id"]), moved)
    return [Listed(contact, reach.get(contact.id, {})) for contact in contacts]


def _known(db: sqlite3.Connection, callee: PersonId, whose: str, value: str) -> Known:
    rows = db.execute(
        f"SELECT DISTINCT n.first IS NULL OR n.first = p.id {_HOLDS} AND p.id = ? AND {whose}",
        (callee, value),
    ).fetchall()
    if not rows:
        return Known.NO
    return Known.YES if any(row[0] for row in rows) else Known.MOVED


def _json(ids: Sequence[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
