"""Twenty devices whose clocks are wrong play one announcement at the same time, by a true clock."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from kith import Endpoint
from kith.core.trust import household_write
from kith.core.trust.history import Known
from kith.core.trust.household import extend
from kith.core.trust.household_links import HouseholdLink
from kith.endpoint.announce_hearing import Unplayed
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.voice_codec import encoded
from media.tones import RATE, Samples
from signaling import protocol
from tests.support import signing
from tests.support.ears import Ear, skew, timelines, until_loud
from tests.support.endpoints import DEFAULTS, Watched, phone_of
from tests.support.server import Joined, RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEVICES = 20
OFF = 2.0
"""Seconds by which their clocks are off, at most, in either direction."""

DRIFT = 200e-6
"""Seconds in a second by which they run fast or slow, at most."""

AT_MOST = 0.3
"""Seconds between the first and the last of them."""


class Wrong:
    """A device's two clocks: what time it is, and one that only goes on. Both are off, and drift."""

    def __init__(self, chance: random.Random) -> None:
        self._off = chance.uniform(-OFF, OFF)
        self._drift = chance.uniform(-DRIFT, DRIFT)
        self._begun = time.monotonic()

    def steady(self) -> float:
        return self._begun + self._off + (time.monotonic() - self._begun) * (1 + self._drift)

    def unix(self) -> float:
        return time.time() + self._off


def words(chance: random.Random) -> Samples:
    """Half a second that is like nothing else in it, so that there is one way only to lay it on another."""
    noise = np.array([chance.gauss(0.0, 1.0) for _ in range(RATE // 2)])
    swell = np.repeat([chance.uniform(0.05, 1.0) for _ in range(25)], RATE // 50)
    sound: Samples = (6_000 * np.clip(noise * swell, -4, 4)).astype(np.int16)
    return sound


async def share(server: RunningServer, by: Joined, homes: list[Home]) -> None:
    """`by` signs for all of them at once, which know whose they are from then on."""
    chain = await signing.begin(server, by)
    begun = household_write.begin(chain, by.keys, time=int(time.time()))
    links: list[HouseholdLink] = [begun]
    roster = extend(None, begun, {chain.root: chain})
    for home in homes:
        link = household_write.add(roster, chain, by.keys, home.keys().public, time=int(time.time()))
        roster = extend(roster, link, {chain.root: chain})
        links.append(link)
    await signing.do(server, by, "extend_household", links=links)
    for home in homes:
        home.remember(
            home.memory().with_household(Known(roster.root, roster.point.version, roster.point.head))
        )


async def settled(server: RunningServer, joined: Joined, directory: Path) -> Home:
    home = Home(directory / joined.name)
    home.path.mkdir()
    (home.path / "key").write_bytes(joined.keys.private_bytes())
    home.save(
        Enrolment(
            server=server.url,
            server_key=await server.key(),
            endpoint=joined.endpoint,
            name=joined.name,
            household=joined.household,
        )
    )
    return home


class Rooms:
    def __init__(self, speaking: Watched, rooms: list[Watched], ears: list[Ear]) -> None:
        self.speaking = speaking
        self.rooms = rooms
        self.ears = ears


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rooms]:
    directory: Path = tmp_path_factory.mktemp("rooms")
    chance = random.Random(7)
    async with running_server(directory, "--no-tls") as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        names = [f"Room {number}" for number in range(DEVICES)]
        homes = [
            await settled(server, await server.device(one, by=anna, shared=True), directory) for one in names
        ]
        await share(server, anna, homes)
        hers = await stack.enter_async_context(phone_of(server, anna, directory))
        there, ears = [], []
        for home in homes:
            clock = Wrong(chance)
            endpoint = await Endpoint.open(home.path, clock=clock.unix, steady=clock.steady, **DEFAULTS)
            ears.append(Ear(endpoint))
            there.append(Watched(await stack.enter_async_context(endpoint)))
        yield Rooms(hers, there, ears)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(rooms: Rooms) -> None:
    for one in rooms.rooms:
        one.history.clear()
    for ear in rooms.ears:
        ear.heard.clear()


@pytest.mark.alone
async def test_all_of_them_play_it_within_300_ms_of_each_other(rooms: Rooms) -> None:
    sound = words(random.Random(11))
    assert (await rooms.speaking.endpoint.announce(encoded(sound))).targets == DEVICES
    await until_loud(rooms.ears, len(sound) / RATE)
    for one in rooms.rooms:
        await one.until("announcement_over")
    first, *others = timelines(rooms.ears)
    late = [0.0, *(skew(first, other) for other in others)]
    spread = max(late) - min(late)
    assert spread <= AT_MOST, f"the last plays {spread:.3f} s after the first"


@pytest.mark.alone
async def test_one_that_is_not_ready_skips_and_the_others_do_not_wait_for_it(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its network has stalled: what it asks for comes when all the others have begun."""
    slow, *others = rooms.rooms
    wire = slow.endpoint._wire
    ask, stalled = wire.request, asyncio.Event()

    async def late(command: protocol.Command) -> protocol.AnyReply:
        if isinstance(command, protocol.GetSegment | protocol.AnnouncementLoaded):
            await stalled.wait()
        return await ask(command)

    monkeypatch.setattr(slow.endpoint._announcements._hearing, "_ask", late)
    began = asyncio.get_running_loop().time()
    await rooms.speaking.endpoint.announce(encoded(words(random.Random(12))))
    for one in others:
        await one.until("announcement_over")
    (at,) = others[0].times("announcement")
    assert 2.0 <= at - began <= 4.0
    stalled.set()
    await slow.until("announcement_unplayed", Unplayed.LATE)
    assert rooms.ears[0].heard == [] and slow.times("announcement") == []
