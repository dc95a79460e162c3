"""Who may connect to `/v1/connect`: Host, Origin, subprotocol and how many already have.

Host must be a name of this server or the very address that was dialled, so that a page elsewhere cannot reach
it through a name of its own (DNS rebinding), nor another machine pass on what an endpoint signed for it.
Origin, where there is one, must be the server's own page.
"""

import asyncio
import ipaddress
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from multidict import MultiMapping

from signaling.closing import Close
from signaling.conversation import Conversation, Reception
from signaling.protocol import CODECS, Codec
from signaling.sessions import Channel

PATH = "/v1/connect"

PING_INTERVAL = 20.0
"""Seconds between looks at a connection."""

PING_AFTER = 2
"""Looks without a sound before a ping; one more and the connection is dropped. Who talks is never pinged, a
dead phone is found within a minute, and home routers' tables stay warm."""

MAX_WAITING_BYTES = 2 << 20
"""What may wait for a slow socket. Sessions keep at most 1 MiB of events unacked; replies come on top."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The network addresses at the two ends of a connection; `local` is the one of ours that was dialled."""

    peer: str
    local: str


def ends(transport: asyncio.BaseTransport | None) -> Ends:
    """Those of a socket, "unknown" where it has gone or has none."""
    names = [None if transport is None else transport.get_extra_info(end) for end in ("peername", "sockname")]
    peer, local = (str(name[0]) if isinstance(name, tuple) else "unknown" for name in names)
    return Ends(peer, local)


@dataclass(frozen=True, slots=True)
class Address:
    """How this server may be called, and whom it believes about where requests come from."""

    names: frozenset[str]
    scheme: str
    trusted_proxies: frozenset[str]
    max_connections: int
    max_per_address: int

    def host_allowed(self, headers: MultiMapping[str], at: Ends) -> bool:
        """Whether the Host header (with or without port) names this server.

        An address that is not the socket's own, as behind a router that forwards ports, must be configured.
        """
        host = headers.get("Host", "")
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return name is not None and (name in self.names or _same_address(name, at.local))

    def origin_of(self, headers: MultiMapping[str], at: Ends) -> str:
        """scheme://host:port as the endpoint dialled it, which is what it signs."""
        scheme = self.scheme
        if at.peer in self.trusted_proxies:
            scheme = _last(headers, "X-Forwarded-Proto") or scheme
        return f"{scheme}://{headers.get('Host', '')}"

    def origin_allowed(self, headers: MultiMapping[str], at: Ends) -> bool:
        """Whether whoever asks is no web page, or one of the server's own."""
        origin = self.origin_of(headers, at)
        return headers.get("Origin", origin) == origin

    def remote(self, headers: MultiMapping[str], at: Ends) -> str:
        """The network address of whoever asks; forwarded ones are believed from configured proxies only."""
        if at.peer in self.trusted_proxies:
            return _last(headers, "X-Forwarded-For") or at.peer
        return at.peer


def _last(headers: MultiMapping[str], name: str) -> str:
    """The last value of a list that proxies add to: what comes before it is whatever a stranger sent,
    in the same header line or in one of its own."""
    return ",".join(headers.getall(name, [])).rpartition(",")[2].strip()


def _same_address(one: str, other: str) -> bool:
    """Whether both are one IP address, however it is written. False where either is none."""
    try:
        return _address(one) == _address(other)
    except ValueError:
        return False


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


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

    def admit(self, headers: MultiMapping[str], at: Ends) -> Admitted:
        """Check an upgrade request. `headers` ignore case. Raises Rejected."""
        if not self.address.host_allowed(headers, at):
            raise Rejected(421, "this server has another name")
        if not self.address.origin_allowed(headers, at):
            raise Rejected(403, "wrong origin")
        offered = [name.strip() for name in headers.get("Sec-WebSocket-Protocol", "").split(",")]
        codec = next((CODECS[name] for name in offered if name in CODECS), None)
        if codec is None:
            raise Rejected(400, f"offer one of the subprotocols {', '.join(CODECS)}")
        if self.reception.draining or len(self._open) >= self.address.max_connections:
            raise Rejected(503, "no room", retry_after=2)
        remote = self.address.remote(headers, at)
        if self._per_address[remote] >= self.address.max_per_address and not self.reception.admit_test:
            raise Rejected(429, "too many connections", retry_after=30)
        return Admitted(codec, self.address.origin_of(headers, at), remote)

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
