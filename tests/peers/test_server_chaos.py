"""Everybody does anything, connections are cut, the server is killed. What each endpoint was told must
always add up: one end for each call it knew of, and in the quiet afterwards nobody rings or talks who
the server does not know to."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from kith.core.ids import new_call
from tests.support.home import Home, living_at_home
from tests.support.wire import Closed, Endpoint, Message

ACTIONS = 250
KILLS = 3
GONE = (Closed, aiohttp.ClientError, ConnectionError)


class Believer(Endpoint):
    """An endpoint that keeps which calls it has a part in, from what it is told alone.

    `placed` are calls that it has asked for without having a reply: it asks again when it is back."""

    calls: dict[str, Message]
    placed: dict[str, Message]
    ends: int

    async def place(self, to: str | None, call: str) -> None:
        request = self.new_id()
        self.placed[request] = {"id": request, "call": call, "to": to, "video": True}
        await self.say("call", **self.placed[request])

    async def place_again(self) -> None:
        for command in tuple(self.placed.values()):
            await self.say("call", **command)

    def heard(self, message: Message) -> None:
        super().heard(message)
        self.placed.pop(message.get("re") or "", None)
        kind, about = message["t"], message.get("call")
        if kind == "welcome" and not message["resumed"]:
            self.calls = {call["id"]: call for call in message["snapshot"]["calls"]}
        elif kind in ("ringing", "call_changed", "call_state") and isinstance(about, dict):
            self.calls[about["id"]] = about
        elif kind == "ended":
            asked = [request for request, command in self.placed.items() if command["call"] == about]
            assert about in self.calls or asked, "an end of what it did not know of, or a second one"
            self.calls.pop(str(about), None)
            self.ends += 1


Action = Callable[[Believer, str], Awaitable[object]]
ABOUT_A_CALL: list[Action] = [
    lambda one, call: one.say("alerting", call=call),
    lambda one, call: one.say("answer", call=call),
    lambda one, call: one.say("answer", call=call),
    lambda one, call: one.say("decline", call=call),
    lambda one, call: one.say("busy", call=call),
    lambda one, call: one.say("cancel", call=call),
    lambda one, call: one.say("hang_up", call=call),
    lambda one, call: one.say("media_up", call=call, epoch=one.calls.get(call, {}).get("epoch", 0)),
    lambda one, call: one.say("media_up", call=call, epoch=one.calls.get(call, {}).get("epoch", 0)),
    lambda one, call: one.say("media_lost", call=call, epoch=one.calls.get(call, {}).get("epoch", 0)),
    lambda one, call: one.say("move", call=call),
    lambda one, call: one.say("signal", call=call, epoch=0, body=b"x"),
]


class Chaos:
    def __init__(self, home: Home, seed: int) -> None:
        self.home = home
        self.chance = random.Random(seed)
        joined = (home.mum, home.dad, home.tablet, home.kitchen, home.hall, home.granny)
        self.everybody = [
            Believer(home.server, one, text=bool(number % 2)) for number, one in enumerate(joined)
        ]
        self.people = [home.mum.person, home.dad.person, home.granny.person, home.kitchen.endpoint]
        self.calls: list[str] = []

    async def begin(self) -> None:
        for one in self.everybody:
            one.calls, one.placed, one.ends = {}, {}, 0
            await one.open()

    async def act(self) -> None:
        one = self.chance.choice(self.everybody)
        try:
            match self.chance.randrange(12):
                case 0 | 1:
                    self.calls.append(new_call())
                    await one.place(self.chance.choice(self.people), self.calls[-1])
                case 2:
                    await one.cut()
                    await self.back(one)
                case 3:
                    how = self.chance.choice(["resume", "reconnect", "disconnect"])
                    await one.ask("leave", how=how)
                    await one.close()
                    await self.back(one)
                case _:
                    call = self.chance.choice((*one.calls, *self.calls[-3:], new_call()))
                    await self.chance.choice(ABOUT_A_CALL)(one, call)
        except GONE:
            await self.back(one)

    async def back(self, one: Believer) -> None:
        """As the protocol asks: with the session, unless it feels like a fresh start."""
        if self.chance.random() < 0.3:
            await one.back(resume=None)
        else:
            await one.back()
        await one.place_again()

    async def kill(self) -> None:
        await self.home.server.kill()
        for one in self.everybody:
            await one.closed()
            await one.close()
        await self.home.server.start()
        for one in self.chance.sample(self.everybody, len(self.everybody)):
            await self.back(one)

    async def quiet(self) -> None:
        """Until everything that was said has been answered: the last ping of each comes after it all."""
        for _ in range(2):
            for one in self.everybody:
                await one.place_again()
                reply = await one.ask("ping")
                if reply["t"] == "problem":
                    await asyncio.sleep(reply["data"]["retry_after"])
                    await one.ok("ping")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.timeout(240)
async def test_what_everybody_was_told_adds_up(tmp_path: Path, seed: int) -> None:
    async with living_at_home(tmp_path, "--trusted-proxy=127.0.0.1") as home:
        chaos = Chaos(home, seed)
        await chaos.begin()
        for number in range(ACTIONS):
            if number % (ACTIONS // (KILLS + 1)) == ACTIONS // (KILLS + 1) - 1:
                await chaos.kill()
            await chaos.act()
        await chaos.quiet()
        for one in chaos.everybody:
            believed = {call: view["phase"] for call, view in one.calls.items()}
            await one.cut()
            await one.back(resume=None)
            await one.ok("ping")
            shown = {call["id"] for call in one.snapshot["calls"]}
            assert set(believed) == shown, f"{one.joined.name} believes {believed}"
        assert sum(one.ends for one in chaos.everybody) > 5, "something happened at all"
        assert "Traceback" not in home.server.log.read_text()
        for one in chaos.everybody:
            await one.ask("leave", how="disconnect")
            await one.close()
