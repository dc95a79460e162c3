"""Connections of a whole server without its sockets, where the order of things is in the test's hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kith.core.capabilities import Capabilities
from kith.core.guidelines import VERSION
from kith.core.keys import KeyPair, sign_in_statement, small_order
from kith.core.problem import Code, Problem
from kith.core.settings import Settings
from kith.directory.model import Endpoint, Invitation, Pairing
from kith.directory.registry import Newcomer
from kith.server.upkeep import Upkeep
from kith.server.wiring import Server, wire
from kith.store import meta
from kith.store.database import Database
from kith.store.tidy import UNPROVED_LIFE
from signaling import conversation as module
from signaling import protocol
from signaling.closing import Close
from signaling.conversation import Conversation
from signaling.protocol import MSGPACK
from tests.support.database import fresh

ORIGIN = "https://kith.local:8443"
NOON = 1_800_000_000.0


class Phone:
    """A connection's two sides: the channel that the server writes to, and what it reads."""

    def __init__(self, inside: "Inside", keys: KeyPair, endpoint: Endpoint) -> None:
        self.keys = keys
        self.endpoint = endpoint
        self.heard: list[Any] = []
        self.closed: int | None = None
        self._grown = asyncio.Event()
        self.talk = Conversation(inside.server.reception, self, MSGPACK, origin=ORIGIN, address="192.0.2.1")
        self.talk.begin()

    def send(self, frame: bytes) -> None:
        self.heard.append(MSGPACK.from_server(frame))
        self._grown.set()

    def close(self, code: int, reason: str) -> None:
        del reason
        self.closed = self.closed or code
        self._grown.set()

    def say(self, command: protocol.Command) -> None:
        self.talk.received(MSGPACK.encode(command), text=False)

    def sign_in(
        self, resume: protocol.Resume | None = None, capabilities: Capabilities | None = None
    ) -> None:
        hello = self.heard[0]
        message = sign_in_statement(hello.server, ORIGIN, hello.nonce, self.endpoint.id)
        self.say(
            protocol.SignIn(
                id="sign_in",
                endpoint=self.endpoint.id,
                nonce=hello.nonce,
                signature=self.keys.sign(message),
                capabilities=capabilities,
                resume=resume,
            )
        )

    async def until(self, found: Callable[[], Any]) -> Any:
        async with asyncio.timeout(10):
            while (result := found()) is None:
                self._grown.clear()
                await self._grown.wait()
        return result

    async def reply(self, request: str) -> Any:
        return await self.until(
            lambda: next((one for one in self.heard if getattr(one, "re", None) == request), None)
        )

    async def welcome(self, **fields: Any) -> protocol.Welcome:
        self.sign_in(**fields)
        reply = await self.reply("sign_in")
        assert isinstance(reply, protocol.Welcome), reply
        return reply

    async def ask(self, command: protocol.Command) -> Any:
        self.say(command)
        return await self.reply(command.id)


class Inside:
    """The server, the clock, and what was sent to mobile numbers."""

    def __init__(self) -> None:
        self.now = NOON
        self.codes: list[str] = []
        self.server: Server
        self.database: Database

    async def mum(self) -> tuple[KeyPair, Endpoint]:
        """The owner, who has not verified her number yet."""
        household, _ = await meta.home(self.database, "Home")
        invitation = Invitation(None, household, owner=True, expires=self.now + 60)
        keys = KeyPair.generate()
        mum = Newcomer(
            secret=await self.server.registry.invite(invitation),
            name="Mum",
            mobile="+12025550123",
            keys=keys.public,
            device_name="Phone",
            guidelines=VERSION,
        )
        return keys, (await self.server.registry.sign_up(mum)).endpoint

    async def send(self, mobile: str, code: str) -> None:
        self.codes.append(code)

    async def registered(self) -> tuple[KeyPair, Endpoint]:
        keys, endpoint = await self.mum()
        assert endpoint.person is not None
        await self.server.verifying.verify(endpoint.person, self.codes[-1])
        return keys, endpoint


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    made = Inside()
    made.database = await Database.open(fresh(tmp_path))
    made.server = await wire(
        Settings(data=tmp_path, certs=tmp_path),
        KeyPair.generate(),
        made.database,
        names=frozenset({"kith.local"}),
        authority=None,
        send_code=made.send,
        clock=lambda: made.now,
    )
    yield made
    made.server.stalls.stop()
    made.server.deadlines.close()
    await made.database.close()


class Held:
    """A step that waits until it is let go, and tells how many wait."""

    def __init__(self, step: Callable[..., Awaitable[Any]]) -> None:
        self._step = step
        self._waiting = asyncio.Semaphore(0)
        self._open = asyncio.Event()

    async def __call__(self, *arguments: Any) -> Any:
        self._waiting.release()
        await self._open.wait()
        return await self._step(*arguments)

    async def one_waits(self) -> None:
        async with asyncio.timeout(10):
            await self._waiting.acquire()

    def let_go(self) -> None:
        self._open.set()


def unavailable(*_: object) -> Any:
    raise Problem(Code.STORAGE_UNAVAILABLE)


# -- one session, several connections -----------------------------------------------------------------------


@pytest.mark.parametrize("resuming", [True, False])
async def test_a_connection_that_dies_while_another_takes_over_takes_nothing_with_it(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, resuming: bool
) -> None:
    keys, endpoint = await inside.registered()
    server = inside.server
    first = Phone(inside, keys, endpoint)
    session = (await first.welcome()).session
    first.talk.ended()
    resume = protocol.Resume(session=session, seq=0) if resuming else None

    held = Held(server.subjects.announcer.refresh)
    monkeypatch.setattr(server.subjects.announcer, "refresh", held)
    second, third = Phone(inside, keys, endpoint), Phone(inside, keys, endpoint)
    second.sign_in(resume)
    await held.one_waits()
    third.sign_in(resume)
    await held.one_waits()
    assert second.closed == Close.REPLACED
    second.talk.ended()
    held.let_go()

    welcome = await third.reply("sign_in")
    assert welcome.resumed is resuming
    assert await third.ask(protocol.Ping(id="ping")) == protocol.Ok(re="ping")
    assert endpoint.id in server.reception.arrivals._reachable
    server.sessions.push(endpoint.id, protocol.Registered())
    assert isinstance(third.heard[-1], protocol.Registered)
    assert not any(isinstance(one, protocol.Welcome) for one in second.heard)
    assert [key for key in server.deadlines._due if key.startswith("session")] == []


async def test_a_connection_that_dies_while_it_is_welcomed_leaves_a_session_that_waits(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, endpoint = await inside.registered()
    server = inside.server
    session = (await Phone(inside, keys, endpoint).welcome()).session
    held = Held(server.subjects.announcer.refresh)
    monkeypatch.setattr(server.subjects.announcer, "refresh", held)
    phone = Phone(inside, keys, endpoint)
    phone.sign_in(protocol.Resume(session=session, seq=0))
    await held.one_waits()
    phone.talk.ended()
    held.let_go()
    while endpoint.id in server.reception.arrivals._reachable:  # noqa: ASYNC110 - turns of the loop, no time
        await asyncio.sleep(0)
    back = await Phone(inside, keys, endpoint).welcome(resume=protocol.Resume(session=session, seq=0))
    assert back.resumed
    assert endpoint.id in server.reception.arrivals._reachable


async def test_what_a_replaced_connection_still_says_is_not_heard(inside: Inside) -> None:
    keys, endpoint = await inside.registered()
    old, new = Phone(inside, keys, endpoint), Phone(inside, keys, endpoint)
    session = (await old.welcome()).session
    await new.welcome(resume=protocol.Resume(session=session, seq=0))
    assert old.closed == Close.REPLACED
    old.say(protocol.Rename(id="old", name="Eve"))
    await new.ask(protocol.ListDirectory(id="new"))
    assert not any(getattr(one, "re", None) == "old" for one in old.heard + new.heard)


# -- what goes wrong ------------------------------------------------------------------------------------------


async def test_a_mistake_of_the_servers_does_not_block_the_session(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, endpoint = await inside.registered()
    phone = Phone(inside, keys, endpoint)
    session = (await phone.welcome()).session
    live = inside.server.sessions.of(endpoint.id)
    assert live is not None
    with monkeypatch.context() as patch:
        patch.setattr("signaling.session.Replies.remember", lambda *_: 1 / 0)
        phone.say(protocol.Ping(id="1"))
        await phone.until(lambda: phone.closed)
    assert phone.closed == Close.BUG
    phone.talk.ended()
    back = Phone(inside, keys, endpoint)
    assert (await back.welcome(resume=protocol.Resume(session=session, seq=0))).resumed
    assert await back.ask(protocol.Ping(id="1")) == protocol.Ok(re="1")


async def test_every_answer_that_is_a_problem_counts(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PROBLEMS", 6)
    keys, endpoint = await inside.registered()
    phone = Phone(inside, keys, endpoint)
    await phone.welcome()
    call = "c_" + "0" * 20
    for number in range(2):
        phone.say(protocol.Signal(id=f"signal {number}", call=call, epoch=0, body=b"x"))
        phone.talk.received(b"\xc1", text=False)
        await phone.ask(protocol.HangUp(id=f"hang up {number}", call=call))
    assert phone.closed is None
    inside.now += 1.0
    phone.talk.received(b"\xc1", text=False)
    assert phone.closed is None, "one a second is nobody's flood"
    phone.talk.received(b"\xc1", text=False)
    assert phone.closed == Close.FLOOD


async def test_what_was_done_is_not_answered_with_a_problem(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, endpoint = await inside.mum()
    desk = inside.server.reception.desk
    phone = Phone(inside, keys, endpoint)
    await phone.welcome()
    for name in ("endpoints_for", "people_known_to", "housemates", "missed"):
        monkeypatch.setattr(desk.directory, name, unavailable)
    for command in (
        protocol.Verify(id="1", code=inside.codes[-1]),
        protocol.Describe(id="2", name="Watch"),
    ):
        assert await phone.ask(command) == protocol.Ok(re=command.id)
    household, person = endpoint.household, endpoint.person
    code = await inside.server.registry.offer_pairing(
        Pairing(household, person, shared=True, expires=inside.now + 60)
    )
    new = KeyPair.generate().public
    keys_of_it = protocol.Keys(
        identity=new.identity, sealing=new.sealing, sealing_signature=new.sealing_signature
    )
    pair = protocol.Pair(id="3", code=code, keys=keys_of_it, name="Porch")
    paired = await desk.strangers.welcome(pair, origin="")
    assert isinstance(paired, protocol.Paired)


async def test_who_is_signing_in_while_a_number_is_verified_is_registered(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A speaker that came before there was anybody gets its first profile."""
    _, mum = await inside.mum()
    server = inside.server
    code = await server.registry.offer_pairing(
        Pairing(mum.household, None, shared=True, expires=inside.now + 60)
    )
    keys = KeyPair.generate()
    kitchen = await server.registry.pair(code, keys.public, "Kitchen", Capabilities())
    assert kitchen.person is None
    directory = server.reception.desk.directory
    held = Held(directory.describe_endpoint)
    monkeypatch.setattr(directory, "describe_endpoint", held)
    phone = Phone(inside, keys, kitchen)
    phone.sign_in(capabilities=Capabilities(camera=True))
    await held.one_waits()
    assert mum.person is not None
    await server.verifying.verify(mum.person, inside.codes[-1])
    held.let_go()
    welcome = await phone.reply("sign_in")
    assert welcome.snapshot.registered
    assert welcome.snapshot.person.name == "Mum"


async def test_a_description_keeps_what_was_verified_meanwhile(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mum = await inside.mum()
    server = inside.server
    pairing = Pairing(mum.household, None, shared=True, expires=inside.now + 60)
    keys = KeyPair.generate()
    kitchen = await server.registry.pair(
        await server.registry.offer_pairing(pairing), keys.public, "Kitchen", Capabilities()
    )
    phone = Phone(inside, keys, kitchen)
    assert not (await phone.welcome()).snapshot.registered  # type: ignore[union-attr]
    directory = server.reception.desk.directory
    held = Held(directory.describe_endpoint)
    monkeypatch.setattr(directory, "describe_endpoint", held)
    phone.say(protocol.Describe(id="1", name="Big kitchen"))
    await held.one_waits()
    assert mum.person is not None
    await server.subjects.people.carry_out(
        await server.reception.desk.principal(mum, None),
        protocol.Verify(id="2", code=inside.codes[-1]),
    )
    held.let_go()
    await phone.reply("1")
    live = server.sessions.of(kitchen.id)
    assert live is not None
    assert (live.endpoint.name, live.endpoint.person) == ("Big kitchen", mum.person)
    assert live.principal.registered


async def test_what_is_too_large_is_answered_by_its_id(inside: Inside) -> None:
    keys, endpoint = await inside.registered()
    phone = Phone(inside, keys, endpoint)
    large = protocol.Signal(id="large", call="c_" + "0" * 20, epoch=0, body=b"x" * protocol.MAX_FRAME)
    reply = await phone.ask(large)
    assert (reply.code, reply.re) == (Code.TOO_LARGE, "large")


async def test_nobody_can_sign_for_the_key_of_an_unknown_endpoint(inside: Inside) -> None:
    assert not small_order(inside.server.subjects.signing_in._nobody)


async def test_who_never_proved_a_number_is_gone_after_a_week_wherever_they_are(inside: Inside) -> None:
    keys, endpoint = await inside.mum()
    phone = Phone(inside, keys, endpoint)
    await phone.welcome()
    registry = inside.server.registry
    token = await registry.issue_token(endpoint.id, 2 * UNPROVED_LIFE)
    inside.now += UNPROVED_LIFE + 1
    server = inside.server
    upkeep = Upkeep(
        inside.database,
        server.deadlines,
        server.reception.desk.clock,
        lambda: 1,
        server.subjects.accounts.expel,
    )
    upkeep.start()
    await phone.until(lambda: phone.closed)
    assert phone.closed == Close.REMOVED
    assert inside.server.sessions.of(endpoint.id) is None
    with pytest.raises(Problem) as refused:
        await registry.bearer(token)
    assert refused.value.code is Code.INVALID_TOKEN
    await upkeep.stop()
