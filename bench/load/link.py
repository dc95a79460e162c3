"""One raw WebSocket of the load."""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast

from bench.load.frames import BINARY, CLOSE, PING, PONG, TEXT, FrameReader, masked

HOST = "127.0.0.1"
OPEN_WITHIN = 30.0


class Link(asyncio.Protocol):
    """`hear` gets every message. The WebSocket's own pings are answered."""

    def __init__(self, request: bytes, hear: Callable[[bytes], None]) -> None:
        self.hear = hear
        self.lost = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._head = b""
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but ancestry
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            head, blank, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = head
            if not blank:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self.opened.set_exception(ConnectionError(head.split(b"\r\n")[0].decode("latin-1")))
                return
            self.opened.set_result(None)
        for opcode, payload in self._reader.feed(data):
            if opcode in (TEXT, BINARY):
                self.hear(payload)
            elif opcode == PING:
                self.write(masked(PONG, payload))
            elif opcode == CLOSE:
                self.lost = True

    def write(self, frame: bytes) -> None:
        assert self._transport is not None
        if not self.lost:
            self._transport.write(frame)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def dial(
    port: int, path: str, hear: Callable[[bytes], None], *, subprotocol: str | None = None
) -> Link:
    """A link whose handshake is done. Raises OSError or TimeoutError."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {HOST}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    request = "\r\n".join([*lines, "", ""]).encode()
    _, link = await asyncio.get_running_loop().create_connection(lambda: Link(request, hear), HOST, port)
    async with asyncio.timeout(OPEN_WITHIN):
        await link.opened
    return link
