"""Lists of contacts in their tables. Every function is for use inside a write, or a read where it says so.

The law of this file

    Each contact that is added, changed or removed takes the next revision of its owner's list, so that no two
    changes have the same, and whoever is at a revision is told exactly what came after it.
    What is the same as before is not written.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

import msgspec

from kith.core.contacts import Source
from kith.core.ids import BookId, ContactId, PersonId, new_contact
from kith.core.problem import Code, Problem
from kith.directory.contacts import (
    KEPT_FOR_BY_HAND,
    MAX_CONTACTS,
    MAX_LOOKED_UP,
    Contact,
    Content,
    Entry,
    Imported,
    Number,
    nameless,
)

MAX_REMOVED = 1_000
"""Removed contacts that a list remembers. Who has been away for longer is told the whole list."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[tuple[str, str, str | None], ...]).decode

_INSERT = (
    "INSERT INTO contact(id, owner, source, book, uid, name, nickname, organization, numbers, digest, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE contact SET name = ?, nickname = ?, organization = ?, numbers = ?, digest = ?, revision = ?"
    " WHERE id = ?"
)
_NUMBER = "INSERT INTO contact_number(contact, e164, owner, later) VALUES (?, ?, ?, ?)"


def contact_of(row: sqlite3.Row) -> Contact:
    return Contact(
        id=ContactId(row["id"]),
        owner=PersonId(row["owner"]),
        source=Source(row["source"]),
        book=BookId(row["book"]) if row["book"] else None,
        uid=row["uid"],
        name=row["name"],
        nickname=row["nickname"],
        organization=row["organization"],
        numbers=tuple(Number(*one) for one in _unpack(row["numbers"])),
    )


def found(db: sqlite3.Connection, owner: PersonId, contact: ContactId) -> sqlite3.Row:
    """A contact of the owner's; for reads too. Raises Problem(unknown_contact)."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM contact WHERE id = ? AND owner = ?", (contact, owner)
    ).fetchone()
    if row is None:
        raise Problem(Code.UNKNOWN_CONTACT, path="contact")
    return row


def manual(db: sqlite3.Connection, owner: PersonId, contact: ContactId) -> sqlite3.Row:
    """One that was added by hand. Raises Problem: unknown_contact, imported_contact."""
    row = found(db, owner, contact)
    if row["source"] != Source.MANUAL:
        raise Problem(Code.IMPORTED_CONTACT, path="contact")
    return row


# -- one contact ------------------------------------------------------------------------------------


def add(db: sqlite3.Connection, owner: PersonId, content: Content) -> ContactId:
    """Add one by hand. Raises Problem(contact_limit)."""
    if _room(db, owner) < 1:
        raise Problem(Code.CONTACT_LIMIT, data={"limit": MAX_CONTACTS})
    contact = new_contact()
    _insert(db, owner, Source.MANUAL, "", [(contact, Entry("", content))])
    return contact


def edit(db: sqlite3.Connection, owner: PersonId, contact: ContactId, content: Content) -> bool:
    """Whether that was a change."""
    if manual(db, owner, contact)["digest"] == content.digest():
        return False
    _update(db, owner, Source.MANUAL, [(contact, content)])
    return True


def delete(db: sqlite3.Connection, owner: PersonId, contact: ContactId) -> None:
    manual(db, owner, contact)
    _remove(db, owner, [contact])


# -- many at once -----------------------------------------------------------------------------------


def take(
    db: sqlite3.Connection,
    owner: PersonId,
    source: Source,
    book: BookId | None,
    entries: Sequence[Entry],
    *,
    gone: Collection[str] = (),
) -> Imported:
    """Take in what a source gives: add what is new, update what has changed, remove those whose uids are `gone`.

    As many are added as there is room for; `left` counts the rest. Raises Problem(import_not_allowed).
    """
    row = db.execute("SELECT import_allowed FROM contact_list WHERE owner = ?", (owner,)).fetchone()
    if row is None or not row["import_allowed"]:
        raise Problem(Code.IMPORT_NOT_ALLOWED)
    removed = list(_by_uid(db, owner, source, book, gone).values()) if gone else []
    _remove(db, owner, [contact for contact, _ in removed])
    fresh, changed = compared(db, owner, source, book, entries)
    room = _room(db, owner) if fresh else 0
    added = fresh[: max(room, 0)]
    _insert(db, owner, source, book or "", [(new_contact(), entry) for entry in added])
    _update(db, owner, source, changed)
    return Imported(
        added=len(added),
        updated=len(changed),
        unchanged=len(entries) - len(fresh) - len(changed),
        removed=len(removed),
        left=len(fresh) - len(added),
    )


def compared(
    db: sqlite3.Connection,
    owner: PersonId,
    source: Source,
    book: BookId | None,
    entries: Sequence[Entry],
) -> tuple[list[Entry], list[tuple[ContactId, Content]]]:
    """Which are new, and which have changed; for reads too."""
    known = _by_uid(db, owner, source, book, [entry.uid for entry in entries])
    fresh = [entry for entry in entries if entry.uid not in known]
    changed = []
    for entry in entries:
        contact, digest = known.get(entry.uid, (None, b""))
        if contact is not None and digest != entry.content.digest():
            changed.append((contact, entry.content))
    return fresh, changed


def take_reread(db: sqlite3.Connection, owner: PersonId, changed: Sequence[tuple[Contact, Content]]) -> None:
    """See kith.directory.contact_store.ContactStore.take_reread."""
    rows = db.execute(
        "SELECT id, digest FROM contact WHERE owner = ? AND id IN (SELECT value FROM json_each(?))",
        (owner, msgspec.json.encode([one.id for one, _ in changed]).decode()),
    )
    now = {row["id"]: row["digest"] for row in rows}
    still = [(one, content) for one, content in changed if now.get(one.id) == one.content.digest()]
    for source in Source:
        of_source = [(one.id, content) for one, content in still if one.source is source]
        _update(db, owner, source, of_source)
    for one, content in still:
        if one.uid == nameless(one.content):  # it is to be known when it comes again
            db.execute("UPDATE OR IGNORE contact SET uid = ? WHERE id = ?", (nameless(content), one.id))


def purge_book(db: sqlite3.Connection, owner: PersonId, book: BookId) -> int:
    """Remove whatever came from a book. Returns how many contacts that was."""
    return _purge(db, owner, "source = 'book' AND book = ?", (book,))


def purge_imported(db: sqlite3.Connection, owner: PersonId) -> int:
    """Remove whatever was not added by hand. Returns how many contacts that was."""
    return _purge(db, owner, "source <> 'manual'", ())


def erase(db: sqlite3.Connection, owner: PersonId) -> None:
    """Everything that is kept of the owner's contacts. Others keep what they know of the owner."""
    db.execute("DELETE FROM contact_list WHERE owner = ?", (owner,))


# -- revisions --------------------------------------------------------------------------------------


def advance(db: sqlite3.Connection, owner: PersonId, count: int) -> int:
    """Take so many revisions; returns the first of them. Makes the list if there is none."""
    row = db.execute(
        "INSERT INTO contact_list(owner, revision, region) VALUES (:owner, :count,"
        " (SELECT h.region FROM person p JOIN household h ON h.id = p.household WHERE p.id = :owner))"
        " ON CONFLICT (owner) DO UPDATE SET revision = revision + excluded.revision RETURNING revision",
        {"owner": owner, "count": count},
    ).fetchone()
    return int(row["revision"]) - count + 1


def touch(db: sqlite3.Connection, owner: PersonId, contacts: Collection[str]) -> int:
    """These show something else, though they say the same. Returns the list's revision."""
    first = advance(db, owner, len(contacts))
    db.executemany(
        "UPDATE contact SET revision = ? WHERE id = ?",
        [(first + number, contact) for number, contact in enumerate(sorted(contacts))],
    )
    return first + len(contacts) - 1


def raise_floor(db: sqlite3.Connection, owner: PersonId) -> None:
    """Forget what was removed: whoever asks from before this is told the whole list, which is numbered anew."""
    floor = advance(db, owner, 1)
    db.execute("DELETE FROM contact_removed WHERE owner = ?", (owner,))
    count = db.execute(
        "UPDATE contact SET revision = ? + placed.place FROM"
        " (SELECT id, row_number() OVER (ORDER BY revision) AS place FROM contact WHERE owner = ?) AS placed"
        " WHERE contact.id = placed.id",
        (floor, owner),
    ).rowcount
    db.execute(
        "UPDATE contact_list SET floor = ?, revision = ? WHERE owner = ?", (floor, floor + count, owner)
    )


# -- rows -------------------------------------------------------------------------------------------


def _room(db: sqlite3.Connection, owner: PersonId) -> int:
    row = db.execute("SELECT count(*) FROM contact WHERE owner = ?", (owner,)).fetchone()
    return MAX_CONTACTS - int(row[0])


def _by_uid(
    db: sqlite3.Connection, owner: PersonId, source: Source, book: BookId | None, uids: Iterable[str]
) -> dict[str, tuple[ContactId, bytes]]:
    rows = db.execute(
        "SELECT uid, id, digest FROM contact WHERE owner = ? AND source = ? AND source <> 'manual' AND book = ?"
        " AND uid IN (SELECT value FROM json_each(?))",
        (owner, source, book or "", msgspec.json.encode(list(uids)).decode()),
    )
    return {row["uid"]: (row["id"], row["digest"]) for row in rows}


def _insert(
    db: sqlite3.Connection, owner: PersonId, source: Source, book: str, entries: list[tuple[ContactId, Entry]]
) -> None:
    if not entries:
        return
    first = advance(db, owner, len(entries))
    db.executemany(
        _INSERT,
        [
            (contact, owner, source, book, entry.uid, *_said(entry.content), first + number)
            for number, (contact, entry) in enumerate(entries)
        ],
    )
    _number(db, owner, source, [(contact, entry.content) for contact, entry in entries])


def _update(
    db: sqlite3.Connection, owner: PersonId, source: Source, changed: list[tuple[ContactId, Content]]
) -> None:
    if not changed:
        return
    first = advance(db, owner, len(changed))
    db.executemany(
        _UPDATE,
        [(*_said(content), first + number, contact) for number, (contact, content) in enumerate(changed)],
    )
    db.executemany(
        "DELETE FROM contact_number WHERE contact = ? AND e164 NOT IN (SELECT value FROM json_each(?))",
        [(contact, msgspec.json.encode(_e164(content)).decode()) for contact, content in changed],
    )
    _number(db, owner, source, changed)


def _number(
    db: sqlite3.Connection, owner: PersonId, source: Source, contacts: list[tuple[ContactId, Content]]
) -> None:
    """The numbers that are new are to be looked up: of a contact added by hand before all others."""
    later = source is not Source.MANUAL
    there = db.execute(
        "SELECT contact, e164 FROM contact_number WHERE contact IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode([contact for contact, _ in contacts]).decode(),),
    )
    known = {(row["contact"], row["e164"]) for row in there}
    wanted = [(contact, number) for contact, content in contacts for number in _e164(content)]
    rows = [(*one, owner, later) for one in wanted if one not in known]
    if rows:
        count = db.execute("SELECT count(*) FROM contact_number WHERE owner = ?", (owner,)).fetchone()[0]
        most = MAX_LOOKED_UP if later else MAX_LOOKED_UP + KEPT_FOR_BY_HAND
        rows = rows[: max(most - count, 0)]
        db.executemany(_NUMBER, rows)
        db.execute("UPDATE contact_list SET due = 0 WHERE owner = ?", (owner,))


def _remove(db: sqlite3.Connection, owner: PersonId, contacts: Sequence[ContactId]) -> None:
    if not contacts:
        return
    first = advance(db, owner, len(contacts))
    db.executemany("DELETE FROM contact WHERE id = ?", [(contact,) for contact in contacts])
    db.executemany(
        "INSERT INTO contact_removed(owner, revision, contact) VALUES (?, ?, ?)",
        [(owner, first + number, contact) for number, contact in enumerate(contacts)],
    )
    row = db.execute("SELECT count(*) FROM contact_removed WHERE owner = ?", (owner,)).fetchone()
    if row[0] > MAX_REMOVED:
        raise_floor(db, owner)


def _purge(db: sqlite3.Connection, owner: PersonId, where: str, values: tuple[str, ...]) -> int:
    gone = db.execute(f"DELETE FROM contact WHERE owner = ? AND {where}", (owner, *values)).rowcount  # noqa: S608 - words of this file
    if gone:
        raise_floor(db, owner)
    return gone


def _said(content: Content) -> tuple[str, str, str, bytes, bytes]:
    numbers = _pack([(one.label, one.text, one.e164) for one in content.numbers])
    return content.name, content.nickname, content.organization, numbers, content.digest()


def _e164(content: Content) -> list[str]:
    return [number.e164 for number in content.numbers if number.e164 is not None]
