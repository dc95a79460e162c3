"""Calls between homes behind routers: the server and the relay on an internet of their own, all of it real.

One internet for all tests; each begins by saying what the routers do, with everybody at home and in no call. Two calls
go on at a time: what happens to the one machine happens to a caller and to a callee, to Chromium and to Firefox.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
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

ANA, BEN, CLEO, DAN = 440, 1000, 600, 1400
TONES = {"Ana": ANA, "Ben": BEN, "Cleo": CLEO, "Dan": DAN}

Way = Literal["preserving", "symmetric", "dual"]
"""What the routers do to IPv4; "dual": they keep ports, and the machines have IPv6 as well."""

WAYS: tuple[Way, ...] = ("preserving", "symmetric", "dual")
BROWSERS: tuple[Kind, ...] = ("chromium", "firefox")


@dataclass
class World:
    """Machine "a" with devices of Ana's and Cleo's behind router "ra", "b" with Ben's and Dan's behind "rb"; a second
    way out for "a", "rc", not plugged in."""

    net: Nets
    relay: Coturn
    server: RunningServer
    people: dict[str, Joined]
    directory: Path
    stack: AsyncExitStack
    devices: dict[str, Afar] = field(default_factory=dict)
    pages: dict[Kind, Screen] = field(default_factory=dict)
    dual: bool = False

    def pairs(self) -> tuple["Pair", "Pair"]:
        """Who talks to whom: a caller at "a", and a callee there."""
        ana, ben, cleo, dan = (self.devices[name] for name in ("Ana", "Ben", "Cleo", "Dan"))
        return Pair(ana, ben, caller=ana), Pair(cleo, dan, caller=dan)

    async def build(self) -> None:
        for machine, router, network in (("a", "ra", 1), ("b", "rb", 2)):
            await self.net.home(machine)
            await self.net.router(router, "preserving")
            await self.net.wire(machine, router, network)
            await self.net.plug(machine, router, network)
        await self.net.router("rc", "preserving")
        await self.net.wire("a", "rc", 3)
        for name, machine in (("Ana", "a"), ("Ben", "b"), ("Cleo", "a"), ("Dan", "b")):
            self.devices[name] = await self._device(self.people[name], machine)

    async def _device(self, person: Joined, machine: str) -> Afar:
        code = await self.server.pairing(person, shared=False)
        inside, tone = self.net.inside(machine), TONES[person.name]
        one = await self.stack.enter_async_context(
            afar(inside, self.server.url, code, person.name, self.directory, tone=tone)
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
        """Machine "a" has no network."""
        await self.net.unplug("a", "ra")
        await self.net.unplug("a", "rc")

    async def go(self, router: str) -> None:
        """There is a way out for machine "a", beside what there is."""
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
        ben, dan = await server.person("Ben", by=ana), await server.person("Dan", by=ana)
        people = {"Ana": ana, "Ben": ben, "Cleo": await server.person("Cleo", by=dan), "Dan": dan}
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


@dataclass(frozen=True)
class Pair:
    """Two who talk: `near` is at the machine that moves."""

    near: Afar
    far: Afar
    caller: Afar

    @property
    def both(self) -> tuple[Afar, Afar]:
        return self.near, self.far

    def other(self, one: Afar) -> Afar:
        return self.far if one is self.near else self.near

    async def talk(self) -> None:
        """They call, answer, and hear each other."""
        callee = self.other(self.caller)
        await self.caller.say(f"call {callee.name}")
        await callee.until("ringing")
        await callee.say("answer")
        await asyncio.gather(*(one.until("connected") for one in self.both))
        await self.hear()

    async def hear(self) -> None:
        """Wait until each hears the other."""
        await asyncio.gather(*(one.until("heard", hertz=TONES[self.other(one).name]) for one in self.both))

    async def back(self) -> float:
        """Seconds from now until both hear each other again, and go on doing so."""
        now = time.monotonic()
        began = await asyncio.gather(
            *(one.steady(TONES[self.other(one).name], after=now) for one in self.both)
        )
        return max(began) - now


async def all_talk(world: World) -> tuple[Pair, Pair]:
    pairs = world.pairs()
    await asyncio.gather(*(pair.talk() for pair in pairs))
    return pairs


async def all_back(pairs: tuple[Pair, Pair]) -> float:
    return max(await asyncio.gather(*(pair.back() for pair in pairs)))


STRETCH = 2.0
"""Seconds of two calls over which what passes the server's machine is counted."""


async def test_routers_that_keep_ports_let_calls_through_directly(world: World) -> None:
    await world.are("preserving")
    pairs = await all_talk(world)
    for one in (one for pair in pairs for one in pair.both):
        for own, other in await one.pairs():
            assert own == "host" and other in ("srflx", "prflx"), (own, other)
    before = await world.net.counts()
    await asyncio.sleep(STRETCH)
    after = await world.net.counts()
    assert after["datagrams"].packets - before["datagrams"].packets < 10, (
        "media takes no part in the server's machine"
    )
    assert after["signaling"].bytes - before["signaling"].bytes < 5_000
    for pair in pairs:
        await pair.hear()


async def test_routers_that_change_ports_need_the_relay_and_get_it(world: World) -> None:
    await world.are("symmetric")
    pairs = await all_talk(world)
    for pair in pairs:
        kinds = {kind for one in pair.both for ways in await one.pairs() for kind in ways}
        assert "relay" in kinds, kinds
    before = await world.net.counts()
    await asyncio.sleep(STRETCH)
    after = await world.net.counts()
    assert after["relay"].packets - before["relay"].packets > 40 * STRETCH * len(pairs)
    assert after["signaling"].bytes - before["signaling"].bytes < 5_000, "the server's sockets carry no media"


BACK_WITHIN = 3.0
"""Seconds from the new network being there to sound both ways."""

CUT = 6.0
"""Seconds without a network: longer than either side takes for a hiccup."""

Back = Callable[[], Awaitable[float]]
"""Waits until all hear each other again; returns the seconds that it took."""


async def moves(world: World, back: Back) -> None:
    """Away to another network, and home again. What else goes on here may slow one round, not three."""
    took = []
    for _ in range(3):
        await world.leave()
        await asyncio.sleep(1)  # a moment without any network, as between two Wi-Fis
        await world.go("rc")
        away = await back()
        await world.go("ra")  # and home again: the old way is there before the other one goes
        await world.net.unplug("a", "rc")
        took.append(max(away, await back()))
        if took[-1] < BACK_WITHIN:
            return
    raise AssertionError(f"back after {took} seconds")


async def is_cut_off(world: World, back: Back) -> None:
    """For a while there is no network, as in a lift. (As often as `moves`.)"""
    took = []
    for _ in range(3):
        await world.leave()
        await asyncio.sleep(CUT)
        await world.go("ra")
        took.append(await back())
        if took[-1] < BACK_WITHIN:
            return
    raise AssertionError(f"back after {took} seconds")


@pytest.mark.parametrize("way", WAYS)
async def test_devices_that_change_their_network_are_heard_again(world: World, way: Way) -> None:
    """The one that called, and the one that was called."""
    await world.are(way)
    pairs = await all_talk(world)
    await moves(world, lambda: all_back(pairs))
    for one in (one for pair in pairs for one in pair.both):
        assert not any(happened["event"] == "ended" for happened in one.history)


async def test_a_network_that_is_cut_and_mended_brings_the_sound_back(world: World) -> None:
    await world.are("preserving")
    pairs = await all_talk(world)
    await is_cut_off(world, lambda: all_back(pairs))


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


CALLED: dict[Kind, str] = {"chromium": "Ben", "firefox": "Dan"}
"""Whom the page in each browser calls."""


async def call_from(world: World, kind: Kind) -> set[str]:
    """The page calls, and both hear each other; returns the kinds of candidates in use."""
    page, callee = await world.browser(kind), world.devices[CALLED[kind]]
    await page.place(callee.name, video=False)
    await callee.until("ringing")
    await callee.say("answer")
    await page.connected()
    await callee.until("heard", hertz=ANA)
    assert await page.hears() == pytest.approx(TONES[callee.name], abs=8)
    pairs = [*await chosen(page), *await callee.pairs()]
    return {kind for pair in pairs for kind in pair}


async def call_directly_from(world: World, kind: Kind) -> set[str]:
    """The same, and once more where the relay was quicker: a busy machine may drop the first direct checks."""
    kinds = await call_from(world, kind)
    if "relay" in kinds:
        await (await world.browser(kind)).leave_calls()
        await world.devices[CALLED[kind]].ready()
        kinds = await call_from(world, kind)
    return kinds


async def call_from_all(
    world: World, call: Callable[[World, Kind], Awaitable[set[str]]] = call_from
) -> list[set[str]]:
    for kind in BROWSERS:  # a browser that only starts would be in the way of the other
        await world.browser(kind)
    return await asyncio.gather(*(call(world, kind) for kind in BROWSERS))


async def heard_again(world: World, kind: Kind) -> float:
    """Seconds from now until the page is heard again, and goes on being heard; the page hears, too."""
    page, callee = await world.browser(kind), world.devices[CALLED[kind]]
    now = time.monotonic()
    began = await callee.steady(ANA, after=now)
    assert await page.hears() == pytest.approx(TONES[callee.name], abs=8)
    await page.connected()
    return began - now


async def all_heard_again(world: World) -> float:
    return max(await asyncio.gather(*(heard_again(world, kind) for kind in BROWSERS)))


@pytest.mark.parametrize("way", WAYS)
async def test_browsers_behind_a_router_call_and_move(world: World, way: Way) -> None:
    await world.are(way)
    for kinds in await call_from_all(world, call_from if way == "symmetric" else call_directly_from):
        assert ("relay" in kinds) is (way == "symmetric"), kinds
    await moves(world, lambda: all_heard_again(world))


async def test_browsers_whose_network_is_cut_and_mended_are_heard_again(world: World) -> None:
    await world.are("preserving")
    await call_from_all(world)
    await is_cut_off(world, lambda: all_heard_again(world))
