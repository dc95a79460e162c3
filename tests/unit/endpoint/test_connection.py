"""A connection against a server that follows a script: sign-in, acks, resume, retries, refusals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from kith.core.ids import new_endpoint, new_session
from kith.core.keys import KeyPair, sign_in_statement, verify
from kith.core.problem import Code, Problem
from kith.endpoint import connection as module
from kith.endpoint import dialling
from kith.endpoint.connection import (
    Connection,
    Refused,
    ServerChanged,
    Unreachable,
    origin_of,
)
from kith.endpoint.dialling import Incompatible, pause_before
from signaling import protocol
from signaling.protocol import JSON, MSGPACK, AnyEvent, Codec, Welcome

SERVER_KEY = bytes(range(32))
NONCE = b"n" * 32


class Recorder:
    """A listener that writes down what it hears and lets a test wait for it."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[object] = asyncio.Queue()

    def welcomed(self, welcome: Welcome) -> None:
        self.heard.put_nowait(welcome)

    def happened(self, event: AnyEvent) -> None:
        self.heard.put_nowait(event)

    def away(self, cause: Exception | None) -> None:
        self.heard.put_nowait("away")

    def closed(self, cause: Unreachable | None) -> None:
        self.heard.put_nowait(("closed", cause))


class Side:
    """The server's side of one WebSocket."""

    def __init__(self, ws: web.WebSocketResponse, codec: Codec, origin: str) -> None:
        self.ws, self.codec, self.origin = ws, codec, origin

    async def send(self, message: object) -> None:
        data = self.codec.encode(message)
        await (self.ws.send_str(data.decode()) if self.codec.text else self.ws.send_bytes(data))

    async def read(self) -> protocol.AnyCommand:
        data = (await self.ws.receive()).data
        return self.codec.command(data.encode() if isinstance(data, str) else data)

    async def admit(self, welcome: Callable[[protocol.SignIn], object]) -> protocol.SignIn:
        await self.send(protocol.Hello(version=1, server=SERVER_KEY, nonce=NONCE))
        sign_in = await self.read()
        assert isinstance(sign_in, protocol.SignIn)
        await self.send(welcome(sign_in))
        return sign_in


Script = Callable[[Side], Awaitable[None]]
KEYS = KeyPair.generate()
ENDPOINT = new_endpoint()
SESSION = new_session()


def fresh(sign_in: protocol.SignIn) -> Welcome:
    return Welcome(re=sign_in.id, session=SESSION, resumed=False, grace=30.0)


def resumed(sign_in: protocol.SignIn) -> Welcome:
    return Welcome(re=sign_in.id, session=SESSION, resumed=True, grace=30.0)


@asynccontextmanager
async def scripted(*scripts: Script, codec: Codec = MSGPACK) -> AsyncIterator[tuple[Connection, Recorder]]:
    """A server that plays one script a WebSocket, and a connection to it that is not yet open."""
    left = list(scripts)
    failures: list[BaseException] = []

    async def connect(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=(codec.subprotocol,))
        await ws.prepare(request)
        try:
            await left.pop(0)(Side(ws, codec, str(request.url.origin())))
        except AssertionError as error:
            failures.append(error)
        await ws.close()
        return ws

    app = web.Application()
    app.router.add_get("/v1/connect", connect)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    listener = Recorder()
    async with aiohttp.ClientSession() as http:
        connection = Connection(
            http=http,
            server=f"http://127.0.0.1:{port}",
            endpoint=ENDPOINT,
            keys=KEYS,
            server_key=SERVER_KEY,
            listener=listener,
            codec=codec,
        )
        try:
            yield connection, listener
        finally:
            await connection.close()
            await runner.cleanup()
    if failures:
        raise failures[0]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "FIRST_PAUSE", 0.001)


@pytest.mark.parametrize("codec", [MSGPACK, JSON])
async def test_signs_in_with_its_key(codec: Codec) -> None:
    async def server(side: Side) -> None:
        sign_in = await side.admit(fresh)
        statement = sign_in_statement(SERVER_KEY, side.origin, NONCE, sign_in.endpoint)
        assert verify(KEYS.public.identity, sign_in.signature, statement)
        ping = await side.read()
        await side.send(protocol.Ok(re=ping.id))
        await side.read()

    async with scripted(server, codec=codec) as (connection, _):
        welcome = await connection.open()
        assert welcome.session == SESSION
        assert isinstance(await connection.request(protocol.Ping(id=connection.new_id())), protocol.Ok)


async def test_acks_every_sixteen_events_and_the_rest_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ACK_WITHIN", 0.01)
    acked: asyncio.Queue[int] = asyncio.Queue()

    async def server(side: Side) -> None:
        await side.admit(fresh)
        for seq in range(1, 20):
            await side.send(protocol.Registered(seq=seq))
        while True:
            ack = await side.read()
            assert isinstance(ack, protocol.Ack)
            acked.put_nowait(ack.seq)
            if ack.seq == 19:
                return

    async with scripted(server) as (connection, listener):
        await connection.open()
        seen = [await acked.get()]
        while seen[-1] != 19:
            seen.append(await acked.get())
        assert seen == sorted(set(seen)) and len(seen) <= 8
        assert isinstance(await listener.heard.get(), Welcome)
        assert [(await listener.heard.get()).seq for _ in range(19)] == list(range(1, 20))  # type: ignore[attr-defined]


async def test_resumes_without_repeating_and_sends_unanswered_commands_again() -> None:
    first_id: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def dies(side: Side) -> None:
        await side.admit(fresh)
        await side.send(protocol.Registered(seq=1))
        ping = await side.read()
        first_id.set_result(ping.id)

    async def goes_on(side: Side) -> None:
        sign_in = await side.admit(resumed)
        assert sign_in.resume == protocol.Resume(session=SESSION, seq=1)
        again = await side.read()
        assert again.id == await first_id
        await side.send(protocol.Registered(seq=1))
        await side.send(protocol.Registered(seq=2))
        await side.send(protocol.Ok(re=again.id))
        await side.read()

    async with scripted(dies, goes_on) as (connection, listener):
        await connection.open()
        await connection.request(protocol.Ping(id=connection.new_id()))
        heard = [await listener.heard.get() for _ in range(5)]
        assert [type(one).__name__ for one in heard] == [
            "Welcome",
            "Registered",
            "str",
            "Welcome",
            "Registered",
        ]
        assert heard[-1].seq == 2  # type: ignore[attr-defined]


async def test_a_missing_event_leads_to_a_snapshot() -> None:
    async def skips(side: Side) -> None:
        await side.admit(fresh)
        await side.send(protocol.Registered(seq=2))
        await side.read()

    async def snapshot(side: Side) -> None:
        sign_in = await side.admit(fresh)
        assert sign_in.resume is None
        await side.read()

    async with scripted(skips, snapshot) as (connection, listener):
        await connection.open()
        heard = [await listener.heard.get() for _ in range(3)]
        assert [type(one).__name__ for one in heard] == ["Welcome", "str", "Welcome"]


async def test_a_problem_is_raised_and_the_connection_lives() -> None:
    async def server(side: Side) -> None:
        await side.admit(fresh)
        for _ in range(2):
            command = await side.read()
            await side.send(protocol.problem_reply(Problem(Code.UNKNOWN_CALL, path="call"), command.id))
        await side.read()

    async with scripted(server) as (connection, _):
        await connection.open()
        for _ in range(2):
            with pytest.raises(Problem) as caught:
                await connection.request(protocol.Ping(id=connection.new_id()))
            assert (caught.value.code, caught.value.path) == (Code.UNKNOWN_CALL, "call")


async def test_a_transient_refusal_is_tried_again() -> None:
    async def not_now(side: Side) -> None:
        await side.admit(lambda sign_in: protocol.problem_reply(Problem(Code.SHUTTING_DOWN), sign_in.id))

    async def now(side: Side) -> None:
        await side.admit(fresh)
        await side.read()

    async with scripted(not_now, now) as (connection, _):
        assert (await connection.open()).session == SESSION


async def test_a_final_refusal_ends_it_and_every_wait() -> None:
    async def server(side: Side) -> None:
        await side.admit(lambda sign_in: protocol.problem_reply(Problem(Code.BAD_SIGNATURE), sign_in.id))

    async with scripted(server) as (connection, listener):
        with pytest.raises(Refused) as caught:
            await connection.open()
        assert caught.value.problem.code is Code.BAD_SIGNATURE
        assert await listener.heard.get() == ("closed", caught.value)
        with pytest.raises(Unreachable):
            await connection.request(protocol.Ping(id=connection.new_id()))


@pytest.mark.parametrize(
    ("hello", "error"),
    [
        (protocol.Hello(version=1, server=bytes(32), nonce=NONCE), ServerChanged),
        (protocol.Hello(version=2, server=SERVER_KEY, nonce=NONCE), Incompatible),
    ],
)
async def test_another_server_gets_no_signature(hello: protocol.Hello, error: type[Exception]) -> None:
    async def server(side: Side) -> None:
        await side.send(hello)
        assert (await side.ws.receive()).type is not aiohttp.WSMsgType.BINARY

    async with scripted(server) as (connection, _):
        with pytest.raises(error):
            await connection.open()


async def test_a_broken_listener_does_not_cost_the_connection() -> None:
    async def server(side: Side) -> None:
        await side.admit(fresh)
        await side.send(protocol.Registered(seq=1))
        ping = await side.read()
        await side.send(protocol.Ok(re=ping.id))
        await side.read()

    def broken(event: AnyEvent) -> None:
        raise RuntimeError

    async with scripted(server) as (connection, listener):
        listener.happened = broken  # type: ignore[method-assign]
        await connection.open()
        await connection.request(protocol.Ping(id=connection.new_id()))


async def test_close_says_goodbye_and_fails_what_waits() -> None:
    left: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def server(side: Side) -> None:
        await side.admit(fresh)
        await side.read()
        leave = await side.read()
        assert isinstance(leave, protocol.Leave)
        left.set_result(leave.how)
        await side.send(protocol.Ok(re=leave.id))

    async with scripted(server) as (connection, listener):
        await connection.open()
        waiting = asyncio.create_task(connection.request(protocol.Ping(id=connection.new_id())))
        await asyncio.sleep(0)
        await connection.close("resume")
        assert await left == "resume"
        with pytest.raises(Unreachable):
            await waiting
        assert isinstance(await listener.heard.get(), Welcome)
        assert await listener.heard.get() == ("closed", None)


async def test_drop_comes_back_by_itself() -> None:
    async def first(side: Side) -> None:
        await side.admit(fresh)
        await side.ws.receive()

    async def second(side: Side) -> None:
        assert (await side.admit(resumed)).resume is not None
        await side.read()

    async with scripted(first, second) as (connection, listener):
        await connection.open()
        connection.drop()
        assert [type(await listener.heard.get()).__name__ for _ in range(3)] == ["Welcome", "str", "Welcome"]
        assert connection.signed_in


@pytest.mark.parametrize(
    ("server", "origin"),
    [
        ("https://Kith.local:8443", "https://kith.local:8443"),
        ("https://kith.local:443/", "https://kith.local"),
        ("http://127.0.0.1:80/path?x", "http://127.0.0.1"),
    ],
)
def test_origin_is_as_a_browser_names_it(server: str, origin: str) -> None:
    assert origin_of(server) == origin


@pytest.mark.parametrize("server", ["kith.local", "ftp://kith.local", "https://", ""])
def test_what_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="address"):
        origin_of(server)


def test_pauses_grow_to_a_limit_and_are_jittered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "FIRST_PAUSE", 0.25)
    longest = [pause_before(attempt, 0.999999) for attempt in range(1000)]
    assert longest == sorted(longest)
    assert longest[0] == pytest.approx(0.25, rel=1e-3) and longest[-1] == pytest.approx(5.0, rel=1e-3)
    assert pause_before(3, 0.0) == pytest.approx(longest[3] / 2, rel=1e-3)
