"""Connections carried by aiohttp's own WebSocket: the plain way, and the one behind which nothing private is used.

`carrier_picows` does the same on the same port for less; the contract suite runs on both. The pings are our
own here too: aiohttp's tie every connection into a cycle, and what has closed would wait for the collector.
"""

import asyncio
import contextlib
from collections import deque

import aiohttp
from aiohttp import web

from signaling.closing import Close
from signaling.conversation import Conversation
from signaling.gateway import MAX_WAITING_BYTES, PING_AFTER, PING_INTERVAL, Gateway, Rejected, ends
from signaling.heartbeat import Heartbeat
from signaling.protocol import CODECS, MAX_FRAME


class AiohttpChannel:
    """Sends on an aiohttp WebSocket, without waiting, from a queue of its own."""

    __slots__ = ("_bytes", "_closing", "_ping", "_queue", "_socket", "_task", "_text", "_transport", "silent")

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, *, text: bool
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._text = aiohttp.WSMsgType.TEXT if text else aiohttp.WSMsgType.BINARY
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._closing: tuple[int, str] | None = None
        self._ping = False
        self.silent = 0

    def send(self, frame: bytes) -> None:
        if self._closing is not None:
            return
        if self._bytes + len(frame) > MAX_WAITING_BYTES:
            self.close(Close.GOING_AWAY, "too slow")
            return
        self._bytes += len(frame)
        self._queue.append(frame)
        self._start()

    def close(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = (code, reason)
            self._start()

    def beat(self) -> None:
        """signaling.heartbeat.Beating"""
        self.silent += 1
        if self.silent == PING_AFTER:
            self._ping = True
            self._start()
        elif self.silent > PING_AFTER and self._transport is not None:
            self._transport.abort()

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        socket = self._socket
        try:
            while self._queue or self._ping:
                if self._ping:
                    self._ping = False
                    await socket.ping()
                if self._queue:
                    frame = self._queue.popleft()
                    self._bytes -= len(frame)
                    await socket.send_frame(frame, self._text)
            if self._closing is not None and not socket.closed:
                code, reason = self._closing
                await asyncio.wait_for(socket.close(code=code, message=reason.encode()), 5.0)
        except (TimeoutError, ConnectionError, RuntimeError, aiohttp.ClientError):
            self._queue.clear()  # the reading side notices the same and ends the conversation
        finally:
            self._task = None


class AiohttpCarrier:
    """The route handler for `/v1/connect`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.heartbeat = Heartbeat(PING_INTERVAL)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Upgrade and converse until the connection is gone."""
        try:
            admitted = self._gateway.admit(request.headers, ends(request.transport))
        except Rejected as rejected:
            return web.Response(status=rejected.status, text=rejected.text, headers=rejected.headers)
        socket = web.WebSocketResponse(
            protocols=tuple(CODECS),
            compress=False,  # costs some 120 KiB a connection
            autoping=False,  # a pong that is swallowed is not heard
            max_msg_size=4 * MAX_FRAME,  # what is a little too large is answered, not cut off
        )
        await socket.prepare(request)
        channel = AiohttpChannel(socket, request.transport, text=admitted.codec.text)
        stop_beating = self.heartbeat.add(channel)
        conversation = self._gateway.enter(channel, admitted)
        try:
            await _converse(socket, channel, conversation)
        finally:
            stop_beating()
            self._gateway.exit(channel, conversation, admitted.remote)
            _forget_error(socket)
        return socket


def _forget_error(socket: web.WebSocketResponse) -> None:
    """aiohttp keeps the error that ended a connection, whose traceback keeps the connection."""
    error = socket.exception()
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


async def _converse(
    socket: web.WebSocketResponse, channel: AiohttpChannel, conversation: Conversation
) -> None:
    while True:
        message = await socket.receive()
        channel.silent = 0
        match message.type:
            case aiohttp.WSMsgType.BINARY:
                conversation.received(message.data, text=False)
            case aiohttp.WSMsgType.TEXT:
                conversation.received(message.data.encode(), text=True)
            case aiohttp.WSMsgType.PING:
                with contextlib.suppress(ConnectionError):  # the next message is that it is gone
                    await socket.pong(message.data)
            case aiohttp.WSMsgType.PONG:
                pass
            case _:
                return
