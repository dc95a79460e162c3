"""Endpoints of a PeerJS server: an id and a token in the address, messages as JSON text."""

import asyncio
from collections.abc import Callable

from bench.load.abreast import abreast
from bench.load.frames import TEXT, masked
from bench.load.lane import Lane
from bench.load.link import Link, dial
from bench.load.payload import candidate_message


class _Peer:
    def __init__(self, name: str) -> None:
        self.name = name
        self.link: Link | None = None
        self.incoming: Lane | None = None
        self._open = asyncio.get_running_loop().create_future()

    async def connect(self, port: int) -> None:
        path = f"/peerjs?key=peerjs&id={self.name}&token=token-of-{self.name}&version=1.5.5"
        self.link = await dial(port, path, self._hear)
        await self._open

    def _hear(self, message: bytes) -> None:
        if not self._open.done():
            if b'"OPEN"' not in message:
                self._open.set_exception(ConnectionError("the server did not open"))
            else:
                self._open.set_result(None)
        elif self.incoming is not None and b'"CANDIDATE"' in message:
            self.incoming.arrived()


class PeerJs:
    """Implements bench.load.__main__.Crowd."""

    def __init__(self, took: Callable[[float], None]) -> None:
        self._took = took
        self._peers: list[_Peer] = []
        self.lanes: list[Lane] = []

    async def enrol(self, port: int, endpoints: int) -> None:
        """PeerJS knows whoever connects."""

    async def connect(self, port: int, endpoints: int) -> None:
        self._peers = [_Peer(f"u{number:08d}") for number in range(endpoints)]
        await abreast(peer.connect(port) for peer in self._peers)

    async def pair(self, ahead: int = 0) -> None:
        for one, other in zip(self._peers[::2], self._peers[1::2], strict=True):
            lane = Lane(_sender(one, other.name), self._took)
            other.incoming = lane
            self.lanes.append(lane)

    async def close(self) -> None:
        """The connections end with the process."""

    @property
    def lost(self) -> int:
        return sum(peer.link is None or peer.link.lost for peer in self._peers)


def _sender(peer: _Peer, to: str) -> Callable[[], None]:
    assert peer.link is not None
    write = peer.link.write
    frame = masked(TEXT, candidate_message(to))
    return lambda: write(frame)
