"""What rooms tell, and a pair of hands to make things happen in them: the same for the fake and for processes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kith.core.ids import CallId, EndpointId
from kith.server.mixer_link import Patience
from kith.server.mixers import Mixers
from media.mixer.control import Connected, Gone, Speaking
from signaling.rooms import Rooms
from tests.support.mixer_stand_in import HASTY, command, pull
from tests.support.rooms import FakeRooms
from tests.support.server import GENEROUS

OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
ROOM, OTHER_ROOM = CallId("c_0123456789abcdefghjk"), CallId("c_kjhgfedcba9876543210")
ANNA, BEN = EndpointId("e_0123456789abcdefghj0"), EndpointId("e_0123456789abcdefghj1")


@dataclass
class Told:
    """What the listener was told, in order; `until` waits for it."""

    events: list[tuple[object, ...]] = field(default_factory=list)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def connected(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        self._note("connected", room, endpoint, epoch)

    def gone(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        self._note("gone", room, endpoint, epoch)

    def speaking(self, room: CallId, endpoints: tuple[EndpointId, ...]) -> None:
        self._note("speaking", room, endpoints)

    def moved(self, room: CallId) -> None:
        self._note("moved", room)

    def _note(self, *event: object) -> None:
        self.events.append(event)
        self._grown.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(GENEROUS):
            while not holds():
                self._grown.clear()
                await self._grown.wait()

    async def hears(self, *event: object) -> None:
        await self.until(lambda: event in self.events)


class Hands(Protocol):
    """What happens at the mixer."""

    async def connect(self, room: CallId, endpoint: EndpointId, epoch: int) -> None: ...
    async def lose(self, room: CallId, endpoint: EndpointId, epoch: int) -> None: ...
    async def speak(self, room: CallId, *endpoints: EndpointId) -> None: ...
    async def kill(self) -> None: ...


@dataclass
class RoomBench:
    rooms: Rooms
    told: Told
    hands: Hands


class FakeHands:
    def __init__(self, rooms: FakeRooms) -> None:
        self._rooms = rooms

    async def connect(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        self._rooms.connect(room, endpoint, epoch)

    async def lose(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        self._rooms.lose(room, endpoint, epoch)

    async def speak(self, room: CallId, *endpoints: EndpointId) -> None:
        self._rooms.speak(room, *endpoints)

    async def kill(self) -> None:
        self._rooms.kill()


class StandInHands:
    """Of the one process that has rooms."""

    def __init__(self, mixers: Mixers, folder: Path) -> None:
        self._mixers = mixers
        self._folder = folder

    @property
    def used(self) -> tuple[Path, int]:
        """Its strings, and its process id."""
        mixer = next(mixer for mixer in self._mixers._mixers if mixer.rooms)
        assert mixer.link.pid is not None
        return strings(self._folder, mixer.slot), mixer.link.pid

    async def connect(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        await pull(self.used[0], Connected(room, endpoint, epoch))

    async def lose(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        await pull(self.used[0], Gone(room, endpoint, epoch))

    async def speak(self, room: CallId, *endpoints: EndpointId) -> None:
        await pull(self.used[0], Speaking(room, endpoints))

    async def kill(self) -> None:
        os.kill(self.used[1], signal.SIGKILL)


def strings(folder: Path, slot: int) -> Path:
    return folder / f"{slot}.sock"


async def until(holds: Callable[[], bool]) -> None:
    """Of what happens inside of `Mixers`, of which nothing is told."""
    async with asyncio.timeout(GENEROUS):
        while not holds():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def fake_bench() -> RoomBench:
    rooms, told = FakeRooms(), Told()
    rooms.listen(told)
    return RoomBench(rooms, told, FakeHands(rooms))


@asynccontextmanager
async def stand_in_bench(
    folder: Path, *, most: int = 1, patience: Patience = HASTY
) -> AsyncIterator[tuple[RoomBench, Mixers]]:
    """`Mixers` with processes that stand in for true ones; all of them are ended."""
    mixers, told = Mixers(most, lambda slot: command(strings(folder, slot)), patience), Told()
    mixers.listen(told)
    try:
        yield RoomBench(mixers, told, StandInHands(mixers, folder)), mixers
    finally:
        await mixers.end()
