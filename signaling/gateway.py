"""Where connections come in: `/v1/connect`, checked for Host, Origin and subprotocol.

Host must be a name or address of this server, so that a page elsewhere cannot reach it through a
name of its own (DNS rebinding). Origin, where there is one, must be the server's own page.
"""

import asyncio
import ipaddress
import logging
from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from signaling.conversation import GOING_AWAY, Conversation, Reception
from signaling.protocol import CODECS, MAX_FRAME

log = logging.getLogger(__name__)

MAX_OUTGOING = 2_048
"""Frames that may wait for a slow socket. Sessions bound their events below this; replies come on top."""

PING_INTERVAL = 30.0
"""Seconds between pings: finds a dead phone within a minute and keeps home routers' tables warm."""


@dataclass(frozen=True, slots=True)
class Address:
    """How this server may be called, and whom it believes about where requests come from."""

    names: frozenset[str]
    scheme: str
    trusted_proxies: frozenset[str]
    max_connections: int
    max_per_address: int

    def host_allowed(self, host: str) -> bool:
        """Whether a Host header (with or without port) names this server."""
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        if name is None:
            return False
        if name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # an address cannot be rebound: it is where the packets went

    def origin_of(self, request: web.Request) -> str:
        """scheme://host:port as the endpoint dialled it, which is what it signs."""
        scheme = self.scheme
        if self.from_proxy(request):
            scheme = request.headers.get("X-Forwarded-Proto", scheme)
        return f"{scheme}://{request.headers.get('Host', '')}"

    def remote(self, request: web.Request) -> str:
        """The network address of whoever asks; forwarded ones are believed from configured proxies only."""
        if self.from_proxy(request):
            return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or "proxy"
        return request.remote or "unknown"

    def from_proxy(self, request: web.Request) -> bool:
        return request.remote in self.trusted_proxies


class AiohttpChannel:
    """Sends on an aiohttp WebSocket, without waiting, from a queue of its own."""

    __slots__ = ("_queue", "_socket", "_task", "_text", "closing")

    def __init__(self, socket: web.WebSocketResponse, *, text: bool) -> None:
        self._socket = socket
        self._text = aiohttp.WSMsgType.TEXT if text else aiohttp.WSMsgType.BINARY
        self._queue: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self.closing: tuple[int, str] | None = None

    def send(self, frame: bytes) -> None:
        if self.closing is not None:
            return
        if len(self._queue) >= MAX_OUTGOING:
            self.close(GOING_AWAY, "too slow")
            return
        self._queue.append(frame)
        self._start()

    def close(self, code: int, reason: str) -> None:
        if self.closing is None:
            self.closing = (code, reason)
            self._start()

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        socket = self._socket
        try:
            while self._queue:
                await socket.send_frame(self._queue.popleft(), self._text)
            if self.closing is not None and not socket.closed:
                code, reason = self.closing
                await asyncio.wait_for(socket.close(code=code, message=reason.encode()), 5.0)
        except (ConnectionError, RuntimeError, asyncio.TimeoutError, aiohttp.ClientError):
            self._queue.clear()  # the reading side notices the same and ends the conversation
        finally:
            self._task = None
        if self._queue or (self.closing is not None and not socket.closed):
            self._start()


class Gateway:
    """Accepts connections and drives a conversation over each."""

    def __init__(self, reception: Reception, address: Address) -> None:
        self._reception = reception
        self._address = address
        self._per_address: Counter[str] = Counter()
        self._open: set[AiohttpChannel] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket endpoint."""
        origin = self._address.origin_of(request)
        if request.headers.get("Origin", origin) != origin:
            raise web.HTTPForbidden(text="wrong origin")
        remote = self._address.remote(request)
        if self._reception.draining or len(self._open) >= self._address.max_connections:
            raise web.HTTPServiceUnavailable(text="no room", headers={"Retry-After": "2"})
        if self._per_address[remote] >= self._address.max_per_address and not self._reception.admit_test:
            raise web.HTTPTooManyRequests(text="too many connections", headers={"Retry-After": "30"})
        socket = web.WebSocketResponse(
            protocols=tuple(CODECS),
            compress=False,  # costs some 120 KiB a connection
            heartbeat=PING_INTERVAL,
            max_msg_size=MAX_FRAME + 1024,
            autoclose=True,
        )
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        if not any(name.strip() in CODECS for name in offered.split(",")):
            raise web.HTTPBadRequest(text=f"offer one of the subprotocols {', '.join(CODECS)}")
        await socket.prepare(request)
        codec = CODECS[socket.ws_protocol or ""]
        channel = AiohttpChannel(socket, text=codec.text)
        conversation = Conversation(self._reception, channel, codec, origin=origin, address=remote)
        self._open.add(channel)
        self._per_address[remote] += 1
        try:
            conversation.begin()
            await _read(socket, conversation)
        finally:
            self._open.discard(channel)
            self._per_address[remote] -= 1
            if not self._per_address[remote]:
                del self._per_address[remote]
            conversation.ended()
        return socket

    def close_all(self, code: int, reason: str) -> None:
        for channel in tuple(self._open):
            channel.close(code, reason)


async def _read(socket: web.WebSocketResponse, conversation: Conversation) -> None:
    while True:
        message = await socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            conversation.received(message.data, text=False)
        elif message.type is aiohttp.WSMsgType.TEXT:
            conversation.received(message.data.encode(), text=True)
        else:
            return
