"""A server for messages, in memory, that can be made to fail at any step; and endpoints that live by it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust import person_write
from kith.core.trust.history import Known
from kith.core.trust.person import Chain, replay
from kith.core.trust.person_links import PersonLink
from kith.endpoint import lookout
from kith.endpoint.connection import Unreachable
from kith.endpoint.equipment import Equipment
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.identities import Identities
from kith.endpoint.lock import Locked
from kith.endpoint.message_kept import Message
from kith.endpoint.message_notice import Notice
from kith.endpoint.message_sealing import Sealing
from kith.endpoint.message_store import MessageStore
from kith.endpoint.message_tables import opened as safely
from kith.endpoint.messages import Messages
from kith.endpoint.names import Names
from kith.endpoint.utterance import Named
from kith.endpoint.wire import Wire
from signaling import protocol
from signaling.protocol import (
    AnyReply,
    Command,
    ConversationView,
    Keys,
    MessageItem,
    PersonIdentity,
    Recipient,
)

ANNA, BEN = "p_" + "a" * 20, "p_" + "b" * 20
NAMES = {ANNA: "Anna", BEN: "Ben"}

PHONE, TABLET, KITCHEN, HALL = (f"e_{sign * 20}" for sign in "1234")
"""Anna's two, and Ben's two."""


def shown(keys: KeyPair) -> Keys:
    public = keys.public
    return Keys(identity=public.identity, sealing=public.sealing, sealing_signature=public.sealing_signature)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and disks take no time, and a second of sound has several segments."""

    def opened(path: Path) -> sqlite3.Connection:
        connection = safely(path)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        return connection

    monkeypatch.setattr(lookout, "SOON", 0.001)
    monkeypatch.setattr("kith.endpoint.message_inbox.CONFIRM_WITHIN", 0.001)
    monkeypatch.setattr("kith.endpoint.message_store.opened", opened)
    monkeypatch.setattr("kith.endpoint.recorder.SEGMENT", 1_024)


class Person:
    """Somebody, and the endpoints that they have signed in: the first begins."""

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.endpoints: dict[str, KeyPair] = {}
        self.links: tuple[PersonLink, ...] = ()

    @property
    def chain(self) -> Chain:
        return replay(self.links)

    def add(self, endpoint: str) -> KeyPair:
        keys = KeyPair.generate()
        if not self.links:
            self.links = (person_write.begin(keys, KeyPair.generate().public.identity, time=1),)
        else:
            first = next(iter(self.endpoints.values()))
            self.links += (person_write.add(self.chain, first, keys.public, time=1),)
        self.endpoints[endpoint] = keys
        return keys

    def sign_out(self, endpoint: str) -> KeyPair:
        """Returns the keys that whoever has it now still holds."""
        keys = self.endpoints.pop(endpoint)
        first = next(iter(self.endpoints.values()))
        self.links += (person_write.remove(self.chain, first, keys.public.identity, time=1),)
        return keys


class Killed(BaseException):
    """The process is gone."""


Fault = Callable[[Command, bool], None]
"""Told of each command before and after it was carried out; raises to say what becomes of it."""


@dataclass
class PostOffice:
    """What the server would do, in the simplest way. `lie` replaces a reply."""

    persons: dict[str, Person] = field(default_factory=lambda: {one: Person(one) for one in (ANNA, BEN)})
    fault: Fault = lambda command, done: None
    lie: Callable[[AnyReply], AnyReply] = lambda reply: reply
    sent: dict[str, tuple[bytes, protocol.MessageSent]] = field(default_factory=dict)
    inboxes: dict[str, dict[int, Any]] = field(default_factory=dict)
    segments: dict[tuple[str, int], bytes] = field(default_factory=dict)
    told: dict[tuple[str, str], ConversationView] = field(default_factory=dict)
    devices: "dict[str, Device]" = field(default_factory=dict)
    carried_out: list[Command] = field(default_factory=list)
    now: float = 1_700_000_000.0
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=lambda: count(1))

    def identities(self) -> tuple[PersonIdentity, ...]:
        return tuple(
            PersonIdentity(person=one.id, links=one.links, delegations=None)
            for one in self.persons.values()
            if one.links
        )

    def owner(self, endpoint: str) -> Person:
        return next(one for one in self.persons.values() if endpoint in one.endpoints)

    def recipients(self, asking: str, other: str) -> protocol.Recipients:
        people = {self.owner(asking).id, other}
        endpoints = tuple(
            Recipient(endpoint=endpoint, person=one, shared=False, keys=shown(keys))
            for one in sorted(people)
            for endpoint, keys in self.persons[one].endpoints.items()
            if endpoint != asking
        )
        return protocol.Recipients(re="", endpoints=endpoints, identities=self.identities())

    async def until(self, test: Callable[[], bool]) -> None:
        """Wait for something that a command or an event brings about."""
        async with asyncio.timeout(10):
            while not test():
                self.moved.clear()
                await self.moved.wait()

    async def ask(self, endpoint: str, command: Command) -> AnyReply:
        self.fault(command, False)  # noqa: FBT003 - before and after
        reply = self.carry_out(endpoint, command)
        self.carried_out.append(command)
        self.moved.set()
        self.fault(command, True)  # noqa: FBT003
        return self.lie(reply)

    def carry_out(self, endpoint: str, command: Command) -> AnyReply:
        own = self.owner(endpoint).id
        match command:
            case protocol.ListIdentities():
                return protocol.Identities(re="", identities=self.identities())
            case protocol.ShowRoster():
                return protocol.RosterShown(re="", links=(), identities=(), waiting=())
            case protocol.ListRecipients(to=to):
                return self.recipients(endpoint, to)
            case protocol.PutSegment(message=message, index=index, body=body):
                assert self.segments.setdefault((message, index), body) == body, "the same again or nothing"
                return protocol.Ok(re="")
            case protocol.SendMessage():
                return self._send(endpoint, own, command)
            case protocol.FetchInbox(after=after, most=most):
                waiting = [one for n, one in sorted(self.inboxes.get(endpoint, {}).items()) if n > after]
                return protocol.Inbox(re="", items=tuple(waiting[:most]), more=len(waiting) > most)
            case protocol.GetSegment(message=message, index=index):
                if (message, index) not in self.segments:
                    raise Problem(Code.UNKNOWN_MESSAGE)
                return protocol.Segment(re="", body=self.segments[message, index])
            case protocol.ConfirmInbox(upto=upto):
                inbox = self.inboxes.setdefault(endpoint, {})
                for n in [n for n in inbox if n <= upto]:
                    del inbox[n]
                return protocol.Ok(re="")
            case protocol.ListConversations():
                views = tuple(view for (person, _), view in self.told.items() if person == own)
                return protocol.Conversations(re="", conversations=views)
            case protocol.MarkRead(other=other, upto=upto):
                self._tell(own, other, read=upto)
                self._tell(other, own, read_by_them=upto)
                return protocol.Ok(re="")
            case protocol.RemoveConversation(other=other, upto=upto):
                self._tell(own, other, removed=upto)
                return protocol.Ok(re="")
            case protocol.ReportMessage():
                return protocol.Ok(re="")
            case protocol.SendOwn(topic=topic, item=item, items=items):
                for one in items:
                    n = next(self._numbers)
                    self._deliver(
                        one.endpoint,
                        protocol.OwnItem(
                            n=n,
                            at=self.now,
                            endpoint=endpoint,
                            keys=shown(self.persons[own].endpoints[endpoint]),
                            topic=topic,
                            item=item,
                            body=one.body,
                        ),
                    )
                return protocol.Ok(re="")
        raise AssertionError(f"what is {command}?")

    def _send(self, endpoint: str, own: str, command: protocol.SendMessage) -> AnyReply:
        envelope = command.envelope
        data = msgspec.msgpack.encode(envelope)
        now = self.recipients(endpoint, command.to)
        if {one.endpoint for one in command.keys} != {one.endpoint for one in now.endpoints}:
            return now
        if envelope.id in self.sent:
            assert self.sent[envelope.id][0] == data, "the same again or nothing"
            return self.sent[envelope.id][1]
        if any((envelope.id, index) not in self.segments for index in range(command.segments)):
            raise Problem(Code.SEGMENTS_MISSING)
        seq = sum(1 for _, sent in self.sent.values()) + 1
        reply = protocol.MessageSent(re="", message=envelope.id, seq=seq, at=self.now)
        self.sent[envelope.id] = (data, reply)
        for sealed in command.keys:
            person = self.owner(sealed.endpoint).id
            other = command.to if person == own else own
            item = MessageItem(
                n=next(self._numbers),
                person=person,
                other=other,
                name=NAMES[other],
                seq=seq,
                at=self.now,
                envelope=envelope,
                keys=shown(self.persons[own].endpoints[endpoint]),
                key=sealed.key,
                segments=command.segments,
                alert=True,
            )
            self._deliver(sealed.endpoint, item)
        return reply

    def _deliver(self, endpoint: str, item: Any) -> None:
        self.inboxes.setdefault(endpoint, {})[item.n] = item
        if endpoint in self.devices:
            self.devices[endpoint].messages.arrived(item)

    def _tell(self, person: str, other: str, **changed: int) -> None:
        blank = ConversationView(person=person, other=other, name=NAMES[other], last=0, at=0.0)
        view = msgspec.structs.replace(self.told.get((person, other), blank), **changed)
        self.told[person, other] = view
        for endpoint in self.persons[person].endpoints:
            if endpoint in self.devices:
                self.devices[endpoint].messages.changed(view)


class Device:
    """An endpoint's messages, as long as one process lives. `happened` is what its listeners heard."""

    def __init__(self, office: PostOffice, endpoint: str, home: Path) -> None:
        person = office.owner(endpoint)
        self.endpoint = endpoint
        self.happened: list[tuple[str, tuple[Any, ...]]] = []
        self.listener: Callable[[str, tuple[Any, ...]], None] | None = None
        self.tones = 0
        self.quiet = False
        self.locked = False
        self.dead = False
        """Whether its process was killed: then nothing more of it reaches the server."""
        self._office = office
        keys, place = person.endpoints[endpoint], Home(home / endpoint)
        place.path.mkdir(parents=True, exist_ok=True)
        enrolment = Enrolment(
            server="https://localhost",
            server_key=b"s" * 32,
            endpoint=endpoint,
            name=endpoint,
            household="h_1",
            person=person.id,
        )
        chain = person.chain
        known = Known(chain.root, chain.point.version, chain.point.head)
        if person.id not in place.memory().persons:
            place.remember(place.memory().with_person(person.id, known, None))
        numbers = count()
        self.identities = Identities(
            ask=self.ask, new_id=lambda: f"r{next(numbers)}", home=place, enrolment=enrolment, keys=keys
        )
        self.sealing = Sealing(
            self.identities,
            keys,
            endpoint,
            person=person.id,
            accept_changed=False,
            clock=lambda: office.now,
        )
        self.store = MessageStore(place.path / "messages.db")
        wire = SimpleNamespace(request=self.ask, say=self.say, new_id=lambda: f"r{next(numbers)}")
        names = SimpleNamespace(find=self._find, acting=lambda profile: None, profiles=())
        self.presentation = SimpleNamespace(messages_wait=False, cue=self._cue, tell=self._said)
        notice = Notice(
            cast("Any", self.presentation),
            cast("Any", SimpleNamespace()),
            quiet=lambda: self.quiet,
            show=lambda: self._note("light", self.presentation.messages_wait),
        )
        self.spoken: list[str] = []
        self.heard_out = True
        self.messages = Messages(
            self.store,
            self.sealing,
            cast("Wire", wire),
            cast("Names", names),
            cast("Equipment", SimpleNamespace()),
            notice,
            person=person.id,
            endpoint=endpoint,
            clock=lambda: office.now,
            unlocked=self._check_lock,
            emit=self._note,
        )
        office.devices[endpoint] = self

    async def say(self, command: Command) -> None:
        """What is not answered is lost where the server is away, and the connection is another one after that."""
        try:
            await self.ask(command)
        except (Unreachable, Problem):
            asyncio.get_running_loop().call_soon(self.messages.back)

    async def ask(self, command: Command) -> AnyReply:
        if self.dead:
            raise Killed
        try:
            return await self._office.ask(self.endpoint, command)
        except Killed:
            self.dead = True
            self._office.moved.set()
            self._office.devices.pop(self.endpoint, None)
            raise

    def come(self) -> None:
        """Signed in."""
        self.messages.begun_anew()

    async def again(self, home: Path) -> "Device":
        """Another process that opens the same endpoint."""
        await self.close()
        device = Device(self._office, self.endpoint, home)
        device.come()
        return device

    async def close(self) -> None:
        self._office.devices.pop(self.endpoint, None)
        await self.messages.close()

    def came(self) -> list[Message]:
        return [details[0] for event, details in self.happened if event == "message"]

    def named(self, event: str) -> list[tuple[Any, ...]]:
        return [details for name, details in self.happened if name == event]

    async def _find(self, whom: str, label: str, acting: str | None) -> Named:
        return Named(whom, NAMES[whom])

    async def _said(self, text: str) -> bool:
        self.spoken.append(text)
        self._office.moved.set()
        return self.heard_out

    def _check_lock(self) -> None:
        if self.locked:
            raise Locked("the phone is locked")

    def _cue(self, tone: object) -> None:
        self.tones += 1

    def _note(self, event: str, *details: Any) -> None:
        self.happened.append((event, details))
        self._office.moved.set()
        if self.listener is not None:
            self.listener(event, details)


@dataclass
class Post:
    office: PostOffice
    home: Path
    stack: AsyncExitStack

    def device(self, endpoint: str) -> Device:
        device = Device(self.office, endpoint, self.home)
        self.stack.push_async_callback(device.close)
        device.come()
        return device


@asynccontextmanager
async def posted(home: Path) -> AsyncIterator[Post]:
    """Nothing has been written yet. Devices that were made are closed in the end."""
    office = PostOffice()
    for person, endpoints in ((ANNA, (PHONE, TABLET)), (BEN, (KITCHEN, HALL))):
        for endpoint in endpoints:
            office.persons[person].add(endpoint)
    async with AsyncExitStack() as stack:
        yield Post(office, home, stack)


def last_sent(office: PostOffice) -> protocol.SendMessage:
    sent = [one for one in office.carried_out if isinstance(one, protocol.SendMessage)]
    return sent[-1]
