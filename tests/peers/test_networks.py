"""Calls between homes behind routers: the server and the relay on an internet of their own, all of it real.

One internet for all tests; each begins by saying what the routers do, with everybody at home and in no call.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio

from tests.support import signing
from tests.support.afar import Afar, afar
from tests.support.browsers import Kind, Screen, browsers
from tests.support.coturn import Coturn, coturn
from tests.support.nets import Nat, Nets, nets
from tests.support.pages import settle
from tests.support.server import Joined, RunningServer, running_server

pytestmark = [pytest.mark.alone, pytest.mark.asyncio(loop_scope="module")]

ANA, BEN = 440, 1000

Way = Literal["preserving", "symmetric", "dual"]
"""What the routers do to IPv4; "dual": they keep ports, and the machines have IPv6 as well."""

WAYS: tuple[Way, ...] = ("preserving", "symmetric", "dual")
BROWSERS: tuple[Kind, ...] = ("chromium", "firefox")


@dataclass
class World:
    """Ana's home "a" behind router "ra", Ben's "b" behind "rb"; a second way out for Ana, "rc", not plugged in."""

    net: Nets
    relay: Coturn
    server: RunningServer
    people: dict[str, Joined]
    directory: Path
    stack: AsyncExitStack
    devices: dict[str, Afar] = field(default_factory=dict)
    pages: dict[Kind, Screen] = field(default_factory=dict)
    dual: bool = False

    @property
    def ana(self) -> Afar:
        return self.devices["a"]

    @property
    def ben(self) -> Afar:
        return self.devices["b"]

    async def build(self) -> None:
        for machine, router, network in (("a", "ra", 1), ("b", "rb", 2)):
            await self.net.home(machine)
            await self.net.router(router, "preserving")
            await self.net.wire(machine, router, network)
            await self.net.plug(machine, router, network)
        await self.net.router("rc", "preserving")
        await self.net.wire("a", "rc", 3)
        for name, machine, tone in (("Ana", "a", ANA), ("Ben", "b", BEN)):
            self.devices[machine] = await self._device(self.people[name], machine, tone)

    async def _device(self, person: Joined, machine: str, tone: int) -> Afar:
        code = await self.server.pairing(person, shared=False)
        inside = self.net.inside(machine)
        one = await self.stack.enter_async_context(
            afar(inside, self.server.url, code, f"{person.name}-{machine}", self.directory, tone=tone)
        )
        await signing.sign_for_all(self.server, person)
        await one.until("joined")
        return one

    async def browser(self, kind: Kind) -> Screen:
        """A page of Ana's at "a"."""
        if kind not in self.pages:
            inside = self.net.inside("a")
            place = self.directory / kind
            place.mkdir()
            launch = await self.stack.enter_async_context(browsers(self.server, place, inside=inside))
            page = self.pages[kind] = await launch.screen(kind, tone=ANA)
            await settle(page, self.server, self.people["Ana"], self.directory, f"Page in {kind}")
        return self.pages[kind]

    async def are(self, way: Way) -> None:
        """Everybody at home, behind routers of this kind."""
        nat: Nat = "symmetric" if way == "symmetric" else "preserving"
        for router in ("ra", "rb", "rc"):
            await self.net.nat(router, nat)
        if self.dual is not (way == "dual"):
            self.dual = way == "dual"
            for machine, router, network in (("a", "ra", 1), ("b", "rb", 2)):
                await self.net.unplug(machine, router)
                await self.net.stacks(machine, dual=self.dual)
                await self.net.plug(machine, router, network, dual=self.dual)
                await self.net.settled(machine)
        for device in self.devices.values():
            await device.ready()

    async def leave(self) -> None:
        """Ana's machine has no network."""
        await self.net.unplug("a", "ra")
        await self.net.unplug("a", "rc")

    async def go(self, router: str) -> None:
        """There is a way out for Ana's machine, beside what there is."""
        await self.net.plug("a", router, {"ra": 1, "rc": 3}[router], dual=self.dual)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory: Path = tmp_path_factory.mktemp("networks")
    async with AsyncExitStack() as stack:
        net = await stack.enter_async_context(nets())
        inside = net.inside("inet")
        relay = await stack.enter_async_context(
            coturn(directory / "turn", host=net.server, inside=inside, port=3478)
        )
        server = await stack.enter_async_context(
            running_server(
                directory,
                *("--no-tls", "--bind=0.0.0.0", f"--host={net.server}", *relay.options),
                inside=inside,
            )
        )
        ana = await server.person("Ana")
        people = {"Ana": ana, "Ben": await server.person("Ben", by=ana)}
        await net.count(server=server.port, relay=relay.port)
        own = await stack.enter_async_context(AsyncExitStack())
        world = World(net, relay, server, people, directory, own)
        await world.build()
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(built: World) -> AsyncIterator[World]:
    yield built
    await built.leave()
    await built.go("ra")
    await built.net.settled("a")
    for page in built.pages.values():
        await page.leave_calls()


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


STRETCH = 2.0
"""Seconds of a call over which what passes the server's machine is counted."""


@pytest.mark.parametrize("turned", [False, True], ids=["Ana calls", "Ben calls"])
async def test_routers_that_keep_ports_let_calls_through_directly(world: World, turned: bool) -> None:
    await world.are("preserving")
    ana, ben = world.ana, world.ben
    await (in_call(ben, ana, "Ana") if turned else in_call(ana, ben, "Ben"))
    await both_hear(ana, ben)
    for one in (ana, ben):
        for own, other in await one.pairs():
            assert own == "host" and other in ("srflx", "prflx"), (own, other)
    before = await world.net.counts()
    await asyncio.sleep(STRETCH)
    after = await world.net.counts()
    assert after["datagrams"].packets - before["datagrams"].packets < 10, (
        "media takes no part in the server's machine"
    )
    assert after["signaling"].bytes - before["signaling"].bytes < 5_000
    await both_hear(ana, ben)


@pytest.mark.parametrize("turned", [False, True], ids=["Ana calls", "Ben calls"])
async def test_routers_that_change_ports_need_the_relay_and_get_it(world: World, turned: bool) -> None:
    await world.are("symmetric")
    ana, ben = world.ana, world.ben
    await (in_call(ben, ana, "Ana") if turned else in_call(ana, ben, "Ben"))
    await both_hear(ana, ben)
    kinds = {kind for one in (ana, ben) for pair in await one.pairs() for kind in pair}
    assert "relay" in kinds, kinds
    before = await world.net.counts()
    await asyncio.sleep(STRETCH)
    after = await world.net.counts()
    assert after["relay"].packets - before["relay"].packets > 40 * STRETCH
    assert after["signaling"].bytes - before["signaling"].bytes < 5_000, "the server's sockets carry no media"


BACK_WITHIN = 3.0
"""Seconds from the new network being there to sound both ways."""


async def back(ana: Afar, ben: Afar) -> float:
    """Seconds from now until both hear each other again, and go on doing so."""
    now = time.monotonic()
    began = await asyncio.gather(ana.steady(BEN, after=now), ben.steady(ANA, after=now))
    return max(began) - now


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("turned", [False, True], ids=["the caller moves", "the callee moves"])
async def test_a_device_that_changes_its_network_is_heard_again(world: World, turned: bool, way: Way) -> None:
    await world.are(way)
    ana, ben = world.ana, world.ben
    await (in_call(ben, ana, "Ana") if turned else in_call(ana, ben, "Ben"))
    await both_hear(ana, ben)
    await world.leave()
    await asyncio.sleep(1)  # a moment without any network, as between two Wi-Fis
    await world.go("rc")
    assert await back(ana, ben) < BACK_WITHIN
    await world.go("ra")  # and home again: the old way is there before the other one goes
    await world.net.unplug("a", "rc")
    assert await back(ana, ben) < BACK_WITHIN
    assert not any(one["event"] == "ended" for one in (*ana.history, *ben.history))


CUT = 6.0
"""Seconds without a network: longer than either side takes for a hiccup."""


async def test_a_network_that_is_cut_and_mended_brings_the_sound_back(world: World) -> None:
    await world.are("preserving")
    ana, ben = world.ana, world.ben
    await in_call(ana, ben, "Ben")
    await both_hear(ana, ben)
    await world.leave()
    await asyncio.sleep(CUT)
    await world.go("ra")
    assert await back(ana, ben) < BACK_WITHIN


# -- browsers -----------------------------------------------------------------------------------------


async def chosen(screen: Screen) -> set[tuple[str, str]]:
    """(own, other) kinds of candidates that the page's call goes over."""
    used = {one.get("selectedCandidatePairId") for one in await screen.statistics("transport")}
    pairs = await screen.statistics("candidate-pair")
    own = {one["id"]: one["candidateType"] for one in await screen.statistics("local-candidate")}
    other = {one["id"]: one["candidateType"] for one in await screen.statistics("remote-candidate")}
    return {
        (own[one["localCandidateId"]], other[one["remoteCandidateId"]])
        for one in pairs
        if one["id"] in used or one.get("selected")  # Firefox says it at the pair
    }


async def call_ben(world: World, page: Screen) -> set[str]:
    """The page calls, and both hear each other; returns the kinds of candidates in use."""
    await page.place("Ben", video=False)
    await world.ben.until("ringing")
    await world.ben.say("answer")
    await page.connected()
    await world.ben.until("heard", hertz=ANA)
    assert await page.hears() == pytest.approx(BEN, abs=8)
    pairs = [*await chosen(page), *await world.ben.pairs()]
    return {kind for pair in pairs for kind in pair}


async def heard_again(world: World, page: Screen) -> float:
    """Seconds from now until Ben hears the page again, and goes on doing so; the page hears him, too."""
    now = time.monotonic()
    began = await world.ben.steady(ANA, after=now)
    assert await page.hears() == pytest.approx(BEN, abs=8)
    await page.connected()
    return began - now


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", BROWSERS)
async def test_a_browser_behind_a_router_calls_and_moves(world: World, kind: Kind, way: Way) -> None:
    await world.are(way)
    page = await world.browser(kind)
    kinds = await call_ben(world, page)
    assert ("relay" in kinds) is (way == "symmetric"), kinds
    await world.leave()
    await asyncio.sleep(1)
    await world.go("rc")
    assert await heard_again(world, page) < BACK_WITHIN
    await world.go("ra")
    await world.net.unplug("a", "rc")
    assert await heard_again(world, page) < BACK_WITHIN


@pytest.mark.parametrize("kind", BROWSERS)
async def test_a_browser_whose_network_is_cut_and_mended_is_heard_again(world: World, kind: Kind) -> None:
    await world.are("preserving")
    page = await world.browser(kind)
    await call_ben(world, page)
    await world.leave()
    await asyncio.sleep(CUT)
    await world.go("ra")
    assert await heard_again(world, page) < BACK_WITHIN
