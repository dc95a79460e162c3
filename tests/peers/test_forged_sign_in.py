"""Who pretends to be the server that an endpoint joined, or stands between the two, signs nobody in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect

from kith import Endpoint
from kith.endpoint.dialling import Refused, ServerChanged
from kith.endpoint.home import Home
from tests.support.browsers import Kind, browsers
from tests.support.endpoints import DEFAULTS, endpoint_of
from tests.support.server import RunningServer, running_server


async def under_another_key(server: RunningServer) -> None:
    """The same address and the same database, in the hands of somebody who does not have the server's key."""
    await server.stop()
    (server.data / "server.key").unlink()
    await server.start()


async def test_a_server_with_another_key_is_not_signed_in_to(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        mum = await server.person("Mum")
        async with endpoint_of(server, mum, "Kitchen", tmp_path) as kitchen:
            await under_another_key(server)
            _, _, (cause,) = await kitchen.until("closed")
            assert isinstance(cause, ServerChanged) and len(kitchen.times("signed_in")) == 1


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_browser_does_not_sign_in_to_a_server_with_another_key(tmp_path: Path, kind: Kind) -> None:
    async with running_server(tmp_path, "--no-tls") as server, browsers(server, tmp_path) as launch:
        screen = await launch.person("Mum", kind)
        await under_another_key(server)
        await screen.page.reload()
        words = "The server at this address is not the one you signed up with."
        await expect(screen.page.get_by_text(words)).to_be_visible()
        assert (await screen.state())["connection"] != "online"


async def test_a_sign_in_that_is_passed_on_is_worth_nothing(tmp_path: Path) -> None:
    """Somebody between the two shows the true server's hello, and hands the endpoint's answer on to it."""
    async with running_server(tmp_path, "--no-tls") as server:
        mum = await server.person("Mum")
        async with endpoint_of(server, mum, "Kitchen", tmp_path):
            pass
        home = Home(tmp_path / "Kitchen")
        async with in_between(server) as address:
            home.save(msgspec.structs.replace(home.load(), server=address))
            endpoint = await Endpoint.open(home.path, **DEFAULTS)
            with pytest.raises(Refused):
                await endpoint.start()
            await endpoint.close()


@asynccontextmanager
async def in_between(server: RunningServer) -> AsyncIterator[str]:
    """An address at which everything is passed on to the server, as if it had been sent there."""
    tasks: set[asyncio.Task[None]] = set()
    true = server.url.partition("//")[2]

    async def relay(here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, on = await asyncio.open_connection("127.0.0.1", server.port)
        tasks.add(asyncio.create_task(_pass_on(here, on, own, true)))
        tasks.add(asyncio.create_task(_pass_on(there, back, own, own)))

    listening = await asyncio.start_server(relay, "127.0.0.1", 0)
    own = f"localhost:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield f"http://{own}"
        for task in tasks:
            task.cancel()


async def _pass_on(from_: asyncio.StreamReader, to: asyncio.StreamWriter, said: str, meant: str) -> None:
    while data := await from_.read(65536):
        to.write(data.replace(said.encode(), meant.encode()))
    to.close()
