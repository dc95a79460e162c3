"""A forged server has something announced that nobody at home has said, or once more, or much later. It stays
silent."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from kith.core.keys import KeyPair
from kith.endpoint.announce_hearing import Unplayed
from kith.endpoint.announce_kept import Heard
from kith.endpoint.announce_trust import STALE
from tests.support import plot as plots
from tests.support.endpoints import Clock, Watched, endpoint_of, phone_of
from tests.support.plot import Plot
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class House:
    """Anna speaks from her phone; the kitchen is told the truth, the hall is lied to."""

    path: Path
    plot: Plot
    anna: Watched
    kitchen: Watched
    hall: Watched
    clock: Clock
    home: Path
    """Where the hall keeps what it remembers."""
    identity: bytes
    """Of Anna's phone."""

    async def announce(self, forgery: str) -> None:
        """Until it plays where the truth is told."""
        plots.write(self.path, replace(self.plot, forgery=forgery))
        for one in (self.kitchen, self.hall):
            one.history.clear()
        assert (await self.anna.endpoint.announce("Hush")).targets == 2
        await self.kitchen.until("announcement")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory: Path = tmp_path_factory.mktemp("forged")
    path, clock = directory / "plot", Clock()
    program = ("tests.support.forged", str(path))
    async with running_server(directory, "--no-tls", program=program) as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        hers = await stack.enter_async_context(phone_of(server, anna, directory))
        kitchen = await stack.enter_async_context(
            endpoint_of(server, anna, "Kitchen", directory, shared=True)
        )
        hall = await stack.enter_async_context(
            endpoint_of(server, anna, "Hall", directory, shared=True, clock=clock)
        )
        plot = Plot(
            victims=(hall.endpoint.enrolment.endpoint,),
            about=str(anna.person),
            stranger=KeyPair.generate().private_bytes(),
            thief=KeyPair.generate().private_bytes(),
        )
        yield House(path, plot, hers, kitchen, hall, clock, directory / "Hall", anna.keys.public.identity)


FORGERIES = (
    "an announcement of a stranger",
    "an announcement of a stranger by a housemate's id",
    "an announcement of a stranger that signed itself in",
    "an announcement of an invented endpoint",
)


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_nobody_at_home_has_signed_does_not_play(house: House, forgery: str) -> None:
    await house.announce(forgery)
    await house.hall.until("announcement_unplayed", Unplayed.UNTRUSTED)
    assert house.hall.details("announcement") == house.hall.details("tone") == []


async def test_what_was_played_does_not_play_again(house: House) -> None:
    """Nor after the device was started again: it remembers on disk."""
    await house.announce("an announcement once more")
    await house.hall.until("announcement_over")
    await house.announce("an announcement once more")
    await house.hall.until("announcement_unplayed", Unplayed.UNTRUSTED)
    assert house.hall.details("announcement") == []
    assert Heard(house.home).last(house.identity) > 0


async def test_what_was_held_back_does_not_play_when_nobody_expects_it(house: House) -> None:
    house.clock.ahead = STALE + 1
    await house.announce("")
    await house.hall.until("announcement_unplayed", Unplayed.UNTRUSTED)
    house.clock.ahead = 0.0
    await house.announce("")
    await house.hall.until("announcement")
