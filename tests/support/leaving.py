"""What leaves an endpoint: RTP packets at its own sockets, with the time of each."""

import asyncio
from collections.abc import Iterator
from typing import Any

from kith.endpoint.call import Call
from kith.endpoint.group import Group
from kith.endpoint.group_mesh import Mesh
from kith.endpoint.link import Link


class Leaving:
    """Counts from now on what the links of a call send; `look` again after it has a new one. `lossy`: every eighth
    packet gets lost on its way."""

    def __init__(self, call: Call, *, lossy: bool = False) -> None:
        self.times: list[float] = []
        self._lossy = lossy
        self._call = call
        self._seen: set[int] = set()
        self.look()

    @property
    def first(self) -> float | None:
        return self.times[0] if self.times else None

    @property
    def last(self) -> float:
        return self.times[-1] if self.times else 0.0

    def look(self) -> None:
        for one in list(self._call._links._links.values()):
            for transceiver in one.link._pc.getTransceivers():
                for socket in transceiver.sender.transport.transport._connection._protocols:
                    if id(socket) not in self._seen:
                        self._seen.add(id(socket))
                        self._watch(socket)

    def _watch(self, socket: Any) -> None:
        send = socket.send_data

        async def sent(data: bytes, address: tuple[str, int]) -> None:
            if 128 <= data[0] < 192 and not 192 <= data[1] < 224:  # RFC 7983, RFC 5761
                self.times.append(asyncio.get_running_loop().time())
                if self._lossy and len(self.times) % 8 == 0:
                    return
            await send(data, address)

        socket.send_data = sent


class LeavingGroup:
    """The same of one member's connection in a mesh."""

    def __init__(self, group: Group, endpoint: str) -> None:
        self.times: list[float] = []
        self._group = group
        self._endpoint = endpoint
        self._seen: set[int] = set()
        self.look()

    @property
    def first(self) -> float | None:
        return self.times[0] if self.times else None

    @property
    def last(self) -> float:
        return self.times[-1] if self.times else 0.0

    def look(self) -> None:
        way = self._group.way
        pair = way.pair(self._endpoint) if isinstance(way, Mesh) else None
        for one in [] if pair is None else list(pair._links._links.values()):
            for socket in sockets(one.link):
                if id(socket) not in self._seen:
                    self._seen.add(id(socket))
                    watch(socket, self.times)


def sockets(link: Link) -> Iterator[Any]:
    for transceiver in link._pc.getTransceivers():
        yield from transceiver.sender.transport.transport._connection._protocols


def watch(socket: Any, times: list[float]) -> None:
    """Note when each RTP packet leaves through it."""
    send = socket.send_data

    async def sent(data: bytes, address: tuple[str, int]) -> None:
        if 128 <= data[0] < 192 and not 192 <= data[1] < 224:  # RFC 7983, RFC 5761
            times.append(asyncio.get_running_loop().time())
        await send(data, address)

    socket.send_data = sent
