"""A scripted endpoint over a real WebSocket, written without any of the server's code for messages.

    async with Endpoint(server, joined) as kitchen:
        reply = await kitchen.ask("call", call=new_call(), to=dad)
        ringing = await kitchen.event("ringing")

It speaks MessagePack or JSON with the packages of that name, keeps its session over reconnects, acks
each event as it comes (unless told not to) and shows every event exactly once, in order.
"""

import asyncio
import base64
import itertools
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgpack  # type: ignore[import-untyped]

from kith.core.keys import sign_in_statement
from tests.support.server import GENEROUS, Joined, RunningServer

Message = dict[str, Any]

_BYTES = frozenset({"nonce", "server", "body", "identity", "sealing", "sealing_signature", "signature"})


class Closed(Exception):
    """The connection ended while something was awaited."""


class Connection:
    """One WebSocket, before or without sign-in. `hello` is the server's first message."""

    def __init__(
        self, server: RunningServer, *, text: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        self.server = server
        self.text = text
        self.headers = headers or {}
        self.hello: Message = {}
        self.all: list[Message] = []
        self.replies: dict[str, Message] = {}
        self.events: list[Message] = []
        self.loose: list[Message] = []
        self.patience = GENEROUS
        self.over = False
        self._fault: Exception | None = None
        self._grown = asyncio.Condition()
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)

    async def open(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self.server.tls or False)
        self._http = aiohttp.ClientSession(connector=connector)
        try:
            self._socket = await self._http.ws_connect(
                f"{self.server.url}/v1/connect",
                protocols=("kith.v1.json" if self.text else "kith.v1.msgpack",),
                headers=self.headers,
                max_msg_size=0,
            )
        except aiohttp.ClientError:
            await self._http.close()
            raise
        self._reader = asyncio.create_task(self._read())
        self.hello = await self.until(lambda: next((m for m in self.all if m["t"] == "hello"), None))
        return self

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close in good order."""
        if self._socket is not None:
            await self._socket.close()
        await self._finish()

    async def cut(self) -> None:
        """Lose the connection, as a phone does that leaves the house: nothing is said."""
        assert self._socket is not None
        self._socket._writer.transport.abort()
        await self._finish()

    def stop_reading(self) -> None:
        """Take nothing more, as a stuck process does; the connection stays up and its buffers fill."""
        assert self._reader is not None
        self._reader.cancel()

    async def _finish(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self._http is not None:
            await self._http.close()

    # -- saying ------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return f"{id(self):x}-{next(self._numbers)}"

    async def say(self, t: str, **fields: Any) -> str:
        """Send a command without waiting; returns its id."""
        message = {"t": t, "id": self.new_id()} | fields
        await self.send(self.pack(message))
        return str(message["id"])

    async def ask(self, t: str, **fields: Any) -> Message:
        """Send a command; returns its reply, which may be a problem."""
        return await self.reply(await self.say(t, **fields))

    async def send(self, data: bytes) -> None:
        """Send one frame as it is, even where it is text that is none."""
        assert self._socket is not None
        kind = aiohttp.WSMsgType.TEXT if self.text else aiohttp.WSMsgType.BINARY
        await self._socket.send_frame(data, kind)

    async def send_other_kind(self, data: bytes) -> None:
        """A binary frame where text belongs, or the other way round."""
        assert self._socket is not None
        await (self._socket.send_bytes(data) if self.text else self._socket.send_str(data.decode()))

    def pack(self, message: Message) -> bytes:
        if self.text:
            return json.dumps(message, default=lambda raw: base64.b64encode(raw).decode()).encode()
        packed: bytes = msgpack.packb(message)
        return packed

    def unpack(self, data: Any) -> Message:
        """A message as a dictionary, with bytes as bytes in both subprotocols."""
        found: Message = _with_bytes(json.loads(data)) if self.text else msgpack.unpackb(data)
        return found

    # -- hearing -----------------------------------------------------------------------------------

    async def until(self, found: Callable[[], Any]) -> Any:
        """Wait for `found` to return something that is not None. Raises Closed if nothing more can come."""
        async with self._grown, asyncio.timeout(self.patience):
            await self._grown.wait_for(lambda: found() is not None or self.over)
            result = found()
        if self._fault is not None:
            raise self._fault
        if result is None:
            raise Closed(self.close_code)
        return result

    async def reply(self, request: str) -> Message:
        found: Message = await self.until(lambda: self.replies.get(request))
        return found

    async def loose_problem(self) -> Message:
        """A problem that names no command, because its id could not be read."""
        found: Message = await self.until(lambda: self.loose[0] if self.loose else None)
        self.loose.remove(found)
        return found

    async def event(self, t: str, **where: Any) -> Message:
        """The first event of this kind, not taken before, with these values; waits for it."""

        def matches(event: Message) -> bool:
            whole = (event.get("call"), event.get("group"))
            about: Message = next((one for one in whole if isinstance(one, dict)), {})
            values = {**about, **event} | ({"call": about["id"]} if about else {})
            return event["t"] == t and all(values.get(key) == value for key, value in where.items())

        found: Message = await self.until(lambda: next((e for e in self.events if matches(e)), None))
        self.events.remove(found)
        return found

    def had(self, t: str) -> list[Message]:
        """Events of this kind that nobody has taken yet."""
        return [event for event in self.events if event["t"] == t]

    async def closed(self) -> int | None:
        """Wait until the server has closed; returns the code."""
        await self.until(lambda: True if self.over else None)
        return self.close_code

    @property
    def close_code(self) -> int | None:
        return None if self._socket is None else self._socket.close_code

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for frame in self._socket:
                await self._take(self.unpack(frame.data))
        except Exception as fault:  # noqa: BLE001 - raised again where something is awaited
            self._fault = fault
        finally:
            async with self._grown:
                self.over = True
                self._grown.notify_all()

    async def _take(self, message: Message) -> None:
        async with self._grown:
            self.all.append(message)
            if message.get("re") is not None:
                self.replies[message["re"]] = message
            elif message["t"] == "problem":
                self.loose.append(message)
            elif "seq" in message:
                self.events.append(message)
            self.heard(message)
            self._grown.notify_all()

    def heard(self, message: Message) -> None:
        """Called for each message, in order."""


class Endpoint(Connection):
    """An enrolled endpoint. Its session survives `cut` and `back`."""

    def __init__(
        self,
        server: RunningServer,
        joined: Joined,
        *,
        text: bool = False,
        acks: bool = True,
        capabilities: dict[str, bool] | None = None,
    ) -> None:
        super().__init__(server, text=text)
        self.joined = joined
        self.acks = acks
        self.capabilities = capabilities
        self.session: str | None = None
        self.seq = 0
        self.welcome: Message = {}
        self.snapshot: Message = {}
        self._acking: set[asyncio.Task[Any]] = set()

    async def open(self) -> Self:
        await super().open()
        await self.sign_in()
        return self

    async def sign_in(self, **fields: Any) -> Message:
        """Sign in on the open connection, resuming if there is something to resume."""
        if self.session is not None:
            fields.setdefault("resume", {"session": self.session, "seq": self.seq})
        if self.capabilities is not None:
            fields.setdefault("capabilities", self.capabilities)
        reply = await self.ask("sign_in", **(self.signature(self.hello["nonce"]) | fields))
        if reply["t"] != "welcome":
            raise Closed(reply)
        return reply

    def signature(self, nonce: bytes, *, origin: str | None = None) -> Message:
        message = sign_in_statement(
            self.hello["server"], origin or self.server.url, nonce, self.joined.endpoint
        )
        return {"endpoint": self.joined.endpoint, "nonce": nonce, "signature": self.joined.keys.sign(message)}

    async def back(self, **fields: Any) -> Self:
        """Connect again and sign in, resuming unless `resume` says otherwise."""
        self.over, self._fault = False, None
        self.all.clear()
        await super().open()
        await self.sign_in(**fields)
        return self

    def heard(self, message: Message) -> None:
        if message["t"] == "welcome":
            self.welcome = message
            if not message["resumed"]:
                self.session, self.seq, self.snapshot = message["session"], 0, message["snapshot"]
        elif "seq" in message and "re" not in message:
            assert message["seq"] == self.seq + 1, f"event {message['seq']} after {self.seq}"
            self.seq += 1
            if self.acks:
                task = asyncio.get_running_loop().create_task(self._ack(self.seq))
                self._acking.add(task)
                task.add_done_callback(self._acking.discard)

    async def _ack(self, seq: int) -> None:
        try:
            await self.say("ack", seq=seq)
        except (aiohttp.ClientError, ConnectionError, RuntimeError):
            return  # the connection is gone; what was not acked comes again

    # -- words for the usual things ------------------------------------------------------------------

    @property
    def id(self) -> str:
        return self.joined.endpoint

    async def ok(self, t: str, **fields: Any) -> Message:
        """Ask, and insist on an answer that is no problem."""
        reply = await self.ask(t, **fields)
        assert reply["t"] != "problem", reply
        return reply

    async def call(self, to: str, call: str, *, video: bool = False) -> Message:
        return await self.ok("call", call=call, to=to, video=video)

    async def media_up(self, call: str, epoch: int = 0) -> Message:
        return await self.ok("media_up", call=call, epoch=epoch)

    async def ended(self, call: str) -> str:
        """Wait for the end of a call; returns the reason."""
        return str((await self.event("ended", call=call))["reason"])


def _with_bytes(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _with_bytes(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_bytes(inner) for inner in value]
    return base64.b64decode(value) if key in _BYTES and isinstance(value, str) else value
