"""Each person's own history: that they called somebody, dropped in, wrote; when, and at which of their devices.

The law of this file

    It is the person's own: it says what they would know anyway, and what they delete from it is gone. Nobody else's
    history changes by that, nor the log of whoever was called (signaling.journal).
    Nothing of what was said or written is in it.
    What is written waits for nothing, and nobody waits for it.
    Whoever was kept away has in it what they saw: that nobody answered. Whoever keeps them away has nothing of it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from kith.core.history import Months
from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from kith.messaging.ports import Outgoing
from signaling import protocol as wire
from signaling.announce_facts import Speaking
from signaling.call import Call
from signaling.group import Group
from signaling.group_apart import Groups
from signaling.history_of_calls import entries_of_call, entries_of_group
from signaling.message_facts import Line
from signaling.message_sending import Sending
from signaling.past import Past, Shown, Which
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard
from signaling.views import Faces

log = logging.getLogger(__name__)

Command = wire.ListHistory | wire.DeleteHistory | wire.KeepHistory
HISTORY_COMMANDS = (wire.ListHistory, wire.DeleteHistory, wire.KeepHistory)

MAX_WAITING = 4_096
"""Entries that may wait for the disk. Beyond it the disk has stopped."""

HOUR = 3_600.0
"""What two write to each other within one is one entry of each: a history of every line would be read by nobody."""

MOST_WROTE = 20_000
"""Of such entries of this hour that are known to be there. Whoever is forgotten costs one write more."""

AT_ONCE = 100
"""Entries of one write: some milliseconds."""


class HistoryStore(Protocol):
    """Every method may raise Problem(storage_unavailable)."""

    async def add(self, entries: Sequence[Past]) -> None:
        """Those of persons who keep any, and that are not there already."""
        ...

    async def page(self, person: PersonId, which: Which, before: int | None, most: int) -> Sequence[Shown]:
        """The latest first, those before the number `before`. Whoever is still here is called what they are now."""
        ...

    async def devices(self, person: PersonId) -> Sequence[tuple[EndpointId, str]]:
        """The own endpoints of which there is something, with their names."""
        ...

    async def delete(self, person: PersonId, which: Which) -> int:
        """How many went."""
        ...

    async def months(self, person: PersonId) -> Months | None: ...
    async def keep(self, person: PersonId, months: Months | None, now: float) -> None:
        """And delete what is too old by that."""
        ...


class History:
    """Writes, in its own time."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store
        self._waiting: asyncio.Queue[Past] = asyncio.Queue(MAX_WAITING)
        self._writing: asyncio.Task[None] | None = None
        self._there: set[tuple[PersonId, PersonId, str, int]] = set()
        """Who wrote to whom in this hour, where that is in a history already."""
        self._seats: dict[CallId, dict[str, EndpointId]] = {}
        """At which endpoint somebody took part in a live group last, by their places in it."""

    def call(self, call: Call, faces: Faces) -> None:
        """A call as it is now."""
        if call.over:
            self.record(*entries_of_call(call, faces))

    def group(self, group: Group, faces: Faces) -> None:
        """A group as it is now."""
        seats = self._seats.setdefault(group.id, {})
        seats |= {one.place: one.endpoint for one in group.members.values()}
        if group.over:
            self.record(*entries_of_group(group, faces, self._seats.pop(group.id)))

    def message(self, endpoint: Endpoint, line: Line, outgoing: Outgoing) -> None:
        """A message that was stored. Of one that is withheld only its sender knows."""
        sender, receiver = line.sender.person, line.receiver.person
        self._wrote(sender.id, receiver, outgoing.at, endpoint)
        if not outgoing.withheld:
            self._wrote(receiver.id, sender, outgoing.at, None)

    def _wrote(self, person: PersonId, other: Person, at: float, endpoint: Endpoint | None) -> None:
        where = "" if endpoint is None else endpoint.id
        hour = int(at // HOUR)
        key = person, other.id, where, hour
        if key in self._there:
            return
        if len(self._there) >= MOST_WROTE:
            self._there.clear()
        self._there.add(key)
        entry = Past(
            person=person,
            kind="message",
            outgoing=endpoint is not None,
            outcome="done",
            at=at,
            other=other.id,
            name=other.name,
            ref=f"{other.id} {where} {hour}",
            endpoint=None if endpoint is None else endpoint.id,
            device="" if endpoint is None else endpoint.name,
        )
        self.record(entry)

    def forget(self, person: PersonId) -> None:
        """Some of this person's history is gone: what is written from now on is in it again."""
        self._there = {one for one in self._there if one[0] != person}

    def record(self, *entries: Past) -> None:
        """Never waits, never raises."""
        for entry in entries:
            try:
                self._waiting.put_nowait(entry)
            except asyncio.QueueFull:
                log.warning("an entry of a history is lost: the disk does not keep up")
                return
        if entries and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def settled(self, within: float | None = None) -> None:
        """Until all is on disk or could not be written; `within` seconds at most, where given."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=within)

    async def _write_all(self) -> None:
        while not self._waiting.empty():
            some = [self._waiting.get_nowait() for _ in range(min(AT_ONCE, self._waiting.qsize()))]
            try:
                await self._store.add(some)
            except Problem as problem:
                log.warning("entries of histories are lost: count=%d code=%s", len(some), problem.code)


class HistoryDesk:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        store: HistoryStore,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        groups: Groups,
        sending: Sending,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._history = History(store)
        switchboard.witnesses += (self._history.call,)
        groups.witnesses += (self._history.group,)
        sending.witnesses += (self._history.message,)
        self.settled = self._history.settled
        self._directory = directory
        self._sessions = sessions
        self._clock = clock

    def announced(self, speaking: Speaking, announcement: str) -> None:
        """Somebody spoke to their household: it is in the history of whoever spoke, and of nobody who heard it."""
        if speaking.person is None:
            return
        where = speaking.calling
        self._history.record(
            Past(
                person=speaking.person.id,
                kind="announcement",
                outgoing=True,
                outcome="done",
                at=self._clock(),
                other=None,
                name="",
                ref=announcement,
                endpoint=where.id,
                device=where.name,
            )
        )

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands, at an endpoint of the person's own, which the desk has seen to."""
        person = registered(principal)
        await self._history.settled()  # what happened before it was asked is in it
        match command:
            case wire.ListHistory():
                return await self._page(person, command)
            case wire.DeleteHistory():
                await self._store.delete(person, _which(command))
            case wire.KeepHistory():
                await self._store.keep(person, command.months, self._clock())
        self._history.forget(person)
        await self._tell(person)
        return wire.Ok(re=command.id)

    async def _page(self, person: PersonId, command: wire.ListHistory) -> wire.History:
        which = Which(None, _endpoint(command.endpoint), command.since, command.until)
        found = await self._store.page(person, which, command.before, command.most + 1)
        shown = found[: command.most]
        devices = await self._store.devices(person)
        return wire.History(
            re=command.id,
            entries=tuple(_view(one) for one in shown),
            more=shown[-1].number if len(found) > command.most else None,
            devices=tuple(wire.HistoryDevice(endpoint=one, name=name) for one, name in devices),
            months=await self._store.months(person),
        )

    async def _tell(self, person: PersonId) -> None:
        with suppress(Problem):  # it is done; whoever looks again sees it
            for one in await self._directory.endpoints_for(person):
                if not (one.shared or one.waiting):
                    self._sessions.push(one.id, wire.HistoryChanged())


def _which(command: wire.DeleteHistory) -> Which:
    """Raises Problem(invalid) unless it is plain what is meant: too much would be gone for good."""
    some = command.endpoint is not None or command.since is not None or command.until is not None
    said = (command.all, command.entry is not None, some)
    if sum(said) != 1 or (command.since is None) != (command.until is None):
        raise Problem(Code.INVALID, path="all" if command.all else "entry" if command.entry else "since")
    return Which(command.entry, _endpoint(command.endpoint), command.since, command.until)


def _endpoint(endpoint: str | None) -> EndpointId | None:
    return None if endpoint is None else EndpointId(endpoint)


def _view(shown: Shown) -> wire.HistoryEntry:
    past = shown.past
    person = past.other if past.other is not None and past.other.startswith("p_") else None
    return wire.HistoryEntry(
        number=shown.number,
        kind=past.kind,
        outgoing=past.outgoing,
        outcome=past.outcome,
        at=past.at,
        seconds=past.seconds,
        person=person,
        name=past.name,
        endpoint=past.endpoint,
        device=past.device,
    )
