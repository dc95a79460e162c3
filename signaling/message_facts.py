"""What must be known about a message: who may write to whom, and to which endpoints it is sealed.

What was found is remembered until anything is written of people, endpoints, blocks or what somebody signed: a message
between two who write to each other asks the database nothing.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kith.core.ids import EndpointId, PersonId
from kith.core.principal import Principal
from kith.core.trust.grants import Grants
from kith.directory.contact_store import ContactStore, Known
from kith.directory.identities import Identities
from kith.directory.model import Endpoint, Person, Signed
from kith.directory.ports import DirectoryStore
from kith.messaging.counts import Counts, day_of
from kith.messaging.ports import MessageStore
from policy.child import Way, may_be_reached, may_reach
from policy.message import Decision, MessageFacts, Refuse, may_send
from signaling import protocol as wire
from signaling.call_facts import Closing, Distances, Limiting
from signaling.identities import identity_view
from signaling.quiet import Quiet
from signaling.views import keys_view

REMEMBERED = 20_000
"""Pairs, and persons: some 40 MB of a server on which so many write to each other."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Circle:
    """A person with the endpoints that act for them: their own that are confirmed, and those shared ones of their
    household that they have let. `readers` are those among them that read messages."""

    person: Person
    endpoints: Mapping[EndpointId, Endpoint]
    readers: Mapping[EndpointId, Endpoint]
    identity: wire.PersonIdentity | None


@dataclass(frozen=True, slots=True)
class Reader:
    """An endpoint to which a message is sealed. `person` is for whom it is there. `sets` and `heard` are what says
    whether Do Not Disturb is on there (signaling.quiet)."""

    endpoint: Endpoint
    person: PersonId
    sets: Sequence[Grants]
    heard: Mapping[bytes, int]


@dataclass(frozen=True, slots=True)
class Line:
    """From one endpoint to one person, as it was after `version` changes. `decision` is what happens as long as no
    quota is used up; `strange`: the receiver does not know the sender."""

    version: int
    sender: Circle
    receiver: Circle
    readers: Mapping[EndpointId, Reader]
    facts: MessageFacts
    decision: Decision
    strange: bool


class MessageFinder:
    """Asks the directory; decides by policy alone."""

    def __init__(
        self,
        store: MessageStore,
        directory: DirectoryStore,
        contacts: ContactStore,
        identities: Identities,
        distances: Distances,
        limits: Limiting,
        closing: Closing,
        quiet: Quiet,
        counts: Counts,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._directory = directory
        self._contacts = contacts
        self._identities = identities
        self._distances = distances
        self._limits = limits
        self._closing = closing
        self._quiet = quiet
        self._counts = counts
        self._clock = clock
        self._version = -1
        self._lines: OrderedDict[tuple[EndpointId, PersonId | None, str], Line] = OrderedDict()
        self._circles: OrderedDict[PersonId, Circle] = OrderedDict()

    # -- what is remembered ----------------------------------------------------------------------

    def known(self, principal: Principal, to: str) -> Line | None:
        """What is remembered, and true still."""
        if self._version != self._store.changes():
            return None
        return self._lines.get((principal.endpoint, principal.person, to))

    def known_circle(self, person: PersonId) -> Circle | None:
        """As `known`."""
        return None if self._version != self._store.changes() else self._circles.get(person)

    def _current(self) -> int:
        """Forget what may not be true any more. Returns how many changes there were so far."""
        version = self._store.changes()
        if version != self._version:
            self._lines.clear()
            self._circles.clear()
            self._version = version
        return version

    def _remember(self, memory: OrderedDict[K, V], key: K, value: V, version: int) -> None:
        """Unless something was written since `version`, when it was read."""
        if version == self._version == self._store.changes():
            memory[key] = value
            while len(memory) > REMEMBERED:
                memory.popitem(last=False)

    # -- who is meant ----------------------------------------------------------------------------

    async def circle(self, person: PersonId) -> Circle | None:
        """None where there is no such person."""
        version = self._current()
        known = self._circles.get(person)
        if known is not None:
            return known
        found, endpoints, signed = await asyncio.gather(
            self._directory.person(person), self._directory.endpoints_for(person), self._identities.of(person)
        )
        if found is None:
            return None
        delegated = _delegated(signed)
        current = {
            one.id: one
            for one in endpoints
            if not one.waiting and (not one.shared or one.keys.identity in delegated)
        }
        identity = None
        if signed is not None:
            identity = identity_view(person, signed, await self._identities.lives_in(person))
        readers = {one: each for one, each in current.items() if each.capabilities.reads_messages}
        circle = Circle(found, current, readers, identity)
        self._remember(self._circles, person, circle, version)
        return circle

    async def line(self, principal: Principal, to: str) -> Line | None:
        """Everything about writing to this person from here. None where nobody is there, or nobody acts here."""
        version = self._current()
        key = principal.endpoint, principal.person, to
        if principal.person is None:
            return None
        await self._count(principal.person)
        known = self._lines.get(key)
        if known is not None and version == self._version:
            return known
        sender, receiver = await asyncio.gather(self.circle(principal.person), self.circle(PersonId(to)))
        if sender is None or receiver is None:
            return None
        facts, strange = await self._facts(principal, sender, receiver)
        readers = await self._readers(principal.endpoint, sender, receiver)
        line = Line(version, sender, receiver, readers, facts, may_send(facts), strange)
        # By a call that was missed, or an answer, somebody is known who was not: both are written aside.
        if not (isinstance(line.decision, Refuse) or strange):
            self._remember(self._lines, key, line, version)
        return line

    async def _count(self, sender: PersonId) -> None:
        now = self._clock()
        if not self._counts.knows(sender):
            self._counts.load(sender, now, await self._store.sent_on(sender, day_of(now)))

    async def _readers(
        self, but: EndpointId, sender: Circle, receiver: Circle
    ) -> Mapping[EndpointId, Reader]:
        """One that is there for both has it as the receiver's."""
        whose = dict.fromkeys(sender.readers, sender) | dict.fromkeys(receiver.readers, receiver)
        whose.pop(but, None)
        endpoints = [circle.readers[one] for one, circle in whose.items()]
        said = await asyncio.gather(*(self._quiet.said_at(one) for one in endpoints))
        return {
            one.id: Reader(one, whose[one.id].person.id, sets, heard)
            for one, (sets, heard) in zip(endpoints, said, strict=True)
        }

    async def _facts(
        self, principal: Principal, sender: Circle, receiver: Circle
    ) -> tuple[MessageFacts, bool]:
        """The facts but for quotas, and whether the receiver does not know the sender. Whom it is for changes neither
        what is asked nor how often."""
        me, them = sender.person, receiver.person
        known, by_number, back, talk = await asyncio.gather(
            self._directory.knows(me.id, them.id),
            self._known_by_number(principal, me.id, them.id),
            self._contacts.known(them.id, me.id),
            self._store.talk(me.id, them.id),
        )
        blockers, blocked, limits, closed, endpoint = await asyncio.gather(
            self._distances.blockers(me.id),
            self._distances.blocked_by(me.id),
            self._limits.limits((me.id, them.id)),
            self._closing.closed(them.household, adults=False),
            self._directory.endpoint(principal.endpoint),
        )
        written_to = talk is not None and talk.state.side(talk.index(me.id)).last > 0
        answered = talk is not None and talk.state.side(talk.index(them.id)).delivered > 0
        at_home = me.household == them.household
        facts = MessageFacts(
            sender_registered=principal.registered,
            sender_suspended=me.suspended is not None,
            sender_confirmed=endpoint is not None and not endpoint.waiting,
            acts=principal.endpoint in sender.endpoints or not principal.shared,
            to_oneself=me.id == them.id,
            known=known or by_number is Known.YES or written_to or me.id == them.id,
            moved=by_number is Known.MOVED,
            receiver_registered=them.registered is not None,
            endpoints=bool(receiver.readers),
            # At a device that others use, too, nobody is told whom somebody has blocked.
            you_blocked=them.id in blocked and not principal.shared,
            child_limit=not may_reach(limits.get(me.id), Way.MESSAGE, them.id, at_home=at_home),
            receiver_suspended=them.suspended is not None,
            blocked=them.id in blockers,
            receiver_child_limit=not may_be_reached(limits.get(them.id), Way.MESSAGE, me.id, at_home=at_home),
            closed=them.id in closed and not at_home,
        )
        return facts, not (known or answered or back is Known.YES)

    async def _known_by_number(self, principal: Principal, sender: PersonId, receiver: PersonId) -> Known:
        """From a shared endpoint by the contacts of anybody who lives with it."""
        if principal.shared:
            return await self._contacts.known_at_home(principal.household, receiver)
        return await self._contacts.known(sender, receiver)


def recipients_of(line: Line, request: str) -> wire.Recipients:
    """To whom it is sealed, and what shows whose they are."""
    identities = dict.fromkeys([line.sender.identity, line.receiver.identity])
    return wire.Recipients(
        re=request,
        endpoints=tuple(
            wire.Recipient(
                endpoint=one.endpoint.id,
                person=one.person,
                shared=one.endpoint.shared,
                keys=keys_view(one.endpoint.keys),
            )
            for one in line.readers.values()
        ),
        identities=_there(identities),
    )


def _there(identities: Iterable[wire.PersonIdentity | None]) -> tuple[wire.PersonIdentity, ...]:
    return tuple(one for one in identities if one is not None)


def _delegated(signed: Signed | None) -> frozenset[bytes]:
    if signed is None or signed.delegations is None:
        return frozenset()
    return frozenset(signed.delegations.endpoints)
