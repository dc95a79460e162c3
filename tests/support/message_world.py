"""Endpoints of two persons who write to each other, over the real slice and the real store, where the order of
things, what is lost and when the server dies is one seed's to say.

Nothing here waits for time: a step is done when what it stores is on disk.
"""

import random
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, PersonId, new_endpoint, new_household, new_message, new_person
from kith.core.keys import PublicKeys
from kith.core.principal import Principal
from kith.core.problem import Problem
from kith.core.trust.message import MessageEnvelope, SealedKey
from kith.directory.contact_store import Known
from kith.directory.model import Endpoint, Person
from kith.store.database import Database
from kith.store.messages import SqliteMessages
from kith.store.rows import add_endpoint, add_person
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.deadlines import Deadlines
from signaling.messaging import Messaging, messaging
from signaling.protocol import MSGPACK
from signaling.sessions import Live, Sessions
from tests.support.contacts import NoContacts
from tests.support.distances import Distances
from tests.support.switchboard import People

NOON = 1_800_000_000.0
PIECES = (b"s" * 20, b"t" * 20)


class Nobody:
    """Neither has anybody signed anything, nor is anybody a child or quiet."""

    async def of(self, one: PersonId) -> None:
        return None

    async def limits(self, persons: object) -> Mapping[PersonId, Any]:
        return {}

    async def closed(self, household: object, *, adults: bool) -> frozenset[PersonId]:
        return frozenset()

    async def at(self, endpoint: Endpoint) -> Sequence[Any]:
        return ()

    async def versions(self, endpoint: EndpointId) -> Mapping[bytes, int]:
        return {}


class Acquainted(People):
    """Everybody knows everybody, but for those in `apart`: the first does not know the second."""

    def __init__(self) -> None:
        super().__init__()
        self.apart: set[tuple[PersonId, PersonId]] = set()

    async def knows(self, one: PersonId, other: PersonId) -> bool:
        return (one, other) not in self.apart and await super().knows(one, other)


class Numbers(NoContacts):
    """Who has whose number."""

    def __init__(self) -> None:
        self.numbers: set[tuple[PersonId, PersonId]] = set()

    async def known(self, caller: PersonId, callee: PersonId) -> Known:
        return Known.YES if (caller, callee) in self.numbers else Known.NO


@dataclass
class Draft:
    """A message as its sender has it: sent as often as it takes. `seq` once it was acknowledged."""

    envelope: MessageEnvelope
    to: PersonId
    pieces: Sequence[bytes]
    seq: int | None = None
    readers: frozenset[str] | None = None
    """For whom it was sealed when it was stored."""
    after: "Draft | None" = None
    """The one that was acknowledged last when this one was written."""


@dataclass
class Device:
    """One endpoint: what it has still to send, and what it has stored."""

    endpoint: Endpoint
    person: Person
    outbox: list[Draft] = field(default_factory=list)
    last: Draft | None = None
    knows: tuple[str, ...] = ()
    stored: dict[str, tuple[int, int]] = field(default_factory=dict)
    fetched: int = 0
    confirmed: int = 0
    heard: list[Any] = field(default_factory=list)
    came_again: int = 0

    def send(self, frame: bytes) -> None:
        self.heard.append(MSGPACK.from_server(frame))

    def close(self, code: int, reason: str) -> None:
        del code, reason

    @property
    def principal(self) -> Principal:
        one = self.endpoint
        return Principal(one.id, one.household, self.person.id, shared=False, registered=True)


class MessageWorld:
    """One schedule: `await play()`, then look at what `devices` have."""

    def __init__(self, database: Database, seed: int) -> None:
        self.dice = random.Random(seed)
        self.database = database
        self.now = NOON
        self.people = Acquainted()
        self.contacts = Numbers()
        self.distances = Distances()
        self.over_quota: list[PersonId] = []
        self.devices: list[Device] = []
        self.drafts: list[Draft] = []
        self.killed = 0
        for name in ("Anna", "Ben"):
            person = Person(new_person(), new_household(), name, None, 1.0)
            self.people.people[person.id] = person
            for _ in range(2):
                self.devices.append(Device(self._endpoint(person), person))
        for device in self.devices:
            device.knows = tuple(one.endpoint.id for one in self.devices if one is not device)

    def _endpoint(self, person: Person) -> Endpoint:
        keys = PublicKeys(self.dice.randbytes(32), bytes(32), bytes(64))
        own = person.household, person.id
        one = Endpoint(new_endpoint(), *own, "Phone", shared=False, keys=keys, capabilities=Capabilities())
        self.people.endpoints[one.id] = one
        return one

    async def _another(self) -> None:
        """Somebody has one more device from now on."""
        person = self.dice.choice(self.devices).person
        device = Device(self._endpoint(person), person)
        await self.database.write(lambda db: add_endpoint(db, device.endpoint))
        device.knows = tuple(one.endpoint.id for one in self.devices)
        self.devices.append(device)

    # -- the server ------------------------------------------------------------------------------

    async def _start(self) -> None:
        """The server is started (again): it knows what is on disk."""
        clock = self._tick
        deadlines = Deadlines(clock)
        self.sessions = Sessions(deadlines, clock, 30.0)
        self.reachable = Reachable()
        self.slice: Messaging = messaging(
            await SqliteMessages.open(self.database),
            cast(Any, self.people),
            cast(Any, self.contacts),
            cast(Any, Nobody()),
            self.distances,
            cast(Any, Nobody()),
            cast(Any, Nobody()),
            self.sessions,
            self.reachable,
            self._over_quota,
            clock,
        )

    async def _over_quota(self, person: PersonId, wait: float) -> None:
        assert wait > 0
        self.over_quota.append(person)

    def _enrol(self, db: sqlite3.Connection) -> None:
        for person in self.people.people.values():
            db.execute("INSERT INTO household(id, name) VALUES (?, 'Home')", (person.household,))
            add_person(db, person, None)
        for device in self.devices:
            add_endpoint(db, device.endpoint)

    def _tick(self) -> float:
        self.now += 0.001
        return self.now

    def _live(self, device: Device) -> Live | None:
        return self.sessions.of(device.endpoint.id)

    def connect(self, device: Device) -> None:
        if self._live(device) is None:
            opened = self.sessions.open(device.endpoint, device.principal, MSGPACK, None, device)
            self.sessions.attach(opened.live, device)

    def _disconnect(self, device: Device) -> None:
        live = self._live(device)
        if live is not None:
            self.sessions.drop(live)
        device.heard.clear()  # what was on its way is lost

    async def kill(self) -> None:
        """What is on disk is there; nobody hears anything more."""
        self.killed += 1
        for device in self.devices:
            self._disconnect(device)
        await self._start()

    # -- what devices do -------------------------------------------------------------------------

    def write(self, device: Device, *, voice: bool) -> None:
        to = next(one.person for one in self.devices if one.person is not device.person)
        envelope = MessageEnvelope(
            id=new_message(),
            kind="message",
            person=device.person.id,
            root=bytes(32),
            version=0,
            head=bytes(32),
            endpoint=device.endpoint.id,
            identity=device.endpoint.keys.identity,
            to_root=bytes(32),
            sent=int(self.now * 1000),
            ciphertext=self.dice.randbytes(40),
            signature=self.dice.randbytes(64),
        )
        pieces = PIECES if voice else ()
        draft = Draft(envelope, to.id, pieces, after=device.last)
        device.outbox.append(draft)
        self.drafts.append(draft)

    async def deliver(
        self, device: Device, draft: Draft, *, lost: bool = False, killed: bool = False
    ) -> None:
        """Once. `lost`: the answer does not arrive; `killed`: the server dies between the commit and the answer."""
        reply = await self._ask(device, draft, killed=killed)
        if isinstance(reply, wire.MessageSent) and killed:
            await self.kill()
        elif isinstance(reply, wire.MessageSent) and not lost:
            assert draft.seq in (None, reply.seq), "a retry is the same message"
            draft.seq, device.last = reply.seq, draft
            if draft in device.outbox:
                device.outbox.remove(draft)

    async def _ask(self, device: Device, draft: Draft, *, killed: bool) -> wire.AnyReply | None:
        """Until there is an answer; None where that has to wait."""
        for _ in range(4):
            try:
                reply = await self._tell(device, self.command(device, draft), killed=killed)
            except Problem as problem:
                assert draft.readers is None, "what is stored is never refused"
                if problem.code == "quota_exceeded":
                    return None
                if problem.code != "segments_missing":
                    raise
                for index, piece in enumerate(draft.pieces):
                    put = wire.PutSegment(id="2", message=draft.envelope.id, index=index, body=piece)
                    await self.slice.carry_out(device.principal, put)
                continue
            if isinstance(reply, wire.Recipients):
                assert draft.readers is None, "what is stored is never asked for again"
                device.knows = tuple(one.endpoint for one in reply.endpoints)
                continue
            draft.readers = draft.readers or frozenset(device.knows)
            return reply
        raise AssertionError("no end of it")

    def command(self, device: Device, draft: Draft) -> wire.SendMessage:
        """Sealed to whom the device knows of."""
        keys = tuple(SealedKey(endpoint=one, key=bytes(61)) for one in device.knows)
        return wire.SendMessage(
            id="1", to=draft.to, envelope=draft.envelope, keys=keys, segments=len(draft.pieces)
        )

    async def _tell(self, device: Device, command: wire.SendMessage, *, killed: bool) -> wire.AnyReply:
        live = self._live(device)
        begun = None if live is None or not killed else self.slice.sending.quick(live, command)
        if begun is None:
            return await self.slice.carry_out(device.principal, command)
        stored = await begun[0]  # and nobody is told
        if stored is None:
            return await self.slice.carry_out(device.principal, command)
        return wire.MessageSent(re="1", message=command.envelope.id, seq=stored.seq, at=stored.at)

    def _take(self, device: Device, item: Any) -> None:
        """Store an item, once."""
        assert isinstance(item, wire.MessageItem)
        if item.n <= device.confirmed:
            device.came_again += item.envelope.id not in device.stored
            return
        known = device.stored.setdefault(item.envelope.id, (item.n, item.seq))
        assert known == (item.n, item.seq), "one message, one number"

    def _hear(self, device: Device) -> None:
        """What was pushed. A page that missed some waits with it until it has fetched those before."""
        for event in device.heard:
            if isinstance(event, wire.MessageArrived):
                self._take(device, event.item)
        device.heard.clear()

    async def _fetch(self, device: Device) -> None:
        more = True
        after = device.confirmed
        while more:
            most = self.dice.randint(1, 4)
            fetch = wire.FetchInbox(id="3", after=after, most=most)
            page = await self.slice.carry_out(device.principal, fetch)
            assert isinstance(page, wire.Inbox)
            numbers = [one.n for one in page.items]
            assert numbers == sorted(set(numbers))
            for item in page.items:
                self._take(device, item)
            after, more = (numbers[-1], page.more) if numbers else (after, False)
        device.fetched = after

    async def _confirm(self, device: Device) -> None:
        """What was fetched, now or a while ago."""
        if device.fetched > device.confirmed:
            await self.slice.carry_out(device.principal, wire.ConfirmInbox(id="4", upto=device.fetched))
            device.confirmed = device.fetched

    async def begin(self) -> None:
        """Everybody is enrolled, and the server is there."""
        await self.database.write(self._enrol)
        await self._start()

    def strangers(self, one: Person, other: Person) -> None:
        """All that they know of each other is that `one` has the number of `other`."""
        self.people.apart |= {(one.id, other.id), (other.id, one.id)}
        self.contacts.numbers.add((one.id, other.id))

    async def play(self, steps: int = 24) -> None:
        """So many things happen; then everybody has the time to finish."""
        await self.begin()
        dice = self.dice
        for _ in range(steps):
            device = dice.choice(self.devices)
            match dice.randrange(10):
                case 0 | 1 | 2:
                    self.write(device, voice=self.dice.random() < 0.2)
                case 3 | 4 | 5 if device.outbox:  # in whatever order
                    lost, killed = dice.random() < 0.4, dice.random() < 0.15
                    await self.deliver(device, dice.choice(device.outbox), lost=lost, killed=killed)
                case 6 if self.drafts:  # again, although it was acknowledged, perhaps
                    draft = dice.choice(self.drafts)
                    own = next(one for one in self.devices if one.endpoint.id == draft.envelope.endpoint)
                    await self.deliver(own, draft, lost=True, killed=False)
                case 7 if dice.random() < 0.25:
                    await self._another()
                case 7:
                    (self.connect if self._live(device) is None else self._disconnect)(device)
                case 8:
                    self._hear(device)
                case 9 if dice.random() < 0.6:
                    await self._fetch(device)
                case _:
                    await self._confirm(device)
        for device in self.devices:
            while device.outbox:
                await self.deliver(device, device.outbox[0], lost=False, killed=False)
                self.now += 20.0  # in a while one may send again
        for device in self.devices:
            await self._fetch(device)
            await self._confirm(device)

    def judge(self) -> None:
        """Every acknowledged message is at every device once, under the one number that its sender was told, and none
        is behind one that was acknowledged before it was written."""
        assert all(draft.seq is not None for draft in self.drafts)
        assert len({draft.seq for draft in self.drafts}) == len(self.drafts)
        for device in self.devices:
            own = device.endpoint.id
            expected = {one.envelope.id: one.seq for one in self.drafts if own in (one.readers or ())}
            assert {one: seq for one, (_, seq) in device.stored.items()} == expected
            assert device.came_again == 0
            by_number = [seq for _, seq in sorted(device.stored.values())]
            assert by_number == sorted(by_number), "what is stored first comes first"
        for draft in self.drafts:
            assert draft.after is None or cast(int, draft.after.seq) < cast(int, draft.seq)
