"""Calls between real endpoints are sealed and signed: what is on the way, who is refused, what a restart changes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kith import Endpoint
from kith.core.trust.history import Known
from kith.core.trust.untrusted import Reason
from kith.endpoint.call import Call
from kith.endpoint.directory import Unclear
from kith.endpoint.home import Home
from signaling import protocol
from signaling.call import EndReason
from tests.support import signing
from tests.support.endpoints import DEFAULTS, Watched, endpoint_of, phone_of, settled_in
from tests.support.server import Joined, RunningServer, running_server
from tests.support.wire import Endpoint as Scripted

ANNA, BOB = 440, 1000


@dataclass
class Two:
    server: RunningServer
    anna: Joined
    bob: Joined
    home: Path
    stack: AsyncExitStack

    async def phone(self, who: Joined, **parts: Any) -> Watched:
        tone = ANNA if who is self.anna else BOB
        return await self.stack.enter_async_context(
            phone_of(self.server, who, self.home, microphone=f"tone:{tone}", **parts)
        )

    async def phones(self) -> tuple[Watched, Watched]:
        return await self.phone(self.anna), await self.phone(self.bob)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with running_server(tmp_path) as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        bob = await server.person("Bob", by=anna)
        yield Two(server, anna, bob, tmp_path, stack)


async def talk(caller: Watched, callee: Watched, whom: str, hears: tuple[int, int]) -> None:
    await caller.endpoint.call(whom)
    await callee.until("ringing")
    await callee.endpoint.answer()
    await asyncio.gather(caller.hears(hears[0]), callee.hears(hears[1]))
    assert caller.call.verified and callee.call.verified


@dataclass
class Post:
    """What an endpoint gave the server for the other end."""

    bodies: list[bytes] = field(default_factory=list)

    def watch(self, watched: Watched) -> None:
        connection: Any = watched.endpoint._wire.connection

        async def signal(command: protocol.Signal) -> None:
            self.bodies.append(command.body)
            await type(connection).signal(connection, command)

        call: Any = watched.call
        call._connection = _Instead(connection, signal)


class _Instead:
    """A connection whose `signal` is another one."""

    def __init__(self, connection: Any, signal: Any) -> None:
        self._connection, self.signal = connection, signal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


async def test_nothing_that_passes_the_server_can_be_read_there(two: Two) -> None:
    anna, bob = await two.phones()
    posts = Post(), Post()
    await anna.endpoint.call("Bob")
    await bob.until("ringing")
    posts[0].watch(anna)
    posts[1].watch(bob)
    await bob.endpoint.answer()
    await asyncio.gather(anna.hears(BOB), bob.hears(ANNA))
    said = anna.call.description
    assert said is not None and "a=fingerprint:sha-256 " in said
    told = [line.encode() for line in said.splitlines() if len(line) > 12]
    for post in posts:
        assert post.bodies
        for data in post.bodies:
            assert not any(line in data for line in (*told, b"candidate", b"fingerprint", b"sdp", b'{"'))
            with pytest.raises(ValueError):  # noqa: PT011 - whatever the decoder says
                json.loads(data)
    assert len({data for post in posts for data in post.bodies}) == sum(len(post.bodies) for post in posts)


@pytest.mark.parametrize("version", [1, 2, None])
async def test_who_speaks_plainly_or_unsealed_is_refused(two: Two, version: int | None) -> None:
    anna = await two.phone(two.anna)
    await signing.begin(two.server, two.bob)
    async with Scripted(two.server, two.bob) as bob:
        call = await anna.endpoint.call("Bob")
        await bob.event("ringing")
        await bob.ok("answer", call=call.id)
        await bob.event("signalled")
        plain = {"v": version, "kind": "description", "type": "answer", "sdp": call.description}
        body = b"\x01" + b"x" * 60 if version is None else json.dumps(plain).encode()
        await bob.say("signal", call=call.id, epoch=0, body=body)
        await anna.until("untrusted", call, Reason.UNREADABLE)
        assert await bob.ended(call.id) == "hung_up"
        assert not call.verified and not anna.times("connected")
        assert anna.details("indicator") == [], "the microphone was not even opened"


# -- what was known before ------------------------------------------------------------------------------


async def remembering(two: Two, change: Any, **more: Any) -> Watched:
    """Anna's phone, which remembers Bob otherwise than he is."""
    chain = await signing.begin(two.server, two.bob)
    place = await settled_in(two.server, two.anna, Home(two.home / "remembering"))
    known = Known(chain.root, chain.point.version, chain.point.head, verified=True)
    assert two.bob.person is not None
    place.remember(place.memory().with_person(two.bob.person, change(known), None))
    parts: Any = {**DEFAULTS, "microphone": f"tone:{ANNA}", **more}
    watched = Watched(await Endpoint.open(place.path, **parts))
    await two.stack.enter_async_context(watched.endpoint)
    return watched


def another(known: Known) -> Known:
    return replace(known, root=bytes(32), head=bytes(32))


async def test_another_identity_is_refused_and_remembered_as_it_was(two: Two) -> None:
    anna, bob = await remembering(two, another), await two.phone(two.bob)
    call = await anna.endpoint.call("Bob")
    await bob.until("ringing")
    await bob.endpoint.answer()
    await anna.until("identity_changed", call)
    await asyncio.gather(anna.until("ended"), bob.until("ended", EndReason.HUNG_UP))
    assert not bob.times("connected") and not anna.times("connected")
    assert anna.details("indicator") == bob.details("indicator") == [], "no microphone was opened"
    assert Home(two.home / "remembering").memory().persons[two.bob.person or ""].root == bytes(32)


async def test_another_identity_is_talked_to_if_somebody_says_so_and_is_the_known_one_then(two: Two) -> None:
    asked: list[Call] = []

    async def accept(call: Call) -> bool:
        asked.append(call)
        assert not anna.endpoint.equipment.voice.live and not call.verified
        return True

    anna = await remembering(two, another, accept_changed_identities=accept)
    bob = await two.phone(two.bob)
    await talk(anna, bob, "Bob", (BOB, ANNA))
    assert asked == [anna.call]
    known = Home(two.home / "remembering").memory().persons[two.bob.person or ""]
    assert known.root != bytes(32) and not known.verified
    await anna.endpoint.hang_up()
    await bob.until("ended")
    again = await anna.endpoint.call("Bob")
    await bob.until_true(lambda: bob.endpoint.current is not None, "ringing again")
    await bob.endpoint.answer()
    await bob.hears(ANNA)
    assert again.verified and len(asked) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda known: replace(known, version=3), Reason.STALE),
        (lambda known: replace(known, head=bytes(32)), Reason.FORKED),
    ],
    ids=["held back", "forked"],
)
async def test_a_chain_that_was_cut_or_forked_ends_the_call_before_anything_is_sent(
    two: Two, change: Any, reason: Reason
) -> None:
    anna = await remembering(two, change, accept_changed_identities=True)
    bob = await two.phone(two.bob)
    await bob.endpoint.call("Anna")
    await anna.until("ringing")
    await anna.endpoint.answer()
    _, _, (_, found) = await anna.until("untrusted")
    assert found is reason
    await bob.until("ended", EndReason.HUNG_UP)
    assert anna.details("indicator") == [] and not bob.times("connected")


async def test_a_new_endpoint_of_the_other_is_believed_by_their_chain_in_the_middle_of_a_session(
    two: Two,
) -> None:
    anna, bob = await two.phones()
    await talk(anna, bob, "Bob", (BOB, ANNA))
    await anna.endpoint.hang_up()
    await bob.until("ended")
    async with endpoint_of(two.server, two.bob, "Tablet", two.home, microphone="tone:700") as tablet:
        before = len(anna.times("connected"))
        await tablet.endpoint.call("Anna")
        await anna.until_true(lambda: anna.endpoint.current is not None, "ringing again")
        await anna.endpoint.answer()
        await asyncio.gather(tablet.hears(ANNA), anna.hears(700))
        assert len(anna.times("connected")) == before + 1 and tablet.call.verified


# -- shared endpoints ----------------------------------------------------------------------------------


async def test_a_shared_endpoint_speaks_for_its_household_and_for_its_people(two: Two) -> None:
    anna, bob = await two.phones()
    async with endpoint_of(
        two.server, two.anna, "Kitchen", two.home, shared=True, microphone="tone:700"
    ) as kitchen:
        await anna.until_true(
            lambda: any(one.name == "Kitchen" for one in anna.endpoint.directory.endpoints), "the kitchen"
        )
        await talk(anna, kitchen, "Kitchen", (700, ANNA))
        await kitchen.endpoint.hang_up()
        await anna.until("ended")
        await talk(kitchen, bob, "Bob", (BOB, 700))
        assert bob.call.view.peer_person == two.anna.person == kitchen.call.view.own_person


@pytest.mark.row("R5")
async def test_each_of_a_household_calls_from_a_shared_endpoint_in_their_own_name(two: Two) -> None:
    cleo = await two.server.person("Cleo", by=two.anna, household=True)
    dan = await two.server.person("Dan", by=cleo)
    await signing.move_in(two.server, two.anna, cleo)
    async with (
        phone_of(two.server, dan, two.home, microphone="tone:1000") as his,
        endpoint_of(two.server, two.anna, "Kitchen", two.home, shared=True, microphone="tone:700") as kitchen,
    ):
        await signing.let_act(two.server, cleo)
        with pytest.raises(Unclear):
            await kitchen.endpoint.call("Dan")  # Anna, whose profile it has, does not know him
        await kitchen.endpoint.call("Dan", profile="Cleo")
        await his.until("ringing")
        assert his.call.peer_name == "Cleo"
        await his.endpoint.answer()
        await asyncio.gather(his.hears(700), kitchen.hears(1000))
        assert his.call.verified and his.call.view.peer_person == cleo.person


async def test_a_shared_endpoint_that_is_taken_back_speaks_for_nobody(two: Two) -> None:
    bob = await two.phone(two.bob)
    async with endpoint_of(two.server, two.anna, "Kitchen", two.home, shared=True) as kitchen:
        await kitchen.endpoint.call("Bob")
        await bob.until("ringing")
        await signing.take_back(two.server, two.anna)
        await bob.endpoint.answer()
        await asyncio.gather(kitchen.until("ended"), bob.until("ended"))
        reasons = {reason for one in (kitchen, bob) for _, reason in one.details("untrusted")}
        assert reasons == {Reason.NOT_DELEGATED}, "whichever of the two looked first"
        assert not bob.times("connected") and not kitchen.times("connected")


# -- a server that goes away -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_the_server_is_killed_while_they_negotiate(two: Two, who: str) -> None:
    """What either says first is lost with the server; nothing is taken twice, and both are verified in the end."""
    anna, bob = await two.phones()
    await anna.endpoint.call("Bob")
    await bob.until("ringing")
    one = anna if who == "caller" else bob
    call: Any = one.call
    connection = call._connection
    killed = asyncio.Event()
    killing: list[None] = []

    async def signal(command: protocol.Signal) -> None:
        if not killing:
            killing.append(None)
            await two.server.kill()
            killed.set()
        await connection.signal(command)

    call._connection = _Instead(connection, signal)
    await bob.endpoint.answer()
    await killed.wait()
    await asyncio.gather(anna.until("away"), bob.until("away"))
    await two.server.start()
    await asyncio.gather(anna.hears(BOB), bob.hears(ANNA))
    assert anna.call.verified and bob.call.verified
