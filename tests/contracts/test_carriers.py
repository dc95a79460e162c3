"""One suite for whatever carries WebSockets: picows beside aiohttp, and plain aiohttp; with TLS and without."""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import pytest_asyncio

from tests.support.server import GENEROUS, RunningServer, running_server

CARRIERS = [
    pytest.param(("--carrier=picows",), id="picows-tls"),
    pytest.param(("--carrier=picows", "--no-tls"), id="picows-plain"),
    pytest.param(("--carrier=aiohttp",), id="aiohttp-tls"),
    pytest.param(("--carrier=aiohttp", "--no-tls"), id="aiohttp-plain"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=CARRIERS)
async def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path_factory.mktemp("carrier"), *request.param) as running:
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def refused(server: RunningServer, headers: dict[str, str], *protocols: str) -> int:
    """The status with which an upgrade is refused."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await session.ws_connect(
                f"{server.url}/v1/connect", protocols=protocols, headers=headers, ssl=server.tls or False
            )
    return error.value.status


@asynccontextmanager
async def connected(server: RunningServer) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A stranger's JSON connection, for as long as a test may take."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{server.url}/v1/connect", protocols=("kith.v1.json",), ssl=server.tls or False
        ) as socket,
        asyncio.timeout(GENEROUS),
    ):
        yield socket


async def test_hello_comes_first_and_commands_are_answered(server: RunningServer) -> None:
    async with connected(server) as socket:
        hello = await socket.receive_json()
        assert hello["t"] == "hello"
        assert hello["version"] == 1
        assert len(base64.b64decode(hello["nonce"])) == 16
        await socket.send_json({"t": "challenge", "id": "one"})
        assert (await socket.receive_json())["re"] == "one"


async def test_the_wrong_host_origin_or_subprotocol_is_refused(server: RunningServer) -> None:
    assert await refused(server, {"Host": "kith.evil.example"}, "kith.v1.json") == 421
    assert await refused(server, {"Origin": "https://evil.example"}, "kith.v1.json") == 403
    assert await refused(server, {}, "chat") == 400


async def test_the_own_origin_is_admitted(server: RunningServer) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{server.url}/v1/connect",
            protocols=("kith.v1.msgpack",),
            headers={"Origin": server.url},
            ssl=server.tls or False,
        ) as socket,
    ):
        assert (await socket.receive()).type is aiohttp.WSMsgType.BINARY


async def test_a_little_too_large_is_answered_and_the_connection_lives(server: RunningServer) -> None:
    async with connected(server) as socket:
        await socket.receive()
        await socket.send_str('{"t":"ping","id":"' + "x" * 70_000 + '"}')
        assert (await socket.receive_json())["code"] == "too_large"
        await socket.send_json({"t": "challenge", "id": "two"})
        assert (await socket.receive_json())["re"] == "two"


async def test_far_too_large_closes_only_that_connection(server: RunningServer) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(GENEROUS):
        url, tls, protocols = f"{server.url}/v1/connect", server.tls or False, ("kith.v1.json",)
        other = await session.ws_connect(url, protocols=protocols, ssl=tls)
        socket = await session.ws_connect(url, protocols=protocols, ssl=tls)
        await socket.receive()
        await other.receive()
        await socket.send_str("x" * 1_000_000)
        closing = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert (await socket.receive()).type in closing
        await other.send_json({"t": "challenge", "id": "still here"})
        assert (await other.receive_json())["re"] == "still here"


async def test_the_wrong_kind_of_frame_closes_with_its_code(server: RunningServer) -> None:
    async with connected(server) as socket:
        await socket.receive()
        await socket.send_bytes(b"\x80")
        message = await socket.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == 1003


async def test_fragments_are_put_together_and_pings_answered(server: RunningServer) -> None:
    """Frames by hand, because no WebSocket library sends fragments when asked to send a message."""
    reader, writer = await asyncio.open_connection(
        "localhost", server.port, ssl=server.tls, server_hostname="localhost" if server.tls else None
    )
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /v1/connect HTTP/1.1\r\nHost: localhost:{server.port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: kith.v1.json\r\n\r\n".encode()
    )
    async with asyncio.timeout(GENEROUS):
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        assert (await frame(reader))[0] == 0x81  # hello
        writer.write(masked(0x01, b'{"t":"challenge",'))
        writer.write(masked(0x89, b"are you there"))  # control frames may come between fragments
        writer.write(masked(0x80, b'"id":"pieces"}'))
        answers = [await frame(reader), await frame(reader)]
    assert (0x8A, b"are you there") in answers
    assert any(b'"re":"pieces"' in payload for _, payload in answers)
    writer.close()


async def test_plain_http_is_served_on_the_same_port(server: RunningServer) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}/healthz", ssl=server.tls or False) as response:
            assert (response.status, await response.text()) == (200, "kith")
        async with session.get(f"{server.url}/v1/connect", ssl=server.tls or False) as response:
            assert response.status in (400, 426)


def masked(first: int, payload: bytes) -> bytes:
    """One small frame as an endpoint sends it (RFC 6455, section 5.2)."""
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return struct.pack("!BB", first, 0x80 | len(payload)) + mask + body


async def frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, length = struct.unpack("!BB", await reader.readexactly(2))
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    return first, await reader.readexactly(length)
