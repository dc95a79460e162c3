"""A switchboard whose disk can be held up or refused; sessions, presence and deadlines are the real ones."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Unpack, cast

from kith.core.capabilities import Capabilities
from kith.core.ids import (
    CallId,
    EndpointId,
    HouseholdId,
    PersonId,
    new_call,
    new_endpoint,
    new_household,
    new_person,
)
from kith.core.keys import PublicKeys
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.log import Details, Outcome, What
from kith.directory.contact_store import ContactStore
from kith.directory.model import Endpoint, Missed, Person
from kith.directory.ports import DirectoryStore
from presence.reachable import Reachable
from signaling import call as calls
from signaling import protocol as wire
from signaling.call import Call
from signaling.deadlines import Deadlines
from signaling.protocol import MSGPACK
from signaling.sessions import Live, Sessions
from signaling.switchboard import Switchboard
from tests.support.contacts import NoContacts
from tests.support.distances import Distances, NeverTooMany

KEYS = PublicKeys(bytes(32), bytes(32), bytes(64))


class Disk(NeverTooMany):
    """A call store whose writes can be held up or refused."""

    def __init__(self) -> None:
        self.calls: dict[CallId, Call] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.full = False
        self.waiting = asyncio.Event()

    async def _write(self) -> None:
        self.waiting.set()
        await self.open.wait()
        if self.full:
            raise Problem(Code.STORAGE_UNAVAILABLE)

    async def add(self, call: Call) -> bool:
        await self._write()
        if call.id in self.calls:
            return False
        self.calls[call.id] = call
        return True

    async def save(self, call: Call) -> None:
        await self._write()
        self.calls[call.id] = call

    async def find(self, call: CallId) -> Call | None:
        return self.calls.get(call)

    async def live(self) -> list[Call]:
        return [call for call in self.calls.values() if not call.over]


class People:
    """As much of a directory as a call needs: everybody knows everybody."""

    def __init__(self) -> None:
        self.people: dict[PersonId, Person] = {}
        self.endpoints: dict[EndpointId, Endpoint] = {}

    async def person(self, person: PersonId) -> Person | None:
        return self.people.get(person)

    async def endpoint(self, endpoint: EndpointId) -> Endpoint | None:
        return self.endpoints.get(endpoint)

    record = endpoint

    async def endpoints_for(self, person: PersonId) -> Sequence[Endpoint]:
        home = self.people[person].household
        return [
            one
            for one in self.endpoints.values()
            if one.person == person or (one.shared and one.household == home)
        ]

    async def housemates(self, household: HouseholdId) -> Sequence[Person]:
        return [one for one in self.people.values() if one.household == household]

    async def knows(self, one: PersonId, other: PersonId) -> bool:
        return one in self.people and other in self.people

    async def missed(self, person: PersonId) -> Sequence[Missed]:
        del person
        return []


class Wire:
    """The sending side of a connection that writes down what it is given."""

    def __init__(self) -> None:
        self.events: list[wire.FromServer] = []

    def send(self, frame: bytes) -> None:
        self.events.append(MSGPACK.from_server(frame))

    def close(self, code: int, reason: str) -> None:
        del code, reason


class Notebook:
    """Remembers what was noted for the log: owner, what and outcome."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, What, Outcome]] = []

    def note(
        self, owner: PersonId | HouseholdId, what: What, outcome: Outcome, **details: Unpack[Details]
    ) -> None:
        del details
        self.noted.append((owner, what, outcome))


class World:
    def __init__(self) -> None:
        self.now = 1_000.0
        clock: Callable[[], float] = lambda: self.now  # noqa: E731
        self.disk = Disk()
        self.people = People()
        self.deadlines = Deadlines(clock)
        self.sessions = Sessions(self.deadlines, clock, 30.0)
        self.reachable = Reachable()
        self.distances = Distances()
        self.notes = Notebook()
        self.clock = clock
        self.board = self.anew()
        self.wires: dict[EndpointId, Wire] = {}

    def anew(self) -> Switchboard:
        """A switchboard as after the process was started again: it knows what is on disk."""
        return Switchboard(
            self.disk,
            cast(DirectoryStore, self.people),
            cast(ContactStore, NoContacts()),
            self.sessions,
            self.reachable,
            self.deadlines,
            self.clock,
            self.distances,
            self.notes,
        )

    def household(self) -> HouseholdId:
        return new_household()

    def person(self, name: str, household: HouseholdId | None = None) -> Person:
        person = Person(new_person(), household or new_household(), name, None, 1.0)
        self.people.people[person.id] = person
        return person

    def endpoint(self, person: Person, *, shared: bool = False) -> Endpoint:
        endpoint = Endpoint(
            new_endpoint(),
            person.household,
            None if shared else person.id,
            "Thing",
            shared,
            KEYS,
            Capabilities(),
        )
        self.people.endpoints[endpoint.id] = endpoint
        return endpoint

    def principal(self, endpoint: Endpoint, person: Person) -> Principal:
        return Principal(endpoint.id, endpoint.household, person.id, endpoint.shared, registered=True)

    async def connect(self, endpoint: Endpoint) -> Wire:
        principal = Principal(
            endpoint.id, endpoint.household, endpoint.person, endpoint.shared, registered=True
        )
        channel = Wire()
        opened: Any = self.sessions.open(endpoint, principal, MSGPACK, None, channel)
        live: Live = opened.live
        self.reachable.arrive(endpoint.id, endpoint.household)
        await self.board.arrived(endpoint)
        self.sessions.attach(live, channel)
        self.wires[endpoint.id] = channel
        return channel

    def disconnect(self, endpoint: Endpoint) -> None:
        live = self.sessions.of(endpoint.id)
        assert live is not None
        self.sessions.drop(live)
        self.reachable.leave(endpoint.id)
        self.board.went(endpoint.id)

    def place(
        self, endpoint: Endpoint, person: Person, to: str, call: CallId
    ) -> Coroutine[Any, Any, wire.AnyReply]:
        command = wire.PlaceCall(id="place", call=call, to=to, video=False)
        return self.board.place(self.principal(endpoint, person), command)

    async def talk(self) -> tuple[Endpoint, Endpoint, CallId]:
        """Ann and Ben in an active call."""
        ann, ben = self.person("Ann"), self.person("Ben")
        one, other = self.endpoint(ann), self.endpoint(ben)
        await self.connect(one)
        await self.connect(other)
        call = new_call()
        await self.place(one, ann, ben.id, call)
        await self.board.act(
            other.id, wire.Answer(id="a", call=call), call, lambda by: calls.Answered(by, video=False)
        )
        for endpoint in (one, other):
            up = wire.MediaUp(id="m", call=call, epoch=0)
            await self.board.act(endpoint.id, up, call, lambda by: calls.MediaUp(by, 0))
        return one, other, call
