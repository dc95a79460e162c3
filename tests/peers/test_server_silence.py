"""Blocked, offline, not picked up, not to be disturbed: what a caller sees and hears of these, and when, is one and the
same.

A server for tests, whose callers may place as many calls as they like, and on which a call rings for a moment only.
Everything that arrives at the caller is compared byte by byte, but for what names the call and the moment; its times by
ranks (tests.support.ranks).
"""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.support.ranks import distance
from tests.support.server import Joined, RunningServer, as_json, running_server
from tests.support.wire import Endpoint, Message

RINGING = 0.15
CALLERS = 4
ROUNDS = 12
WAYS = ("blocked", "offline", "unanswered", "silent")


@dataclass
class Seen:
    """What a caller saw of one way: each call's messages with their sizes, and two times in seconds."""

    messages: list[list[tuple[int, Message]]] = field(default_factory=list)
    to_reply: list[float] = field(default_factory=list)
    to_end: list[float] = field(default_factory=list)


class Caller(Endpoint):
    """Keeps how large each message was."""

    def __init__(self, server: RunningServer, joined: Joined) -> None:
        super().__init__(server, joined)
        self.sizes: list[int] = []
        self.ids = itertools.count(10_000_000)

    def unpack(self, data: Any) -> Message:
        self.sizes.append(len(data))
        return super().unpack(data)

    async def hear(self, to: str, seen: Seen) -> None:
        """One call in vain."""
        call, begun, known = new_call(), time.perf_counter(), len(self.all)
        request = await self.say("call", id=str(next(self.ids)), call=call, to=to, video=True)
        await self.reply(request)
        replied = time.perf_counter()
        await self.event("ended", call=call)
        ended = time.perf_counter()
        seen.to_reply.append(replied - begun)
        seen.to_end.append(ended - replied)
        heard = [*zip(self.sizes[known:], self.all[known:], strict=True)]
        seen.messages.append([(_size(size, message), _shape(message)) for size, message in heard])


def _size(size: int, message: Message) -> int:
    """Without what the number of an event takes: small numbers are short in MessagePack."""
    seq = message.get("seq", 0)
    return size - (1 if seq < 128 else 2 if seq < 256 else 3)


def _shape(message: Message) -> Message:
    """Without what names this call and this moment."""
    shape = {key: value for key, value in message.items() if key not in ("re", "seq")}
    call = shape.get("call")
    if isinstance(call, dict):
        shape["call"] = {
            key: value
            for key, value in call.items()
            if key not in ("id", "created", "own_person", "peer_person")
        }
        shape["call"] |= {key: len(call[key]) for key in ("peer_name", "called_name")}
    elif call is not None:
        shape["call"] = len(call)
    return shape


async def enrol(server: RunningServer, household: str, person: str, knows: list[str]) -> Joined:
    keys = KeyPair.generate()
    status, reply = await server.post(
        "enrol_test",
        household=household,
        person=person,
        keys=as_json(keys.public),
        device_name="Phone",
        knows=knows,
    )
    assert status == 200, reply
    return Joined(person, keys, reply["endpoint"], reply["person"], reply["household"])


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    arguments = ("--no-tls", "--admit-test", f"--ring-timeout={RINGING}")
    async with running_server(tmp_path, *arguments) as server:
        yield server


@pytest.mark.alone
@pytest.mark.row("R28")
async def test_nobody_can_tell_a_block_from_nobody_at_home(server: RunningServer) -> None:
    seen = {way: Seen() for way in WAYS}
    # Names of one length, so that sizes can be compared; everybody in a household of their own.
    callees = [await enrol(server, f"{way} home", way[:6].ljust(6, "x"), []) for way in WAYS]
    people = {way: str(callee.person) for way, callee in zip(WAYS, callees, strict=True)}
    enrolled = [
        await enrol(server, f"caller {number}", f"Caller {number}", [*people.values()])
        for number in range(CALLERS)
    ]
    async with AsyncExitStack() as stack:
        blocker = await stack.enter_async_context(Endpoint(server, callees[0]))
        idle = await stack.enter_async_context(Endpoint(server, callees[2]))
        quiet = await stack.enter_async_context(Endpoint(server, callees[3]))
        await quiet.ok("report_standing", standing={"quiet": True})
        callers = [await stack.enter_async_context(Caller(server, one)) for one in enrolled]
        for one in enrolled:
            await blocker.ok("block", person=one.person)
        heard = blocker.seq
        ringing = asyncio.create_task(_ring_in_vain(idle))
        await asyncio.gather(*(_call_all(caller, people, seen) for caller in callers))
        ringing.cancel()
        await blocker.ok("ping")
        assert blocker.seq == heard, "the blocker has heard something"
    _compare(seen)


async def _ring_in_vain(endpoint: Endpoint) -> None:
    """As a phone does that nobody picks up."""
    while True:
        ringing = await endpoint.event("ringing")
        await endpoint.say("alerting", call=ringing["call"]["id"])


async def _call_all(caller: Caller, people: dict[str, str], seen: dict[str, Seen]) -> None:
    chance = random.Random(caller.id)  # in another order each time: nothing else may tell them apart
    for _ in range(ROUNDS):
        for way in chance.sample(WAYS, len(WAYS)):
            await caller.hear(people[way], seen[way])


def _compare(seen: dict[str, Seen]) -> None:
    first = seen["blocked"].messages[0]
    assert [message["t"] for _, message in first] == ["call_state", "ended"]
    assert first[1][1]["reason"] == "no_answer"
    for way in WAYS:
        assert len(seen[way].messages) == CALLERS * ROUNDS
        assert [messages for messages in seen[way].messages if messages != first] == [], way
    for one, other in itertools.combinations(WAYS, 2):
        for times in ("to_reply", "to_end"):
            apart = distance(getattr(seen[one], times), getattr(seen[other], times))
            assert abs(apart) < 4.0, f"{one} and {other} differ in {times} by {apart:.1f} standard deviations"
    offline = seen["offline"].to_reply
    quartiles = statistics.quantiles(offline, n=4)
    later = [moment + quartiles[2] - quartiles[0] for moment in offline]
    assert distance(later, offline) > 4.0, "a difference as large as the noise would have been seen"
