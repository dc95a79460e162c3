"""A family on a running server, and one who lives elsewhere.

Mum and Dad share a household with the speakers Kitchen and Hall; Granny has her own and knows Mum,
who invited her. Each has a phone; Dad has a tablet as well.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Joined, RunningServer, running_server
from tests.support.wire import Closed, Endpoint


@dataclass(frozen=True)
class Home:
    """Everybody's endpoints, enrolled and verified but not connected."""

    server: RunningServer
    mum: Joined
    dad: Joined
    tablet: Joined
    kitchen: Joined
    hall: Joined
    granny: Joined

    @asynccontextmanager
    async def online(self, *who: Joined, text: bool = False) -> AsyncIterator[list[Endpoint]]:
        """These endpoints, signed in. Afterwards they are off for good, and their calls over."""
        async with AsyncExitStack() as stack:
            endpoints = [
                await stack.enter_async_context(Endpoint(self.server, one, text=text)) for one in who
            ]
            yield endpoints
            for endpoint in endpoints:
                if not endpoint.over:
                    with suppress(Closed):  # some have signed themselves out
                        await endpoint.ask("leave", how="disconnect")


async def move_in(server: RunningServer) -> Home:
    mum = await server.person("Mum", camera=True, screen=True)
    dad = await server.person("Dad", by=mum, household=True, camera=True, screen=True)
    return Home(
        server=server,
        mum=mum,
        dad=dad,
        tablet=await server.device("Tablet", by=dad, shared=False, camera=True, screen=True),
        kitchen=await server.device("Kitchen", by=mum, shared=True),
        hall=await server.device("Hall", by=mum, shared=True, camera=True, screen=True),
        granny=await server.person("Granny", by=mum),
    )


@asynccontextmanager
async def living_at_home(directory: Path, *arguments: str) -> AsyncIterator[Home]:
    """A server of their own, on a free port."""
    async with running_server(directory, "--no-tls", *arguments) as server:
        yield await move_in(server)
