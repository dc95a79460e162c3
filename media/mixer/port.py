"""The one UDP port: a socket for each address, read and written by the batch, and who sits at the other end of what.

A datagram from an address that has proven itself (by a STUN request with the password, RFC 8445 section 7.3) is
media of a seat or belongs to its ICE and DTLS. A STUN request is for the guest whom it names, wherever it comes from:
an address can be another's by now. From any other address nothing else is looked at. All of it is bounded in each
drain, so that nobody's flood is anybody else's delay; and what breaks who reads it is dropped, so that no datagram ends
anything but itself.
"""

import errno
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from media.mixer import aiortc_hooks
from media.mixer.aiortc_hooks import Address
from media.mixer.header import stun_name
from media.mixer.mmsg import NAME, SLOT, SLOTS, Inbox, Outbox

ROUNDS = 8
"""Batches that one drain reads at most: 2,048 datagrams, some 4 ms."""

STRANGERS = 32
"""STUN requests of a drain for a guest from addresses that are not known as this one's. Each costs some 0.2 ms, and is
sent again if passed over."""

LOOKS = 256
"""STUN requests of a drain from addresses not known at all in which a name is looked for: 4 µs each."""

BUFFER = 4 << 20
"""Bytes that the kernel should hold for us; it gives what it is allowed to."""

ATTEMPTS = 20
"""Ports tried until one is free on every address."""

Key = int | bytes


class Guest(Protocol):
    """One connection's ICE and DTLS."""

    def aside(self, datagram: bytes, way: "Way", address: Address) -> None: ...


class Listener(Protocol):
    """One connection's media."""

    def take(self, way: "Way", slot: int, now: float) -> None: ...


class Way:
    """One socket, what came in over it, what goes out over it, and who is at its other end."""

    def __init__(self, udp: socket.socket) -> None:
        self.udp = udp
        self.address: Address = udp.getsockname()[:2]
        self.inbox, self.outbox = Inbox(udp), Outbox(udp)
        self.packets = aiortc_hooks.pointers(self.inbox.places())
        self.lengths = aiortc_hooks.length_pointers(self.inbox.length_places())
        self.out_packets = aiortc_hooks.pointers(self.outbox.places())
        self.out_lengths = aiortc_hooks.length_pointers(self.outbox.length_places())
        self.media: dict[Key, Listener] = {}
        self.guests: dict[Key, Guest] = {}
        self.spoilt = 0
        """Datagrams that broke who read them."""
        self._strangers, self._looks = STRANGERS, LOOKS
        self._four = udp.family == socket.AF_INET

    def name_of(self, address: Address) -> bytes:
        """The socket address (Linux, struct sockaddr_in and sockaddr_in6)."""
        host, port = address
        family = struct.pack("=H", self.udp.family) + struct.pack("!H", port)
        if self._four:
            return family + socket.inet_pton(socket.AF_INET, host) + bytes(8)
        return family + bytes(4) + socket.inet_pton(socket.AF_INET6, host) + bytes(4)

    def key_of(self, address: Address) -> Key:
        name = self.name_of(address)
        return int.from_bytes(name[:8], "little") if self._four else name

    def send(self, datagram: bytes, address: Address) -> None:
        """One datagram, now. What does not go through at once is lost, as datagrams are."""
        with suppress(OSError):  # a full buffer, or no route: ICE and DTLS send again
            self.udp.sendto(datagram, address)

    def drain(self, now: float, strangers: dict[str, Guest]) -> int:
        """Sort out what came. Returns how many datagrams there were."""
        total = 0
        self._strangers, self._looks = STRANGERS, LOOKS
        for _ in range(ROUNDS):
            count = self.inbox.receive(now)
            total += count
            self._sort(count, now, strangers)
            if count < SLOTS:
                break
        return total

    def _sort(self, count: int, now: float, strangers: dict[str, Guest]) -> None:
        data, keys, media, names = self.inbox.data, self.inbox.keys, self.media, self.inbox.names
        four = self._four
        for slot in range(count):
            key: Key = keys[slot * 4] if four else bytes(names[slot * NAME : slot * NAME + 28])
            seat = media.get(key)
            try:
                if seat is not None and 127 < data[slot * SLOT] < 192:  # header.is_media, without the call
                    seat.take(self, slot, now)
                else:
                    self._aside(slot, key, strangers)
            except Exception:  # noqa: BLE001 - parsers meet what strangers send, and raise whatever they like
                self.spoilt += 1

    def _aside(self, slot: int, key: Key, strangers: dict[str, Guest]) -> None:
        """What is no media."""
        begin, inbox = slot * SLOT, self.inbox
        length = inbox.lengths[slot * inbox.stride + inbox.first]
        if not length or inbox.data[begin] > 127:
            return  # nothing at all; media before its time, or from nowhere
        guest = self.guests.get(key)
        asks = inbox.data[begin] == 0 and inbox.data[begin + 1] == 1
        if guest is None and not (asks and self._looks > 0):
            return
        datagram = bytes(inbox.data[begin : begin + length])
        if asks:
            guest = self._named(datagram, guest, strangers)
        if guest is not None:
            guest.aside(datagram, self, self._address(slot))

    def _named(self, datagram: bytes, here: Guest | None, strangers: dict[str, Guest]) -> Guest | None:
        """Whom this STUN request is for; `here` is who its address is known as."""
        self._looks -= here is None
        guest = strangers.get(stun_name(datagram) or "")
        if guest is None or guest is here:
            return guest
        self._strangers -= 1
        return guest if self._strangers >= 0 else None

    def _address(self, slot: int) -> Address:
        name = bytes(self.inbox.names[slot * NAME : slot * NAME + 28])
        port = int.from_bytes(name[2:4], "big")
        if self._four:
            return socket.inet_ntop(socket.AF_INET, name[4:8]), port
        return socket.inet_ntop(socket.AF_INET6, name[8:24]), port


class Port:
    """All ways in and out."""

    def __init__(self, hosts: list[str], port: int, announced: Sequence[str] = ()) -> None:
        """Bind the same port on every host; 0 is any that is free. Raises OSError. `announced` are addresses that
        lead here all the same, such as a router's."""
        self.ways = [Way(udp) for udp in _bind(hosts, port)]
        self.number = self.ways[0].address[1]
        self.announced: list[Address] = [(host, self.number) for host in announced]
        self.strangers: dict[str, Guest] = {}
        """Guests by the name fragment that their endpoints' first requests carry."""

    def drain(self, now: float) -> int:
        return sum(way.drain(now, self.strangers) for way in self.ways)

    def spoilt(self) -> int:
        """Datagrams that broke who read them, since the last call."""
        count = sum(way.spoilt for way in self.ways)
        for way in self.ways:
            way.spoilt = 0
        return count

    def flush(self) -> None:
        for way in self.ways:
            if way.outbox.used:
                way.outbox.flush()

    def wipe(self) -> None:
        """Nothing of what was said stays in the slots."""
        for way in self.ways:
            way.inbox.wipe()
            way.outbox.wipe()

    def close(self) -> None:
        for way in self.ways:
            way.udp.close()


def _bind(hosts: list[str], port: int) -> list[socket.socket]:
    for attempt in range(ATTEMPTS):
        bound: list[socket.socket] = []
        try:
            number = port
            for host in hosts:
                bound.append(_socket(host, number))
                number = bound[0].getsockname()[1]
        except OSError as error:
            for udp in bound:
                udp.close()
            if port or error.errno != errno.EADDRINUSE or attempt == ATTEMPTS - 1:
                raise
        else:
            return bound
    raise OSError(errno.EADDRINUSE, "no port is free on every address")


def _socket(host: str, port: int) -> socket.socket:
    udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        udp.settimeout(0)
        udp.bind((host, port))
    except OSError:
        udp.close()
        raise
    return udp
