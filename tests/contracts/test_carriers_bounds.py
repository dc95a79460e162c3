"""What a carrier keeps, and of whom: nothing of a connection that has closed, and only so many sockets.

The server's parts in this process, so that what is left of a connection can be looked for.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kith.core.keys import KeyPair
from kith.core.settings import Settings
from kith.server.main import KEEP_ALIVE
from kith.server.wiring import wire
from kith.store.database import Database
from signaling.carrier_picows import MAX_HEAD, PicowsCarrier
from signaling.closing import Close
from signaling.gateway import PING_AFTER, Gateway

GENEROUS = 20.0


async def nobody(mobile: str, code: str) -> None:
    """Sends no codes."""


class House:
    """A server that listens, and its gateway."""

    def __init__(self, port: int, gateway: Gateway) -> None:
        self.port = port
        self.gateway = gateway


@asynccontextmanager
async def house(directory: Path, carrier: str, *, sockets: int = 64) -> AsyncIterator[House]:
    settings = Settings(
        data=directory,
        certs=directory,
        tls=False,
        carrier=carrier,
        max_connections_per_address=sockets,
    )
    database = await Database.open(settings.database)
    server = await wire(
        settings,
        KeyPair.generate(),
        database,
        names=frozenset({"localhost"}),
        authority=None,
        send_code=nobody,
    )
    runner = web.AppRunner(server.app, access_log=None, keepalive_timeout=KEEP_ALIVE)
    await runner.setup()
    accept: Callable[[], asyncio.Protocol] | None = runner.server
    assert runner.server is not None
    if carrier == "picows":
        accept = PicowsCarrier(server.gateway, runner.server).accept
    assert accept is not None
    door = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    try:
        yield House(door.sockets[0].getsockname()[1], server.gateway)
    finally:
        door.close()
        server.gateway.close_all(Close.GOING_AWAY, "over")
        await runner.cleanup()
        server.deadlines.close()
        await database.close()


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def until(holds: Callable[[], bool]) -> None:
    """Let the server, which is in this process, do its work. Ends with the timeout around it."""
    while not holds():  # noqa: ASYNC110 - nobody tells when an object is gone
        await asyncio.sleep(0)


KEPT = {
    "AiohttpChannel",
    "Conversation",
    "PicowsChannel",
    "RequestHandler",
    "WSProtocol",
    "WSTransport",
    "WebSocketResponse",
    "_FirstBytes",
}


def kept() -> Counter[str]:
    return Counter(name for one in gc.get_objects() if (name := type(one).__name__) in KEPT)


UPGRADE = (
    b"GET /v1/connect HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: kith.v1.json\r\n\r\n"
)
GOODBYE = b"\x88\x82\0\0\0\0\x03\xe8"


@pytest.mark.parametrize("goodbye", [GOODBYE, b"", None], ids=["closed", "ended", "cut"])
@pytest.mark.parametrize("carrier", ["picows", "aiohttp"])
@pytest.mark.usefixtures("no_collector")
async def test_nothing_is_left_of_a_closed_connection_for_the_collector(
    tmp_path: Path, carrier: str, goodbye: bytes | None
) -> None:
    async with house(tmp_path, carrier) as running, asyncio.timeout(GENEROUS):
        before = kept()
        streams = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(20)]
        for reader, writer in streams:
            writer.write(UPGRADE)
            await reader.readuntil(b'"t":"hello"')
        assert kept()["Conversation"] == len(streams), "it was looked for in the right place"
        for _, writer in streams:
            if goodbye is None:
                writer.transport.abort()
            else:
                writer.write(goodbye)
                writer.close()
        await until(lambda: not len(running.gateway) and not kept() - before)


@pytest.mark.parametrize("carrier", ["picows", "aiohttp"])
async def test_one_that_answers_no_ping_is_let_go_and_one_that_does_stays(
    tmp_path: Path, carrier: str
) -> None:
    """The wheel itself is tests/unit/signaling/test_heartbeat.py; here it is turned by hand."""
    async with (
        house(tmp_path, carrier) as running,
        asyncio.timeout(GENEROUS),
        aiohttp.ClientSession() as session,
    ):
        url = f"http://localhost:{running.port}/v1/connect"
        well = await session.ws_connect(url, protocols=("kith.v1.json",))
        dead = await session.ws_connect(url, protocols=("kith.v1.json",), autoping=False)
        await well.receive()
        await dead.receive()
        answering = asyncio.create_task(well.receive())
        channels: list[Any] = list(running.gateway._open)
        for channel in channels * PING_AFTER:
            channel.beat()
        assert (await dead.receive()).type is aiohttp.WSMsgType.PING
        await until(lambda: any(channel.silent == 0 for channel in channels))
        for channel in channels:
            channel.beat()
        assert (await dead.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        await until(lambda: len(running.gateway) == 1)
        assert not answering.done()
        answering.cancel()


# -- who speaks no WebSocket ---------------------------------------------------------------------------------


async def test_a_head_without_end_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, "picows") as running, asyncio.timeout(GENEROUS):
        for start in (b"GET / HTTP/1.1\r\n", b"GET /v1/connect HTTP/1.1\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            lines = start + b"X-Y: z\r\n" * 5000
            writer.write(lines[:MAX_HEAD])
            assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
            writer.close()


async def test_so_many_sockets_from_one_address_and_room_again_when_one_goes(tmp_path: Path) -> None:
    async with house(tmp_path, "picows", sockets=3) as running, asyncio.timeout(GENEROUS):

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_connection("127.0.0.1", running.port)

        async def speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                return (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            except (asyncio.IncompleteReadError, ConnectionError):
                return False

        silent, first, second = await connect(), await connect(), await connect()
        assert await speaks_http(*first)
        assert await speaks_http(*second)
        assert not await speaks_http(*await connect())
        second[1].close()
        await second[1].wait_closed()
        while not await speaks_http(*(another := await connect())):
            another[1].close()
        another[1].close()
        silent[1].close()
        first[1].close()


async def test_what_becomes_a_connection_is_counted_by_the_gateway_alone(tmp_path: Path) -> None:
    async with (
        house(tmp_path, "picows", sockets=3) as running,
        asyncio.timeout(GENEROUS),
        aiohttp.ClientSession() as session,
    ):
        url = f"http://127.0.0.1:{running.port}"
        connect = partial(session.ws_connect, f"{url}/v1/connect", protocols=("kith.v1.json",))
        sockets = [await connect() for _ in range(3)]
        async with session.get(f"{url}/healthz", headers={"Host": "localhost"}) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await connect()
        assert refused.value.status == 429
        assert not any(socket.closed for socket in sockets)
