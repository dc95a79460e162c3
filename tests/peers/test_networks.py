"""Calls between homes behind routers: the server and the relay on an internet of their own, all of it real."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import signing
from tests.support.afar import Afar, afar
from tests.support.browsers import CHROMIUM, Screen, browsers
from tests.support.coturn import Coturn, coturn
from tests.support.nets import Nat, Nets, nets, within
from tests.support.pages import settle
from tests.support.server import Joined, RunningServer, running_server

pytestmark = pytest.mark.alone

ANA, BEN = 440, 1000


@dataclass
class World:
    """Ana's home "a" behind router "ra", Ben's "b" behind "rb"; a second way out for Ana, "rc", not plugged in."""

    net: Nets
    relay: Coturn
    server: RunningServer
    ana: Joined
    ben: Joined
    directory: Path
    stack: AsyncExitStack

    async def homes(self, nat: Nat) -> None:
        for machine, router, network in (("a", "ra", 1), ("b", "rb", 2)):
            await self.net.home(machine)
            await self.net.router(router, nat)
            await self.net.wire(machine, router, network)
            await self.net.plug(machine, router, network)
        await self.net.router("rc", nat)
        await self.net.wire("a", "rc", 3)

    async def device(self, person: Joined, machine: str, tone: int) -> Afar:
        code = await self.server.pairing(person, shared=False)
        inside = self.net.inside(machine)
        one = await self.stack.enter_async_context(
            afar(inside, self.server.url, code, f"{person.name}-{machine}", self.directory, tone=tone)
        )
        await signing.sign_for_all(self.server, person)
        await one.until("joined")
        return one

    async def browser(self, person: Joined, machine: str, tone: int) -> Screen:
        """A page of a person's, in a Chromium at a machine."""
        launch = await self.stack.enter_async_context(
            browsers(
                self.server,
                self.directory,
                chromium=within(self.directory, self.net.inside(machine), CHROMIUM),
                flags=(
                    f"--unsafely-treat-insecure-origin-as-secure={self.server.url}",
                    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {self.net.server}",
                ),
            )
        )
        screen = await launch.screen("chromium", tone=tone)
        await settle(screen, self.server, person, self.directory, "Page")
        return screen

    async def pair(self) -> tuple[Afar, Afar]:
        """A device of Ana's at "a" and one of Ben's at "b"."""
        return await self.device(self.ana, "a", ANA), await self.device(self.ben, "b", BEN)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        net = await stack.enter_async_context(nets())
        inside = net.inside("inet")
        relay = await stack.enter_async_context(
            coturn(tmp_path / "turn", host=net.server, inside=inside, port=3478)
        )
        server = await stack.enter_async_context(
            running_server(
                tmp_path,
                *("--no-tls", "--bind=0.0.0.0", f"--host={net.server}", *relay.options),
                inside=inside,
            )
        )
        ana = await server.person("Ana")
        ben = await server.person("Ben", by=ana)
        await net.count(server=server.port, relay=relay.port)
        yield World(net, relay, server, ana, ben, tmp_path, await stack.enter_async_context(AsyncExitStack()))


async def in_call(caller: Afar, callee: Afar, whom: str) -> None:
    await caller.say(f"call {whom}")
    await callee.until("ringing")
    await callee.say("answer")
    await asyncio.gather(caller.until("connected"), callee.until("connected"))


async def both_hear(ana: Afar, ben: Afar, *, after: float = 0.0) -> float:
    """Wait until each hears the other; returns when both did."""
    heard = await asyncio.gather(
        ana.until("heard", hertz=BEN, after=after), ben.until("heard", hertz=ANA, after=after)
    )
    return max(float(one["at"]) for one in heard)


@pytest.mark.parametrize("turned", [False, True], ids=["Ana calls", "Ben calls"])
async def test_routers_that_keep_ports_let_calls_through_directly(world: World, turned: bool) -> None:
    await world.homes("preserving")
    ana, ben = await world.pair()
    caller, callee, whom = (ben, ana, "Ana") if turned else (ana, ben, "Ben")
    await in_call(caller, callee, whom)
    await both_hear(ana, ben)
    for one in (ana, ben):
        for own, other in await one.pairs():
            assert own == "host" and other in ("srflx", "prflx"), (own, other)
    before = await world.net.counts()
    await asyncio.sleep(5)  # a stretch of the call
    after = await world.net.counts()
    assert after["datagrams"].packets - before["datagrams"].packets < 10, (
        "media takes no part in the server's machine"
    )
    assert after["signaling"].bytes - before["signaling"].bytes < 5_000
    await both_hear(ana, ben)


@pytest.mark.parametrize("turned", [False, True], ids=["Ana calls", "Ben calls"])
async def test_routers_that_change_ports_need_the_relay_and_get_it(world: World, turned: bool) -> None:
    await world.homes("symmetric")
    ana, ben = await world.pair()
    caller, callee, whom = (ben, ana, "Ana") if turned else (ana, ben, "Ben")
    await in_call(caller, callee, whom)
    await both_hear(ana, ben)
    kinds = {kind for one in (ana, ben) for pair in await one.pairs() for kind in pair}
    assert "relay" in kinds, kinds
    before = await world.net.counts()
    await asyncio.sleep(5)
    after = await world.net.counts()
    assert after["relay"].packets - before["relay"].packets > 200
    assert after["signaling"].bytes - before["signaling"].bytes < 5_000, "the server's sockets carry no media"


BACK_WITHIN = 3.0
"""Seconds from the new network being there to sound both ways."""


async def back(ana: Afar, ben: Afar) -> float:
    """Seconds from now until both hear each other again, and go on doing so."""
    now = time.monotonic()
    began = await asyncio.gather(ana.steady(BEN, after=now), ben.steady(ANA, after=now))
    return max(began) - now


@pytest.mark.parametrize("nat", ["preserving", "symmetric"])
@pytest.mark.parametrize("turned", [False, True], ids=["the caller moves", "the callee moves"])
async def test_a_device_that_changes_its_network_is_heard_again(world: World, turned: bool, nat: Nat) -> None:
    await world.homes(nat)
    ana, ben = await world.pair()
    await (in_call(ben, ana, "Ana") if turned else in_call(ana, ben, "Ben"))
    await both_hear(ana, ben)
    await world.net.unplug("a", "ra")
    await asyncio.sleep(1)  # a moment without any network, as between two Wi-Fis
    await world.net.plug("a", "rc", 3)
    assert await back(ana, ben) < BACK_WITHIN
    await world.net.plug("a", "ra", 1)  # and home again: the old way is there before the other one goes
    await world.net.unplug("a", "rc")
    assert await back(ana, ben) < BACK_WITHIN
    assert not any(one["event"] == "ended" for one in (*ana.history, *ben.history))


async def test_a_network_that_is_cut_and_mended_brings_the_sound_back(world: World) -> None:
    await world.homes("preserving")
    ana, ben = await world.pair()
    await in_call(ana, ben, "Ben")
    await both_hear(ana, ben)
    await world.net.unplug("a", "ra")
    await asyncio.sleep(6)  # longer than either side takes for a hiccup
    await world.net.plug("a", "ra", 1)
    assert await back(ana, ben) < BACK_WITHIN


async def chosen(screen: Screen) -> set[tuple[str, str]]:
    """(own, other) kinds of candidates that the page's call goes over."""
    transports = await screen.statistics("transport")
    pairs = {one["id"]: one for one in await screen.statistics("candidate-pair")}
    own = {one["id"]: one["candidateType"] for one in await screen.statistics("local-candidate")}
    other = {one["id"]: one["candidateType"] for one in await screen.statistics("remote-candidate")}
    used = [pairs[one["selectedCandidatePairId"]] for one in transports]
    return {(own[one["localCandidateId"]], other[one["remoteCandidateId"]]) for one in used}


@pytest.mark.parametrize("nat", ["preserving", "symmetric"])
async def test_a_browser_behind_a_router_calls_and_moves(world: World, nat: Nat) -> None:
    await world.homes(nat)
    page = await world.browser(world.ana, "a", ANA)
    ben = await world.device(world.ben, "b", BEN)
    await page.place("Ben", video=False)
    await ben.until("ringing")
    await ben.say("answer")
    await page.connected()
    await ben.until("heard", hertz=ANA)
    assert await page.hears() == pytest.approx(BEN, abs=8)
    kinds = {kind for pair in [*await chosen(page), *await ben.pairs()] for kind in pair}
    assert ("relay" in kinds) is (nat == "symmetric"), kinds

    await world.net.unplug("a", "ra")
    await asyncio.sleep(1)
    await world.net.plug("a", "rc", 3)
    now = time.monotonic()
    assert await ben.steady(ANA, after=now) - now < BACK_WITHIN
    assert await page.hears() == pytest.approx(BEN, abs=8)
    await page.connected()
