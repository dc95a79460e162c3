"""The whole play: households are enrolled, sign in, make their calls and leave."""

import asyncio
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId
from kith.core.keys import KeyPair
from kith.endpoint.enrol import enrol_test
from kith.simulator.ledger import Ledger
from kith.simulator.plan import Plan, PlannedCall, PlannedEndpoint, World
from kith.simulator.player import Player, Venue
from kith.simulator.scene import Scene
from signaling.protocol import Paired

ABREAST = 32
"""Enrolments and sign-ins under way at a time. More would measure this process, not the server."""

LINGER = 1.0
"""Seconds after the last call in which an end too many would still be noticed."""

PHONE = Capabilities(camera=True, screen=True)
SPEAKER = Capabilities()


class Watcher(Protocol):
    """Who is shown how far the play is."""

    def begins(self, act: str, total: int) -> None: ...
    def advances(self) -> None: ...


class Nobody:
    """A watcher that does not look."""

    def begins(self, act: str, total: int) -> None:
        pass

    def advances(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Enrolled:
    keys: KeyPair
    paired: Paired


class Stage:
    """`server` is its address, `tls` what verifies its certificate (None: the system's authorities)."""

    def __init__(
        self, plan: Plan, server: str, *, tls: ssl.SSLContext | None = None, watcher: Watcher | None = None
    ) -> None:
        self.plan = plan
        self.ledger = Ledger()
        self._server = server
        self._tls = tls
        self._watcher = watcher or Nobody()
        self._scenes: dict[str, Scene] = {}
        self._people: list[str] = [""] * len(plan.world.people)

    async def perform(self) -> Ledger:
        """Play it all; returns what was written down.

        Raises Problem if the server does not admit test principals, aiohttp.ClientError if it cannot be
        reached, kith.endpoint.connection.Unreachable if it refuses a sign-in.
        """
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            clock = time.perf_counter  # uvloop's own clock counts whole milliseconds
            venue = Venue(http, self._server, self._tls, self.ledger, clock, self._scenes)
            cast = self._cast(venue, await self._enrol(http))
            try:
                await self._act("signing in", [player.sign_in for player in cast])
                await self._play(cast, venue)
            finally:
                await _abreast([player.close for player in cast])
        return self.ledger

    # -- before the play ------------------------------------------------------------------------------

    async def _enrol(self, http: aiohttp.ClientSession) -> list[Enrolled]:
        """Even households first: the odd ones, their neighbours, are enrolled as knowing them."""
        world = self.plan.world
        run = secrets.token_hex(4)
        found: dict[int, Enrolled] = {}

        async def household(number: int) -> None:
            neighbours = [
                self._people[i] for near in (number - 1, number + 1) for i in world.members.get(near, ())
            ]
            knows = [person for person in neighbours if person]
            for i in world.equipment[number]:
                found[i] = await self._enrol_one(http, world.endpoints[i], i, run, knows)
                self._watcher.advances()

        self._watcher.begins("enrolling", len(world.endpoints))
        for parity in (0, 1):
            await _abreast([_bound(household, home) for home in world.members if home % 2 == parity])
        return [found[i] for i in range(len(world.endpoints))]

    async def _enrol_one(
        self,
        http: aiohttp.ClientSession,
        planned: PlannedEndpoint,
        number: int,
        run: str,
        knows: Sequence[str],
    ) -> Enrolled:
        keys = KeyPair.generate()
        paired = await enrol_test(
            http,
            self._server,
            keys=keys,
            household=f"Household {planned.household} of {run}",
            person=f"Person {planned.person}",
            device_name=f"{'Speaker' if planned.shared else 'Phone'} {number}",
            shared=planned.shared,
            knows=knows,
            capabilities=SPEAKER if planned.shared else PHONE,
            tls=self._tls,
        )
        if paired.person is not None:
            self._people[planned.person] = paired.person
        return Enrolled(keys, paired)

    def _cast(self, venue: Venue, enrolled: Sequence[Enrolled]) -> list[Player]:
        return [
            Player(
                number,
                venue,
                endpoint=EndpointId(one.paired.endpoint),
                keys=one.keys,
                server_key=one.paired.server,
                capabilities=SPEAKER if self.plan.world.endpoints[number].shared else PHONE,
            )
            for number, one in enumerate(enrolled)
        ]

    # -- the play ---------------------------------------------------------------------------------------

    async def _play(self, cast: Sequence[Player], venue: Venue) -> None:
        """Every call at its time, but after the one before it in both its households."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        tasks: list[asyncio.Task[None]] = []
        last: dict[int, asyncio.Task[None]] = {}
        self._watcher.begins("calling", len(self.plan.calls))
        for planned in self.plan.calls:
            await asyncio.sleep(began + planned.at - loop.time())
            homes = _homes(self.plan.world, planned)
            before = {last[home] for home in homes if home in last}
            task = asyncio.create_task(self._play_one(planned, cast, venue, before))
            last |= dict.fromkeys(homes, task)
            tasks.append(task)
        await asyncio.gather(*tasks)
        await asyncio.sleep(LINGER)

    async def _play_one(
        self, planned: PlannedCall, cast: Sequence[Player], venue: Venue, before: set[asyncio.Task[None]]
    ) -> None:
        if before:
            await asyncio.wait(before)
        caller = self._people[self.plan.world.endpoints[planned.caller].person]
        scene = Scene(planned, cast, caller=caller, callee=self._people[planned.callee], venue=venue)
        self._scenes[scene.call] = scene
        await scene.play()
        self._watcher.advances()

    async def _act(self, name: str, deeds: Sequence[Callable[[], Awaitable[None]]]) -> None:
        self._watcher.begins(name, len(deeds))
        await _abreast(deeds, then=self._watcher.advances)


def _homes(world: World, planned: PlannedCall) -> set[int]:
    return {world.endpoints[planned.caller].household, world.people[planned.callee]}


def _bound(deed: Callable[[int], Awaitable[None]], number: int) -> Callable[[], Awaitable[None]]:
    return lambda: deed(number)


async def _abreast(
    deeds: Iterable[Callable[[], Awaitable[None]]], *, then: Callable[[], None] = lambda: None
) -> None:
    """Do all of it, `ABREAST` at a time. The first that fails ends the rest."""
    waiting = iter(deeds)

    async def lane() -> None:
        for deed in waiting:
            await deed()
            then()

    lanes = [asyncio.create_task(lane()) for _ in range(ABREAST)]
    try:
        await asyncio.gather(*lanes)
    finally:
        for one in lanes:
            one.cancel()
