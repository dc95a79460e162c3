"""Connections carried by aiohttp's own WebSocket: the plain way, and the one behind which nothing private is used.

`carrier_picows` does the same on the same port for less; the contract suite runs on both.
"""

import asyncio
from collections import deque

import aiohttp
from aiohttp import web

from signaling.closing import Close
from signaling.gateway import MAX_WAITING_BYTES, PING_INTERVAL, Gateway, Rejected, ends
from signaling.protocol import CODECS, MAX_FRAME


class AiohttpChannel:
    """Sends on an aiohttp WebSocket, without waiting, from a queue of its own."""

    __slots__ = ("_bytes", "_closing", "_queue", "_socket", "_task", "_text")

    def __init__(self, socket: web.WebSocketResponse, *, text: bool) -> None:
        self._socket = socket
        self._text = aiohttp.WSMsgType.TEXT if text else aiohttp.WSMsgType.BINARY
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._closing: tuple[int, str] | None = None

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

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        socket = self._socket
        try:
            while self._queue:
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

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Upgrade and converse until the connection is gone."""
        try:
            admitted = self._gateway.admit(request.headers, ends(request.transport))
        except Rejected as rejected:
            return web.Response(status=rejected.status, text=rejected.text, headers=rejected.headers)
        socket = web.WebSocketResponse(
            protocols=tuple(CODECS),
            compress=False,  # costs some 120 KiB a connection
            heartbeat=PING_INTERVAL,
            max_msg_size=4 * MAX_FRAME,  # what is a little too large is answered, not cut off
        )
        await socket.prepare(request)
        channel = AiohttpChannel(socket, text=admitted.codec.text)
        conversation = self._gateway.enter(channel, admitted)
        try:
            while True:
                message = await socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    conversation.received(message.data, text=False)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    conversation.received(message.data.encode(), text=True)
                else:
                    break
        finally:
            self._gateway.exit(channel, conversation, admitted.remote)
        return socket
