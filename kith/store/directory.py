"""The directory's port on SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, HouseholdId, PersonId, new_household, new_person
from kith.core.news import NewsKind
from kith.core.problem import Code, Problem
from kith.directory.model import (
    Claimed,
    Endpoint,
    Invitation,
    Missed,
    News,
    Pairing,
    Person,
    Verification,
)
from kith.store.database import Database
from kith.store.news import add_news, news_of, note_network
from kith.store.people import accept, take_profile
from kith.store.rows import (
    acquaint,
    add_endpoint,
    add_person,
    endpoint_of,
    pack,
    person_of,
    somebody_could_sign,
)
from kith.store.verifying import begin

_OFFERED = (
    "(offered_by IS NULL OR EXISTS (SELECT 1 FROM endpoint e LEFT JOIN person p ON p.id = e.person"
    " WHERE e.id = offered_by AND e.removed IS NULL AND p.suspended IS NULL))"
)
"""Of an invitation or pairing: whoever asked for it is still enrolled, and not suspended."""

_KNOWN = """
    SELECT p.* FROM person p WHERE p.registered IS NOT NULL AND p.id <> :me AND (
        p.household = (SELECT household FROM person WHERE id = :me)
        OR p.id IN (SELECT other FROM acquaintance WHERE one = :me)
        OR p.id IN (SELECT contact FROM child_contact WHERE child = :me)
        OR p.id IN (SELECT child FROM child_contact WHERE contact = :me))
"""


class SqliteDirectory:
    """Implements kith.directory.ports.DirectoryStore."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- reading --------------------------------------------------------------------------------

    async def person(self, person: PersonId) -> Person | None:
        rows = await self._rows("SELECT * FROM person WHERE id = ?", person)
        return person_of(rows[0]) if rows else None

    async def endpoint(self, endpoint: EndpointId) -> Endpoint | None:
        found = await self.record(endpoint)
        return None if found is None or found.removed is not None else found

    async def record(self, endpoint: EndpointId) -> Endpoint | None:
        rows = await self._rows("SELECT * FROM endpoint WHERE id = ?", endpoint)
        return endpoint_of(rows[0]) if rows else None

    async def endpoints_for(self, person: PersonId) -> Sequence[Endpoint]:
        rows = await self._rows(
            "SELECT * FROM endpoint WHERE removed IS NULL AND ((person = ? AND NOT shared)"
            " OR (shared AND household = (SELECT household FROM person WHERE id = ?))) ORDER BY name, id",
            person,
            person,
        )
        return [endpoint_of(row) for row in rows]

    async def household_endpoints(self, household: HouseholdId) -> Sequence[Endpoint]:
        rows = await self._rows(
            "SELECT * FROM endpoint WHERE household = ? AND shared AND removed IS NULL ORDER BY name, id",
            household,
        )
        return [endpoint_of(row) for row in rows]

    async def people_known_to(self, person: PersonId) -> Sequence[Person]:
        def work(db: sqlite3.Connection) -> list[Person]:
            rows = db.execute(_KNOWN + " ORDER BY p.name COLLATE NOCASE, p.id", {"me": person})
            return [person_of(row) for row in rows]

        return await self._db.read(work)

    async def knows(self, one: PersonId, other: PersonId) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            found = db.execute(_KNOWN + " AND p.id = :other", {"me": one, "other": other})
            return found.fetchone() is not None

        return await self._db.read(work)

    async def housemates(self, household: HouseholdId) -> Sequence[Person]:
        rows = await self._rows("SELECT * FROM person WHERE household = ? ORDER BY rowid", household)
        return [person_of(row) for row in rows]

    async def region(self, person: PersonId) -> str | None:
        rows = await self._rows(
            "SELECT h.region FROM person p JOIN household h ON h.id = p.household WHERE p.id = ?", person
        )
        return rows[0]["region"] if rows else None

    async def missed(self, person: PersonId) -> Sequence[Missed]:
        rows = await self._rows(
            "SELECT m.*, coalesce(p.name, m.name) AS called FROM missed m LEFT JOIN person p ON p.id = m.caller"
            " WHERE m.person = ? AND NOT EXISTS"
            " (SELECT 1 FROM block WHERE owner = m.person AND instr(people, m.caller))"
            " ORDER BY m.at DESC LIMIT 100",
            person,
        )
        return [
            Missed(
                row["call"],
                row["caller"],
                row["called"] or "",
                row["at"],
                bool(row["video"]),
                silenced=bool(row["silenced"]),
            )
            for row in rows
        ]

    # -- joining --------------------------------------------------------------------------------

    async def add_invitation(self, digest: bytes, invitation: Invitation) -> None:
        await self._write(
            "INSERT INTO invitation(digest, inviter, household, owner, expires, offered_by)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            digest,
            invitation.inviter,
            invitation.household,
            invitation.owner,
            invitation.expires,
            invitation.offered_by,
        )

    async def invitation(self, digest: bytes) -> Invitation | None:
        rows = await self._rows(
            f"SELECT * FROM invitation WHERE digest = ? AND used IS NULL AND {_OFFERED}",  # noqa: S608 - words of this file
            digest,
        )
        return (
            Invitation(rows[0]["inviter"], rows[0]["household"], bool(rows[0]["owner"]), rows[0]["expires"])
            if rows
            else None
        )

    async def add_pairing(self, digest: bytes, pairing: Pairing) -> None:
        await self._write(
            "INSERT INTO pairing(digest, household, person, shared, expires, offered_by)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            digest,
            pairing.household,
            pairing.person,
            pairing.shared,
            pairing.expires,
            pairing.offered_by,
        )

    async def sign_up(
        self,
        person: Person,
        endpoint: Endpoint,
        verification: Verification,
        claimed: Claimed,
        *,
        household_name: str | None,
        invitation: bytes | None,
        guidelines: int,
        now: float,
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            inviter: PersonId | None = None
            if invitation is not None:
                row = db.execute(
                    "UPDATE invitation SET used = ?, endpoint = ?"  # noqa: S608 - words of this file
                    f" WHERE digest = ? AND used IS NULL AND expires > ? AND {_OFFERED} RETURNING inviter",
                    (now, endpoint.id, invitation, now),
                ).fetchone()
                if row is None:
                    raise Problem(Code.INVITATION_INVALID, path="secret")
                inviter = row["inviter"]
            if household_name is not None:
                db.execute(
                    "INSERT INTO household(id, name, created) VALUES (?, ?, ?)",
                    (person.household, household_name, now),
                )
            if person.profile:
                take_profile(db, person, inviter)
            else:
                add_person(db, person, inviter)
            add_endpoint(db, endpoint)
            begin(db, verification, claimed)
            accept(db, person.id, guidelines, now)

        await self._db.write(work)

    async def pair(self, digest: bytes, endpoint: Endpoint, *, now: float) -> Endpoint:
        def work(db: sqlite3.Connection) -> Endpoint:
            row = db.execute(
                "UPDATE pairing SET used = ?, endpoint = ?"  # noqa: S608 - words of this file
                f" WHERE digest = ? AND used IS NULL AND expires > ? AND {_OFFERED}"
                " RETURNING household, person, shared",
                (now, endpoint.id, digest, now),
            ).fetchone()
            if row is None:
                raise Problem(Code.PAIRING_INVALID, path="code")
            paired = replace(
                endpoint,
                household=row["household"],
                person=row["person"],
                shared=bool(row["shared"]),
                waiting=somebody_could_sign(db, row["household"], None if row["shared"] else row["person"]),
            )
            add_endpoint(db, paired)
            add_news(
                db,
                NewsKind.ENDPOINT_ADDED,
                paired,
                household=paired.household,
                by=paired.person,
                at=now,
            )
            return paired

        return await self._db.write(work)

    async def offered_by(self, endpoint: EndpointId) -> EndpointId | None:
        rows = await self._rows(f"SELECT offered_by FROM pairing WHERE endpoint = ? AND {_OFFERED}", endpoint)  # noqa: S608 - words of this file
        return rows[0]["offered_by"] if rows else None

    async def enrolled_by(self, digest: bytes, identity: bytes) -> Endpoint | None:
        rows = await self._rows(
            "SELECT e.* FROM endpoint e WHERE e.identity = ? AND e.removed IS NULL AND e.id IN ("
            " SELECT endpoint FROM invitation WHERE digest = ?"
            " UNION ALL SELECT endpoint FROM pairing WHERE digest = ?)",
            identity,
            digest,
            digest,
        )
        return endpoint_of(rows[0]) if rows else None

    async def enrol_test(
        self, household: str, person: str, endpoint: Endpoint, knows: Sequence[PersonId]
    ) -> Endpoint:
        def work(db: sqlite3.Connection) -> Endpoint:
            row = db.execute("SELECT id FROM household WHERE name = ?", (household,)).fetchone()
            home = HouseholdId(row["id"]) if row else new_household()
            if row is None:
                db.execute("INSERT INTO household(id, name, created) VALUES (?, ?, 0)", (home, household))
            row = db.execute(
                "SELECT id FROM person WHERE household = ? AND name = ?", (home, person)
            ).fetchone()
            who = PersonId(row["id"]) if row else new_person()
            if row is None:
                add_person(db, Person(who, home, person, None, 1.0), None)
            for other in knows:
                acquaint(db, who, other)
            enrolled = replace(endpoint, household=home, person=who, test=True)
            add_endpoint(db, enrolled)
            return enrolled

        return await self._db.write(work)

    # -- changing -------------------------------------------------------------------------------

    async def set_region(self, household: HouseholdId, region: str) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            changed = db.execute(
                "UPDATE household SET region = :region WHERE id = :id AND region IS NOT :region",
                {"region": region, "id": household},
            )
            return bool(changed.rowcount)

        return await self._db.write(work)

    async def rename_person(self, person: PersonId, name: str) -> None:
        await self._write("UPDATE person SET name = ? WHERE id = ?", name, person)

    async def describe_endpoint(
        self, endpoint: EndpointId, name: str | None, capabilities: Capabilities | None
    ) -> None:
        packed = None if capabilities is None else pack(capabilities)

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE endpoint SET name = coalesce(?, name), capabilities = coalesce(?, capabilities) WHERE id = ?",
                (name, packed, endpoint),
            )
            if capabilities is not None and not capabilities.reads_messages:
                db.execute("DELETE FROM inbox WHERE endpoint = ?", (endpoint,))

        await self._db.write(work)

    async def rename_endpoint(self, endpoint: EndpointId, name: str) -> None:
        await self._write("UPDATE endpoint SET name = ? WHERE id = ?", name, endpoint)

    async def note_seen(self, endpoint: EndpointId, at: float) -> None:
        await self._write("UPDATE endpoint SET seen = ? WHERE id = ?", at, endpoint, aside=True)

    async def remove_endpoint(self, endpoint: Endpoint, *, by: PersonId, now: float) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            done = db.execute(
                "UPDATE endpoint SET removed = ? WHERE id = ? AND removed IS NULL", (now, endpoint.id)
            )
            db.execute("DELETE FROM token WHERE endpoint = ?", (endpoint.id,))
            if done.rowcount:
                add_news(db, NewsKind.ENDPOINT_REMOVED, endpoint, household=endpoint.household, by=by, at=now)
            return bool(done.rowcount)

        return await self._db.write(work)

    async def dismiss_missed(self, person: PersonId) -> None:
        await self._write("DELETE FROM missed WHERE person = ?", person, aside=True)

    # -- news -----------------------------------------------------------------------------------

    async def news(self, person: PersonId) -> Sequence[News]:
        return await self._db.read(lambda db: news_of(db, person))

    async def dismiss_news(self, person: PersonId, *, up_to: int) -> None:
        await self._write("DELETE FROM news WHERE person = ? AND id <= ?", person, up_to, aside=True)

    async def knows_network(self, owner: str, digest: bytes, *, since: float) -> bool:
        rows = await self._rows(
            "SELECT 1 FROM network WHERE owner = ? AND digest = ? AND seen > ?", owner, digest, since
        )
        return bool(rows)

    async def note_network(self, endpoint: Endpoint, digest: bytes, *, now: float, silent: bool) -> bool:
        return await self._db.write(
            lambda db: note_network(db, endpoint, digest, now=now, silent=silent), aside=True
        )

    # -- tokens ---------------------------------------------------------------------------------

    async def add_token(self, digest: bytes, endpoint: EndpointId, *, expires: float) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO token VALUES (?, ?, ?)", (digest, endpoint, expires))
            # Dead tokens go when new ones come; a token lives for minutes, so few are ever there.
            db.execute("DELETE FROM token WHERE expires < ?", (expires - 86_400,))

        await self._db.write(work, aside=True)

    async def token(self, digest: bytes, *, now: float) -> EndpointId | None:
        rows = await self._rows("SELECT endpoint FROM token WHERE digest = ? AND expires > ?", digest, now)
        return EndpointId(rows[0]["endpoint"]) if rows else None

    # -- the two shapes of access ----------------------------------------------------------------

    async def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return await self._db.read(lambda db: db.execute(sql, values).fetchall())

    async def _write(self, sql: str, *values: object, aside: bool = False) -> None:
        await self._db.write(lambda db: db.execute(sql, values), aside=aside)
