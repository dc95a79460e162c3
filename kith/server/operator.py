"""What the operator of a server asks and does: the same whether the server runs or not.

Beside a running server `kith admin` asks it, over a socket in the data directory that only its owner may open
(kith.server.admin), so that what is done takes effect in the sessions and calls that are there. Without one it works
on the database itself.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Protocol, assert_never

import msgspec
from msgspec import Meta, Struct

from kith.core.ids import PersonId
from kith.core.keys import load_or_create
from kith.core.problem import SENTENCES, Code, Problem
from kith.core.settings import Settings
from kith.directory.digest import NUMBER, Digest
from kith.directory.identities import Identities
from kith.directory.leaving import Leaving
from kith.directory.ports import DirectoryStore
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.identities import SqliteIdentities
from kith.store.leaving import SqliteLeaving
from kith.store.operator import SqliteOperator
from signaling.rooms import RoomStatus

log = logging.getLogger(__name__)

MOST = 1_000
"""Rows of one answer."""

Person = Annotated[str, Meta(pattern=r"^p_[0-9a-z]{20}$", max_length=22)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class Wish(Struct, frozen=True, kw_only=True, tag_field="do"):
    """One thing that the operator wants to see or done."""


class People(Wish, frozen=True, kw_only=True, tag="people"):
    search: str = ""
    suspended: bool = False


class Households(Wish, frozen=True, kw_only=True, tag="households"):
    pass


class Reports(Wish, frozen=True, kw_only=True, tag="reports"):
    everything: bool = False


class Incidents(Wish, frozen=True, kw_only=True, tag="incidents"):
    pass


class Actions(Wish, frozen=True, kw_only=True, tag="actions"):
    pass


class LiveRooms(Wish, frozen=True, kw_only=True, tag="rooms"):
    pass


class Suspend(Wish, frozen=True, kw_only=True, tag="suspend"):
    person: Person
    reason: Reason


class Unsuspend(Wish, frozen=True, kw_only=True, tag="unsuspend"):
    person: Person
    reason: Reason


class Terminate(Wish, frozen=True, kw_only=True, tag="terminate"):
    person: Person
    reason: Reason


class Review(Wish, frozen=True, kw_only=True, tag="review"):
    report: int
    reason: Reason


AnyWish = (
    People | Households | Reports | Incidents | Actions | LiveRooms | Suspend | Unsuspend | Terminate | Review
)


class Answer(Struct, frozen=True, kw_only=True):
    """Rows of what was asked for, or the one line that says what was done; `refused` is why neither."""

    rows: tuple[dict[str, Any], ...] = ()
    refused: str = ""


class Present(Protocol):
    """Whoever is here now (signaling.suspending)."""

    async def suspended(self, person: PersonId) -> None:
        """They are out of every session and call."""
        ...

    async def dismissed(self, person: PersonId) -> None:
        """What is kept of them is erased."""
        ...


class Absent:
    """No server runs: nobody is here."""

    def __init__(self, leaving: Leaving) -> None:
        self._leaving = leaving

    async def suspended(self, person: PersonId) -> None:
        """Whoever comes will find it on disk."""

    async def dismissed(self, person: PersonId) -> None:
        """What is kept of them is erased."""
        await self._leaving.dismiss(person)


class Operator:
    """Carries out wishes. What was done is in the log by ids; the reason is in the database."""

    def __init__(
        self,
        store: SqliteOperator,
        directory: DirectoryStore,
        present: Present,
        rooms: Callable[[], tuple[RoomStatus, ...]],
        digest: Digest,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._directory = directory
        self._rooms = rooms
        self._digest = digest
        self._present = present
        self._clock = clock

    async def carry_out(self, wish: AnyWish) -> Answer:
        """Never raises for what an operator can get wrong."""
        try:
            return Answer(rows=tuple(await self._carry_out(wish)))
        except Problem as problem:
            return Answer(refused=SENTENCES[problem.code])
        except LookupError:
            return Answer(refused="There is no such report.")

    async def _carry_out(self, wish: AnyWish) -> list[dict[str, Any]]:
        match wish:
            case People():
                return await self._store.people(search=wish.search, suspended=wish.suspended, most=MOST)
            case Households():
                return await self._store.households(most=MOST)
            case Reports():
                return await self._store.reports(everything=wish.everything, most=MOST)
            case Incidents():
                return await self._store.incidents(most=MOST)
            case Actions():
                return await self._store.actions(most=MOST)
            case LiveRooms():
                return [await self._room(status) for status in self._rooms()[:MOST]]
            case Suspend() | Unsuspend() | Terminate() | Review():
                return [await self._do(wish)]
            case _:
                assert_never(wish)

    async def _room(self, status: RoomStatus) -> dict[str, Any]:
        """Who is there, and how well it goes. What is said there nobody but them is told."""
        participants = []
        for seat in status.seats:
            endpoint = await self._directory.endpoint(seat.endpoint)
            name = None if endpoint is None else endpoint.name
            participants.append({"name": name, **asdict(seat)})
        return {**asdict(status), "seats": participants}

    def _number(self, mobile: str) -> bytes:
        return self._digest(NUMBER, mobile)

    async def _send_away(self, person: PersonId) -> None:
        """Unless they have left already."""
        try:
            await self._present.suspended(person)
            await self._present.dismissed(person)
        except Problem as problem:
            if problem.code is not Code.UNKNOWN_PERSON:
                raise

    async def _do(self, wish: Suspend | Unsuspend | Terminate | Review) -> dict[str, Any]:
        now = self._clock()
        match wish:
            case Suspend():
                person = PersonId(wish.person)
                done = await self._store.suspend(person, wish.reason, at=now)
                await self._present.suspended(person)
            case Unsuspend():
                done = await self._store.unsuspend(PersonId(wish.person), wish.reason, at=now)
            case Terminate():
                person = PersonId(wish.person)
                done = await self._store.terminate(person, wish.reason, self._number, at=now)
                await self._send_away(person)
            case Review():
                done = await self._store.review(wish.report, wish.reason, at=now)
            case _:
                assert_never(wish)
        log.info("operator: action=%s subject=%s", done["action"], done["subject"])
        return done


read_wish = msgspec.json.Decoder(AnyWish).decode
read_answer = msgspec.json.Decoder(Answer).decode
write = msgspec.json.Encoder().encode


def beside_no_server(settings: Settings, database: Database, clock: Callable[[], float]) -> Operator:
    """For a database that no server uses now. Raises OSError or ValueError where its key cannot be read."""
    directory = SqliteDirectory(database)
    identities = Identities(SqliteIdentities(database), directory, clock)
    digest = Digest(load_or_create(settings.server_key))
    leaving = Leaving(SqliteLeaving(database), identities, directory, digest, clock, settings.household)
    return Operator(SqliteOperator(database), directory, Absent(leaving), tuple, digest, clock)
