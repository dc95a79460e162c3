"""Noise, broken commands and hostile messages to a running server: each is answered with a code, and
neither the process nor anybody else's connection is hurt."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from kith.core.problem import Code
from signaling.protocol import MAX_FRAME
from tests.support.commands import COMMANDS, EXAMPLES
from tests.support.home import Home, living_at_home
from tests.support.hostile import HOSTILE
from tests.support.server import GENEROUS
from tests.support.wire import Closed, Connection, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNREADABLE = {Code.MALFORMED, Code.INVALID, Code.UNKNOWN_TYPE, Code.TOO_LARGE}
CLOSED_FOR = {1002, 1003, 1007, 1009, 4002, 4008}
ROUNDS = 400
GONE = (Closed, aiohttp.ClientError, ConnectionError)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["picows", "aiohttp"])
async def home(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("fuzz")
    async with living_at_home(directory, f"--carrier={request.param}", "--trusted-proxy=127.0.0.1") as home:
        yield home
        assert home.server.process is not None
        assert home.server.process.returncode is None, "the process lives"
        said = home.server.log.read_text()
        assert "Traceback" not in said
        assert " ERROR " not in said


@pytest_asyncio.fixture(loop_scope="module")
async def witness(home: Home) -> AsyncIterator[Endpoint]:
    """Somebody else's connection: it is answered at once, before and after."""
    async with home.online(home.mum) as (mum,):
        await quick(mum)
        yield mum
        await quick(mum)
        assert not mum.over


async def quick(endpoint: Endpoint) -> None:
    began = time.perf_counter()
    await endpoint.ok("ping")
    assert time.perf_counter() - began < 1.0


_addresses = iter(range(1, 1 << 16))


def elsewhere() -> dict[str, str]:
    number = next(_addresses)
    return {"X-Forwarded-For": f"10.9.{number >> 8}.{number & 255}"}


async def answer(connection: Connection, data: bytes) -> str:
    """The code that one message is answered with, or closed for."""
    before = len(connection.all)
    await connection.send(data)

    def found() -> str | None:
        fresh = [message for message in connection.all[before:] if message["t"] == "problem"]
        return fresh[0]["code"] if fresh else None

    try:
        return str(await connection.until(found))
    except GONE:
        assert connection.close_code in CLOSED_FOR, connection.close_code
        return f"closed {connection.close_code}"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("text", [False, True], ids=["msgpack", "json"])
async def test_hostile_messages(home: Home, witness: Endpoint, name: str, text: bool) -> None:
    data = HOSTILE[name]
    async with Connection(home.server, text=text, headers=elsewhere()) as connection:
        code = await answer(connection, data)
        if len(data) <= MAX_FRAME and not code.startswith("closed"):
            assert code in UNREADABLE
            assert (await connection.ask("ping"))["code"] == "not_signed_in", "the connection lives"
    await quick(witness)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_bodies(home: Home, witness: Endpoint, name: str) -> None:
    async with (
        aiohttp.ClientSession(headers=elsewhere()) as session,
        session.post(f"{home.server.url}/v1/ack", data=HOSTILE[name]) as response,
    ):
        assert 400 <= response.status < 500
        assert (await response.json())["code"] in {*UNREADABLE, Code.UNKNOWN_COMMAND}
    await quick(witness)


def mutations(chance: random.Random, text: bool) -> bytes:
    """A good command with a few things wrong, or noise."""
    encode = msgspec.json.encode if text else msgspec.msgpack.encode
    data = bytearray(encode(EXAMPLES[chance.choice(COMMANDS)]))
    for _ in range(chance.randint(1, 4)):
        match chance.randrange(5):
            case 0:
                data[chance.randrange(len(data))] = chance.randrange(256)
            case 1:
                del data[chance.randrange(len(data)) :]
                data += b"\x00"
            case 2:
                place = chance.randrange(len(data))
                data[place:place] = chance.randbytes(chance.randint(1, 8))
            case 3:
                place = chance.randrange(len(data))
                data += data[place:]
            case _:
                data = bytearray(chance.randbytes(chance.randint(1, 200)))
    if text and chance.random() < 0.95:  # what is no UTF-8 at all ends the connection at once
        return data.decode(errors="replace").encode()
    return bytes(data)


@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "signed in"])
@pytest.mark.parametrize("text", [False, True], ids=["msgpack", "json"])
async def test_noise_in_a_row(home: Home, witness: Endpoint, text: bool, signed_in: bool) -> None:
    chance = random.Random(f"{text} {signed_in}")
    counted: dict[Any, int] = {}
    sent = 0
    while sent < ROUNDS:
        connection = (
            Endpoint(home.server, home.hall, text=text)
            if signed_in
            else Connection(home.server, text=text, headers=elsewhere())
        )
        await connection.open()
        for _ in range(100):
            data = mutations(chance, text)
            sent += 1
            try:
                await connection.send(data)
                if sent % 10 == 0:
                    await connection.send(connection.pack({"t": "nothing", "id": f"mark {sent}"}))
                    await connection.reply(f"mark {sent}")
            except GONE:  # text that is no UTF-8, an ack from the future, a leave
                break
        for message in connection.all:
            counted[message.get("code")] = counted.get(message.get("code"), 0) + 1
        if connection.over:
            assert connection.close_code in {*CLOSED_FOR, 1000, 1006}
        await connection.close()
    assert counted.get("internal") is None
    assert counted.get("malformed", 0) + counted.get("invalid", 0) > ROUNDS / 20


async def test_frames_that_break_the_websocket_itself(home: Home, witness: Endpoint) -> None:
    """Below the messages: unknown opcodes, fragments without a beginning, endless lengths."""
    handshake = (
        f"GET /v1/connect HTTP/1.1\r\nHost: localhost:{home.server.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: kith.v1.json\r\n\r\n"
    ).encode()
    mask = b"\x00\x00\x00\x00"
    frames = (
        b"\x83\x80" + mask,  # an opcode that nobody uses
        b"\x80\x80" + mask,  # a continuation of nothing
        b"\x01\x81" + mask + b"a" + b"\x01\x81" + mask + b"b",  # two beginnings
        b"\x82\xff" + b"\xff" * 8 + mask,  # 2^64 bytes to come
        b"\x82\xff" + b"\x7f" + b"\xff" * 7 + mask,
        b"\x89\xfe\xff\xff" + mask,  # a ping of 65,535 bytes
        b"\x88\x81" + mask + b"\x00",  # half a close code
        b"\x81\x05hello",  # not masked
        b"\x09\x80" + mask,  # a ping in fragments
    )

    async def closed_for(frame: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", home.server.port)
        writer.write(handshake)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        writer.write(frame)
        async with asyncio.timeout(GENEROUS):
            await reader.read()  # until the server closes
        writer.close()

    await asyncio.gather(*(closed_for(frame) for frame in frames))
    await quick(witness)


async def test_requests_that_break_http_itself(home: Home, witness: Endpoint) -> None:
    for request in (
        b"\x00" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,  # TLS to a plain port
        b"GET /v1/connect HTTP/9.9\r\n\r\n",
        b"GET /v1/connect \r\n\r\n",
        b"GET /v1/connect HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/connect HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        (
            b"POST /v1/ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        b"POST /v1/ping HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", home.server.port)
        writer.write(request)
        writer.write_eof()
        said = b""
        with contextlib.suppress(ConnectionResetError):  # it need not read all of it before it closes
            async with asyncio.timeout(20):
                said = await reader.read()
        assert not said.startswith(b"HTTP/1.1 5")
        assert not said.startswith(b"HTTP/1.1 101")
        writer.close()
    await quick(witness)
