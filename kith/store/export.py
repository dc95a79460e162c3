"""Everything that is kept of one person, as plain values for JSON. What is a secret, or tells of others what the person
cannot see, is left out."""

import base64
import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from kith.core.ids import PersonId
from kith.directory.contact_store import ContactStore
from kith.directory.contacts import Listed
from kith.directory.identities import IdentityStore
from kith.store.calls import unpack
from kith.store.database import Database
from signaling.call import Call

FORMAT = "kith-export"
VERSION = 1

PAGE = 500
"""Calls that are read at a time: some 5 ms of the reader's thread."""

SECTIONS: Mapping[str, str] = {
    "person": "SELECT p.id, p.name, p.mobile, p.registered, p.created, h.id AS household, h.name AS household_name,"
    " h.region FROM person p JOIN household h ON h.id = p.household WHERE p.id = :me",
    "guidelines_accepted": "SELECT version, at FROM acceptance WHERE person = :me ORDER BY version",
    "number_to_be_verified": "SELECT mobile, expires FROM verification WHERE person = :me",
    "endpoints": "SELECT id, name, identity, added, seen, removed FROM endpoint WHERE person = :me AND NOT shared"
    " ORDER BY rowid",
    "passkeys": "SELECT name, credential, added, used FROM passkey WHERE person = :me ORDER BY added",
    "invitations_sent": "SELECT expires, used FROM invitation WHERE inviter = :me",
    "people_known": "SELECT p.id, p.name FROM acquaintance a JOIN person p ON p.id = a.other WHERE a.one = :me"
    " AND p.registered IS NOT NULL ORDER BY p.name",
    "address_books": "SELECT name, url, account, synced FROM book WHERE person = :me ORDER BY name",
    "blocks": "SELECT name, since FROM block WHERE owner = :me ORDER BY since",
    "conversations": "SELECT p.id, p.name FROM conversation c JOIN person p"
    " ON p.id = CASE c.one WHEN :me THEN c.other ELSE c.one END WHERE c.one = :me OR c.other = :me ORDER BY p.name",
    "messages_waiting": "SELECT p.name AS sender, m.at, m.segments FROM message m LEFT JOIN person p ON p.id = m.author"
    " WHERE m.author = :me OR m.n IN (SELECT n FROM inbox WHERE person = :me) ORDER BY m.n",
    "missed_calls": "SELECT m.call, m.at, m.video, coalesce(p.name, m.name) AS name FROM missed m"
    " LEFT JOIN person p ON p.id = m.caller WHERE m.person = :me ORDER BY m.at",
    "groups_started": "SELECT id, created AS at FROM group_call WHERE starter = :me ORDER BY created, id",
    "grants_heard": "SELECT h.version, e.name AS device FROM heard h JOIN endpoint e ON e.id = h.endpoint"
    " WHERE h.person = :me ORDER BY e.name",
    "history": "SELECT h.kind, h.outgoing, h.outcome, h.at, h.seconds, coalesce(p.name, h.name) AS name, h.device"
    " FROM history h LEFT JOIN person p ON p.id = h.other WHERE h.person = :me ORDER BY h.id",
    "history_kept_for": "SELECT months FROM history_keep WHERE person = :me",
    "woken_by_push": "SELECT e.name AS device, s.since FROM push_subscription s JOIN endpoint e ON e.id = s.endpoint"
    " WHERE e.person = :me AND NOT e.shared ORDER BY s.since",
    "news": "SELECT kind, at, device FROM news WHERE person = :me ORDER BY id",
    "networks_signed_in_from": "SELECT seen FROM network WHERE owner = :me ORDER BY seen",
    "log": "SELECT owner, number, previous, time, payload_hash, writer, signature, payload FROM log_entry"
    " WHERE owner = :me OR owner = (SELECT household FROM person WHERE id = :me) ORDER BY owner, writer, number",
    "kept_out_since": "SELECT suspended FROM person WHERE id = :me AND suspended IS NOT NULL",
    "bounds_met": "SELECT at, kind, details FROM incident WHERE person = :me ORDER BY at",
    "allowed_by_parents": "SELECT calling, messaging, drop_in, drop_in_home FROM child_limits WHERE person = :me",
    "chosen_by_parents": "SELECT p.id, p.name FROM child_contact c JOIN person p ON p.id = c.contact"
    " WHERE c.child = :me ORDER BY p.name",
    "agreed_for_children": "SELECT p.name, l.consent_version AS version, l.consent_at AS at FROM child_limits l"
    " JOIN person p ON p.id = l.person WHERE l.consent_by = :me ORDER BY l.consent_at",
    "numbers_looked_up": "SELECT count(*) AS numbers FROM discovered WHERE owner = :me",
    "reports_made": "SELECT at, why, text, message FROM report WHERE by = :me ORDER BY at",
    # Not what was written nor on which day: either may tell who did.
    "reports_about": "SELECT strftime('%Y-%m', at, 'unixepoch') AS month, why, count(*) AS reports FROM report"
    " WHERE person = :me GROUP BY month, why ORDER BY month, why",
}
"""What each part of the export is read by."""


class SqliteExport:
    """Gathers it on the reader's thread, section by section: nobody's call waits for all of it."""

    def __init__(self, database: Database, contacts: ContactStore, identities: IdentityStore) -> None:
        self._db = database
        self._contacts = contacts
        self._identities = identities

    async def of(self, person: PersonId, at: float) -> dict[str, Any]:
        """Raises Problem(storage_unavailable)."""
        signed = await self._identities.signed(person)
        sections = {name: await self._section(sql, person) for name, sql in SECTIONS.items()}
        return {
            "format": FORMAT,
            "version": VERSION,
            "at": at,
            **sections,
            "contacts": [_contact(one) for one in await self._contacts.everything(person)],
            "calls_placed": await self._calls(person),
            "signed": msgspec.to_builtins(
                {
                    "links": signed.links,
                    "delegations": signed.delegations,
                    "rosters": await self._identities.roster_links_about(person),
                }
            ),
        }

    async def _section(self, sql: str, person: PersonId) -> list[dict[str, Any]]:
        def work(db: sqlite3.Connection) -> list[dict[str, Any]]:
            return [_plain(row) for row in db.execute(sql, {"me": person})]

        return await self._db.read(work)

    async def _calls(self, person: PersonId) -> list[dict[str, Any]]:
        """A page at a time."""
        found: list[dict[str, Any]] = []
        last = (0.0, "")
        while rows := await self._db.read(partial(_page, person=person, after=last)):
            found += [_call(unpack(row["state"])) for row in rows]
            last = (rows[-1]["created"], rows[-1]["id"])
        return found


def _page(db: sqlite3.Connection, person: PersonId, after: tuple[float, str]) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT id, created, state FROM call WHERE caller = ? AND (created, id) > (?, ?)"
        " ORDER BY created, id LIMIT ?",
        (person, *after, PAGE),
    ).fetchall()


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "at": call.created,
        "to": call.target,
        "video": call.video,
        "answered": call.answered,
        "ended": call.reason,
    }


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    return {
        key: base64.b64encode(row[key]).decode() if isinstance(row[key], bytes) else row[key]
        for key in row.keys()  # noqa: SIM118 - a row is no mapping
    }


def _contact(listed: Listed) -> dict[str, Any]:
    contact = listed.contact
    return {
        "name": contact.name,
        "nickname": contact.nickname,
        "organization": contact.organization,
        "source": contact.source,
        "numbers": [{"label": one.label, "number": one.e164 or one.text} for one in contact.numbers],
    }
