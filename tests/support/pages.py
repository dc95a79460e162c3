"""Pages of people whose first endpoint is not a browser: that endpoint signs for them, as by a scanned link."""

from pathlib import Path

from tests.support.browsers import Screen
from tests.support.endpoints import Watched, phone_of
from tests.support.server import Joined, RunningServer


async def settle(screen: Screen, server: RunningServer, person: Joined, home: Path, name: str) -> None:
    """Make the page one more endpoint of the person."""
    async with phone_of(server, person, home) as phone:
        offered = await phone.endpoint.belonging.offer_pairing(shared=False)
        await screen.pair(offered.link, name)


async def settle_beside(screen: Screen, device: Watched, name: str) -> None:
    """The same, by a device of the person that is there already, and stays."""
    offered = await device.endpoint.belonging.offer_pairing(shared=False)
    await screen.pair(offered.link, name)
