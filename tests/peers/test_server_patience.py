"""How long a server waits for those who say nothing more. Nearly all of this is waiting: all of it goes on at once."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.server.main import KEEP_ALIVE
from signaling.call import GRACE
from signaling.conversation import SIGN_IN_TIMEOUT
from tests.support.home import Home, living_at_home
from tests.support.server import GENEROUS, RunningServer, running_server
from tests.support.wire import Connection

pytestmark = pytest.mark.asyncio(loop_scope="module")

SILENT = 4003
CARRIERS = ("picows", "aiohttp")
HALVES = (
    b"",
    b"GET /v1/conn",
    b"GET /v1/connect HTTP/1.1\r\nHost: loc",
    b"GET / HTTP/1.1\r\nHost: loc",
    b"POST /v1/challenge HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
)
"""Nothing, and what stops in the middle of a handshake, of a header, of a body."""

Waits = dict[str, asyncio.Task[float]]
"""What goes on, by name; each is done when the server has waited long enough, after so many seconds."""


async def until_closed_unsigned(server: RunningServer) -> float:
    began = asyncio.get_running_loop().time()
    async with Connection(server) as silent:
        silent.patience = SIGN_IN_TIMEOUT + GENEROUS
        assert await silent.closed() == SILENT
    return asyncio.get_running_loop().time() - began


async def until_closed_after(server: RunningServer, said: bytes) -> float:
    began = asyncio.get_running_loop().time()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(said)
    async with asyncio.timeout(GENEROUS):
        await reader.read()
    writer.close()
    return asyncio.get_running_loop().time() - began


async def until_closed_in_a_second_request(server: RunningServer) -> float:
    """The first one is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(request + b"\r\n" + request)
    async with asyncio.timeout(GENEROUS):
        assert b" 200 " in await reader.readline()
        began = asyncio.get_running_loop().time()
        await reader.read()
    writer.close()
    return asyncio.get_running_loop().time() - began


async def until_given_up(home: Home) -> float:
    """The server is killed during a call, and one of the two does not come back."""
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        await granny.media_up(call)
        await mum.media_up(call)
        await granny.event("call_changed", call=call, phase="active")
        await home.server.kill()
        for one in (granny, mum):
            await one.closed()
            await one.close()
        await home.server.start()
        began = asyncio.get_running_loop().time()
        granny.events.clear()
        await granny.back()
        (view,) = [one for one in granny.snapshot["calls"] if one["id"] == call]
        assert view["phase"] == "recovering"
        granny.patience = GRACE + GENEROUS
        assert await granny.ended(call) == "lost"
        took = asyncio.get_running_loop().time() - began
        await mum.back()
        assert mum.snapshot["calls"] == []
    return took


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def waits(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Waits]:
    begun: dict[str, Coroutine[None, None, float]] = {}
    async with AsyncExitStack() as stack:
        killed = await stack.enter_async_context(living_at_home(tmp_path_factory.mktemp("killed")))
        begun["given up"] = until_given_up(killed)
        servers = {
            carrier: await stack.enter_async_context(
                running_server(tmp_path_factory.mktemp(carrier), "--no-tls", f"--carrier={carrier}")
            )
            for carrier in CARRIERS
        }
        for carrier, server in servers.items():
            begun[f"unsigned {carrier}"] = until_closed_unsigned(server)
            begun[f"second request {carrier}"] = until_closed_in_a_second_request(server)
        for number, half in enumerate(HALVES):
            begun[f"half {number}"] = until_closed_after(servers["picows"], half)
        tasks = {name: asyncio.create_task(coroutine, name=name) for name, coroutine in begun.items()}
        yield tasks
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for server in (killed.server, *servers.values()):
            said = server.log.read_text()
            assert "Traceback" not in said and " ERROR " not in said
            assert server.process is not None and server.process.returncode is None, "the process lives"


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_connection_that_does_not_sign_in_is_closed(waits: Waits, carrier: str) -> None:
    assert SIGN_IN_TIMEOUT - 1 < await waits[f"unsigned {carrier}"] < SIGN_IN_TIMEOUT + 5


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_half_a_second_request_is_not_waited_for(waits: Waits, carrier: str) -> None:
    assert await waits[f"second request {carrier}"] < KEEP_ALIVE + 5


@pytest.mark.parametrize("half", range(len(HALVES)))
async def test_those_who_stop_in_the_middle_are_not_waited_for(waits: Waits, half: int) -> None:
    """With aiohttp's own server they are: the front door belongs to the other carrier."""
    assert await waits[f"half {half}"] < 25


async def test_one_that_does_not_come_back_is_given_up_after_the_grace(waits: Waits) -> None:
    assert GRACE - 5 < await waits["given up"] < GRACE + 10
