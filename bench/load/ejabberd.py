"""People of an XMPP server, over WebSocket (RFC 7395), anonymously: a name for as long as the connection lasts."""

import asyncio
import re
from collections.abc import Callable

from bench.load.abreast import abreast
from bench.load.frames import TEXT, masked
from bench.load.lane import Lane
from bench.load.link import Link, dial
from bench.load.payload import TEXT_MESSAGE

DOMAIN = "localhost"
PATIENCE = 60.0
"""Seconds for all to come in."""
_OPEN = f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{DOMAIN}' version='1.0'/>".encode()
_AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
_BIND = b"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
_HERE = b"<presence xmlns='jabber:client'/>"
_JID = re.compile(rb"<jid>([^<]+)</jid>")


class _Peer:
    def __init__(self) -> None:
        self.link: Link | None = None
        self.incoming: Lane | None = None
        self.name = ""
        self.errors = 0
        self._named: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._authenticated = False

    async def connect(self, port: int) -> None:
        self.link = await dial(port, "/ws", self._hear, subprotocol="xmpp")
        self._say(_OPEN)
        self.name = await self._named

    def _say(self, stanza: bytes) -> None:
        assert self.link is not None
        self.link.write(masked(TEXT, stanza))

    def _hear(self, data: bytes) -> None:
        if data.startswith(b"<message"):
            if b"type='error'" in data:
                self.errors += 1
            elif self.incoming is not None:
                self.incoming.arrived()
        elif b"<mechanisms" in data:
            self._say(_AUTH)
        elif b"<success" in data:
            self._authenticated = True
            self._say(_OPEN)
        elif b"features" in data and self._authenticated:
            self._say(_BIND)
        elif (found := _JID.search(data)) is not None and not self._named.done():
            self._say(_HERE)
            self._named.set_result(found[1].decode())


class Ejabberd:
    """Implements bench.load.__main__.Crowd."""

    def __init__(self, took: Callable[[float], None]) -> None:
        self._took = took
        self._peers: list[_Peer] = []
        self.lanes: list[Lane] = []

    async def enrol(self, port: int, endpoints: int) -> None:
        """It knows whoever connects."""

    async def connect(self, port: int, endpoints: int) -> None:
        self._peers = [_Peer() for _ in range(endpoints)]
        async with asyncio.timeout(PATIENCE):  # one that it drops is told of nothing more
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
        return sum(peer.link is None or peer.link.lost for peer in self._peers) + sum(
            peer.errors for peer in self._peers
        )


def _sender(peer: _Peer, to: str) -> Callable[[], None]:
    assert peer.link is not None
    write = peer.link.write
    stanza = (
        f"<message xmlns='jabber:client' to='{to}' type='chat' id='m'><body>{TEXT_MESSAGE}</body></message>"
    )
    frame = masked(TEXT, stanza.encode())
    return lambda: write(frame)
