"""Who may connect to `/v1/connect`: Host, Origin, subprotocol and how many already have.

Host must be a name or address of this server, so that a page elsewhere cannot reach it through a
name of its own (DNS rebinding). Origin, where there is one, must be the server's own page.
"""

import ipaddress
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from signaling.closing import Close
from signaling.conversation import Conversation, Reception
from signaling.protocol import CODECS, Codec
from signaling.sessions import Channel

PATH = "/v1/connect"

PING_INTERVAL = 30.0
"""Seconds between pings: finds a dead phone within a minute and keeps home routers' tables warm."""

MAX_WAITING_BYTES = 2 << 20
"""What may wait for a slow socket. Sessions keep at most 1 MiB of events unacked; replies come on top."""


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

    def origin_of(self, headers: Mapping[str, str], peer: str) -> str:
        """scheme://host:port as the endpoint dialled it, which is what it signs."""
        scheme = self.scheme
        if peer in self.trusted_proxies:
            scheme = headers.get("X-Forwarded-Proto", scheme)
        return f"{scheme}://{headers.get('Host', '')}"

    def remote(self, headers: Mapping[str, str], peer: str) -> str:
        """The network address of whoever asks; forwarded ones are believed from configured proxies only."""
        if peer in self.trusted_proxies:
            return headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or peer
        return peer


class Rejected(Exception):
    """The connection is refused with an HTTP status and a sentence."""

    def __init__(self, status: int, text: str, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a connection may be: its subprotocol, its origin as signed, the address it counts for."""

    codec: Codec
    origin: str
    remote: str


class Gateway:
    """Admits connections and knows those that are open, whichever carrier brings them."""

    def __init__(self, reception: Reception, address: Address) -> None:
        self.reception = reception
        self.address = address
        self._per_address: Counter[str] = Counter()
        self._open: set[Channel] = set()

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, headers: Mapping[str, str], peer: str) -> Admitted:
        """Check an upgrade request. `headers` ignore case. Raises Rejected."""
        if not self.address.host_allowed(headers.get("Host", "")):
            raise Rejected(421, "this server has another name")
        origin = self.address.origin_of(headers, peer)
        if headers.get("Origin", origin) != origin:
            raise Rejected(403, "wrong origin")
        offered = [name.strip() for name in headers.get("Sec-WebSocket-Protocol", "").split(",")]
        codec = next((CODECS[name] for name in offered if name in CODECS), None)
        if codec is None:
            raise Rejected(400, f"offer one of the subprotocols {', '.join(CODECS)}")
        if self.reception.draining or len(self._open) >= self.address.max_connections:
            raise Rejected(503, "no room", retry_after=2)
        remote = self.address.remote(headers, peer)
        if self._per_address[remote] >= self.address.max_per_address and not self.reception.admit_test:
            raise Rejected(429, "too many connections", retry_after=30)
        return Admitted(codec, origin, remote)

    def enter(self, channel: Channel, admitted: Admitted) -> Conversation:
        """The connection is up: its conversation, with the hello sent."""
        self._open.add(channel)
        self._per_address[admitted.remote] += 1
        conversation = Conversation(
            self.reception, channel, admitted.codec, origin=admitted.origin, address=admitted.remote
        )
        conversation.begin()
        return conversation

    def exit(self, channel: Channel, conversation: Conversation, remote: str) -> None:
        """The connection is gone."""
        self._open.discard(channel)
        self._per_address[remote] -= 1
        if self._per_address[remote] <= 0:
            del self._per_address[remote]
        conversation.ended()

    def close_all(self, code: Close, reason: str) -> None:
        for channel in tuple(self._open):
            channel.close(code, reason)
