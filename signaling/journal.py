"""The log: what endpoints write of what happened at them, what the server writes of what it decided alone, and reading
and checking all of it.

The law of this file

    Nobody writes in another one's chain. The server writes in its own: what never came as far as an endpoint.
    What it writes waits for nothing and nobody waits for it, so that a refusal takes as long as any other. Nor is
    anybody told: whoever keeps somebody out is not woken by each of their tries. It is there when one looks.
    A person's log is read at their own endpoints; that of a household at those of its adults.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol, Unpack

from kith.core.ids import HouseholdId, PersonId
from kith.core.keys import KeyPair
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust import log as chains
from kith.core.trust.log import Details, Head, Outcome, Payload, What
from kith.core.trust.untrusted import Untrusted
from kith.directory.journal import JournalStore, Line
from kith.directory.model import Person
from kith.directory.ports import DirectoryStore
from signaling import protocol as wire
from signaling.sessions import Sessions

log = logging.getLogger(__name__)

Command = wire.AppendLog | wire.ListLog | wire.ReadChain | wire.DeleteLog | wire.CheckLog
JOURNAL_COMMANDS = (wire.AppendLog, wire.ListLog, wire.ReadChain, wire.DeleteLog, wire.CheckLog)
READING = (wire.ListLog, wire.DeleteLog)
"""For personal endpoints: whoever stands before a shared one is not to read who called whom."""

MOST = 100_000
"""Entries in one chain: fifty a day for five years, some 60 MB in the worst case."""

MOST_NUMBERS = 32
"""Entries that one entry tells of: its payload is bounded."""

MAX_WAITING = 1_024
"""Entries of the server's own that may wait for the disk. Beyond it the disk has stopped."""


class Notes(Protocol):
    """Where to write what no endpoint does."""

    def note(
        self, owner: PersonId | HouseholdId, what: What, outcome: Outcome, **details: Unpack[Details]
    ) -> None:
        """Write that this happened now. `owner` is who reads it."""
        ...


class Journal:
    """The server's own chains. `note` never waits."""

    def __init__(
        self,
        store: JournalStore,
        directory: DirectoryStore,
        sessions: Sessions,
        keys: KeyPair,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._keys = keys
        self._clock = clock
        self._waiting: asyncio.Queue[tuple[str, int, Payload]] = asyncio.Queue(MAX_WAITING)
        self._writing: asyncio.Task[None] | None = None

    def note(
        self, owner: PersonId | HouseholdId, what: What, outcome: Outcome, **details: Unpack[Details]
    ) -> None:
        """Notes."""
        self._put(owner, chains.told(secrets.token_bytes(chains.SALT), what, outcome, details))

    async def about(self, person: PersonId) -> Sequence[tuple[str, bytes, int]]:
        """Where others have written of a person. Raises Problem."""
        return [place for place in await self._store.about(person) if place[0] != person]

    def taken_away(self, places: Iterable[tuple[str, bytes, int]], *, by: Person | None = None) -> None:
        """Write that what these entries said (owner, writer, number) was taken away: `by` whom, None for the server."""
        chains_of: dict[tuple[str, bytes], list[int]] = {}
        for owner, writer, number in places:
            chains_of.setdefault((owner, writer), []).append(number)
        for (owner, writer), numbers in chains_of.items():
            for first in range(0, len(numbers), MOST_NUMBERS):
                some = tuple(numbers[first : first + MOST_NUMBERS])
                salt = secrets.token_bytes(chains.SALT)
                who, name = ("", "") if by is None else (by.id, by.name)
                deleted = Payload(
                    salt=salt, what=What.DELETED, person=who, name=name, chain=writer, numbers=some
                )
                self._put(owner, deleted)

    def _put(self, owner: str, payload: Payload) -> None:
        try:
            self._waiting.put_nowait((owner, int(self._clock()), payload))
        except asyncio.QueueFull:
            log.warning("an entry of the log is lost: the disk does not keep up")
            return
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def settled(self, within: float | None = None) -> None:
        """Until all that was noted is on disk or could not be written; `within` seconds at most, where given."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=within)

    async def _write_all(self) -> None:
        with suppress(asyncio.QueueEmpty):
            while True:
                owner, time, payload = self._waiting.get_nowait()
                try:
                    await self._write(owner, time, payload)
                except Problem as problem:
                    log.warning("an entry of the log is lost: code=%s", problem.code)

    async def _write(self, owner: str, time: int, payload: Payload) -> None:
        data = chains.write(payload)
        writer = self._keys.public.identity

        def entry(head: Head | None) -> Line:
            signed = chains.follow(head, data, owner=owner, time=time, writer=writer, sign=self._keys.sign)
            return Line(signed, data, payload.person)

        await self._store.write(owner, writer, entry)

    async def tell(self, owner: str) -> None:
        """That there is something new to read, to the endpoints where it may be read."""
        people = (
            [PersonId(owner)]
            if owner.startswith("p_")
            else [one.id for one in await self._directory.housemates(HouseholdId(owner))]
        )
        for person in people:
            for endpoint in await self._directory.endpoints_for(person):
                if not (endpoint.shared or endpoint.waiting):
                    self._sessions.push(endpoint.id, wire.LogChanged())


class JournalDesk:
    """Raises Problem for every "no"."""

    def __init__(self, store: JournalStore, directory: DirectoryStore, journal: Journal) -> None:
        self._store = store
        self._directory = directory
        self._journal = journal

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        match command:
            case wire.AppendLog():
                return await self._append(principal, command)
            case wire.ListLog():
                page = await self._store.page(_owners(principal), command.before, command.limit)
                return wire.LogPage(re=command.id, lines=_shown(page.lines), more=page.more)
            case wire.ReadChain():
                return await self._chain(principal, command)
            case wire.DeleteLog():
                return await self._delete(principal, command)
            case wire.CheckLog():
                return await self._heads(principal, command)

    async def _append(self, principal: Principal, command: wire.AppendLog) -> wire.AnyReply:
        lines = [await self._checked(principal, line, f"lines[{n}]") for n, line in enumerate(command.lines)]
        head = await self._store.append(lines, most=MOST)
        self._journal.taken_away(
            (one.entry.owner, one.entry.writer, one.entry.number) for one in lines if one.payload is None
        )
        entry = lines[-1].entry
        await self._journal.tell(entry.owner)
        return wire.LogAppended(re=command.id, head=_head_view(entry.owner, entry.writer, head))

    async def _chain(self, principal: Principal, command: wire.ReadChain) -> wire.AnyReply:
        """At a shared endpoint that of its household, without what it says: enough to see that it goes on."""
        _require_own(principal, command.owner)
        found = await self._store.chain(command.owner, command.writer, command.first, wire.MOST_ENTRIES)
        lines = _shown(found)
        if principal.shared:
            lines = tuple(wire.LogLine(entry=line.entry) for line in lines)
        return wire.LogChain(re=command.id, lines=lines)

    async def _delete(self, principal: Principal, command: wire.DeleteLog) -> wire.AnyReply:
        """The own entry says what was taken away, and in a household's log the server's, too: the others there read no
        entries of one person's alone."""
        _require_own(principal, command.owner)
        line = await self._checked(principal, command.line, "line")
        said = None if line.payload is None else chains.read(line.payload)
        about = (What.DELETED, command.writer, command.numbers)
        if said is None or (said.what, said.chain, said.numbers) != about:
            raise Problem(Code.INVALID, path="line.payload")
        await self._store.delete(command.owner, command.writer, command.numbers, line, most=MOST)
        if command.owner != line.entry.owner:
            by = None if principal.person is None else await self._directory.person(principal.person)
            places = [(command.owner, command.writer, number) for number in command.numbers]
            self._journal.taken_away(places, by=by)
        await self._journal.tell(command.owner)
        return wire.Ok(re=command.id)

    async def _heads(self, principal: Principal, command: wire.CheckLog) -> wire.AnyReply:
        heads = await self._store.heads(_owners(principal))
        return wire.LogHeads(re=command.id, heads=tuple(_head_view(*head) for head in heads))

    async def _checked(self, principal: Principal, line: wire.LogLine, path: str) -> Line:
        """Raises Problem(invalid), (not_permitted) unless the endpoint may write this."""
        endpoint = await self._directory.endpoint(principal.endpoint)
        entry, payload = line.entry, line.payload
        owner = principal.household if principal.shared else principal.person
        if endpoint is None or entry.writer != endpoint.keys.identity or entry.owner != owner:
            raise Problem(Code.NOT_PERMITTED, path=path)
        try:
            if payload is None or chains.payload_hash(payload) != entry.payload_hash:
                raise Problem(Code.INVALID, path=f"{path}.payload")
            chains.require_signed(entry)
            about = chains.read(payload).person
        except Untrusted:
            raise Problem(Code.INVALID, path=path) from None
        if about and await self._directory.person(PersonId(about)) is None:
            return Line(
                entry, None
            )  # whoever was erased is not written of again by an endpoint that was away
        return Line(entry, payload, about)


def _owners(principal: Principal) -> Sequence[str]:
    """Whose logs are read there. Children read their own; that of the household is for adults."""
    if principal.shared or principal.person is None:
        return [principal.household]
    return [principal.person] if principal.child else [principal.person, principal.household]


def _require_own(principal: Principal, owner: str) -> None:
    if owner not in _owners(principal):
        raise Problem(Code.NOT_PERMITTED, path="owner")


def _shown(lines: Sequence[Line]) -> tuple[wire.LogLine, ...]:
    return tuple(wire.LogLine(entry=line.entry, payload=line.payload) for line in lines)


def _head_view(owner: str, writer: bytes, head: Head) -> wire.LogHead:
    return wire.LogHead(owner=owner, writer=writer, number=head.number, hash=head.hash, time=head.time)
