"""One WebSocket to the server: messages to frames and back."""

import logging

import aiohttp

from signaling import protocol
from signaling.protocol import Codec

log = logging.getLogger(__name__)


class Lost(Exception):
    """This WebSocket is of no more use."""


class Frames:
    """Frames may come as either kind; they leave as the codec's."""

    __slots__ = ("_codec", "_ws")

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, codec: Codec) -> None:
        self._ws = ws
        self._codec = codec

    @property
    def address(self) -> str | None:
        """Of this machine, by which the server is reached; None where that is not known any more."""
        name = self._ws.get_extra_info("sockname")
        return None if name is None else str(name[0]).partition("%")[0]

    async def receive(self) -> protocol.FromServer:
        """Raises Lost where there is nothing more, msgspec.DecodeError for what is no message."""
        frame = await self._ws.receive()
        if frame.type is aiohttp.WSMsgType.BINARY:
            return self._codec.from_server(frame.data)
        if frame.type is aiohttp.WSMsgType.TEXT:
            return self._codec.from_server(frame.data.encode())
        raise Lost("the server closed the connection")

    async def say(self, command: protocol.Command) -> None:
        await self.send(self._codec.encode(command))

    async def send(self, data: bytes) -> None:
        """A WebSocket that is just being lost swallows this: its reader sees to the rest."""
        try:
            if self._codec.text:
                await self._ws.send_str(data.decode())
            else:
                await self._ws.send_bytes(data)
        except (ConnectionError, aiohttp.ClientError):
            log.debug("a frame met a closing connection")

    def drop(self) -> None:
        """Gone without a goodbye."""
        self._ws._response.close()  # noqa: SLF001 - no public way to be rude

    async def close(self) -> None:
        await self._ws.close()
