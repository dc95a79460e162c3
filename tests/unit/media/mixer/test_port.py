"""The one port on the loopback addresses: what comes is sorted by where it comes from, and what goes out arrives."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest
from aioice import stun

from media.mixer import port as module
from media.mixer.aiortc_hooks import Address
from media.mixer.header import stun_name
from media.mixer.mmsg import NAME, SLOT
from media.mixer.port import Port, Way


class Guest:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.aside_of: list[tuple[bytes, Address]] = []
        self.taken: list[tuple[bytes, float]] = []

    def aside(self, datagram: bytes, way: Way, address: Address) -> None:
        self.aside_of.append((datagram, address))

    def take(self, way: Way, slot: int, now: float) -> None:
        inbox = way.inbox
        length = inbox.lengths[slot * inbox.stride + inbox.first]
        self.taken.append((bytes(inbox.data[slot * SLOT : slot * SLOT + length]), inbox.came(slot)))


def request(name: str) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{name}:peer"
    return bytes(message)


@pytest.fixture(params=["127.0.0.1", "::1"])
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[Port, Way, socket.socket]]:
    """A port with one way, and a socket of somebody else's."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    other = socket.socket(family, socket.SOCK_DGRAM)
    try:
        other.bind((request.param, 0))
    except OSError:
        pytest.skip("this machine has no such address")
    port = Port([request.param], 0)
    other.connect(port.ways[0].address)
    other.settimeout(5)
    yield port, port.ways[0], other
    other.close()
    port.close()


def test_a_stranger_is_looked_at_for_a_name_and_nothing_else(opened: tuple[Port, Way, socket.socket]) -> None:
    port, _, other = opened
    guest = Guest()
    port.strangers["mine"] = guest
    for datagram in (b"\x80\x60" + bytes(30), b"\x16" + bytes(30), request("other"), b"", request("mine")):
        other.send(datagram)
    assert port.drain(0.0) == 5
    assert guest.aside_of == [(guest.aside_of[0][0], other.getsockname()[:2])] and guest.taken == []


def test_strangers_are_looked_at_so_many_times_in_a_drain(opened: tuple[Port, Way, socket.socket]) -> None:
    port, _, other = opened
    guest = Guest()
    port.strangers["mine"] = guest
    for _ in range(300):
        other.send(request("mine"))
    assert port.drain(0.0) == 300 and len(guest.aside_of) == module.STRANGERS


def test_a_name_is_looked_for_so_many_times_in_a_drain(
    opened: tuple[Port, Way, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that nobody has cost as well, and do not use up what there is for those of guests."""
    port, way, other = opened
    looked = 0

    def look(datagram: bytes) -> str | None:
        nonlocal looked
        looked += 1
        return stun_name(datagram)

    monkeypatch.setattr(module, "stun_name", look)
    guest, known = Guest(), Guest()
    port.strangers |= {"mine": guest, "known": known}
    other.send(request("mine"))
    for _ in range(module.LOOKS + 100):
        other.send(request("nobody"))
    assert port.drain(0.0) == module.LOOKS + 101 and looked == module.LOOKS and len(guest.aside_of) == 1
    for _ in range(module.STRANGERS + 100):
        other.send(request("nobody"))
    other.send(request("mine"))
    port.drain(0.0)
    assert len(guest.aside_of) == 2, "the next drain looks again, beyond so many that nobody has"
    way.guests[way.key_of(other.getsockname()[:2])] = known
    for _ in range(module.LOOKS + 100):
        other.send(request("known"))
    port.drain(0.0)
    assert len(known.aside_of) == module.LOOKS + 100, "no flood of others keeps a guest from its consent"


def test_a_request_is_for_whom_it_names_though_its_address_was_anothers(
    opened: tuple[Port, Way, socket.socket],
) -> None:
    port, way, other = opened
    former, coming = Guest(), Guest()
    port.strangers |= {"former": former, "coming": coming}
    way.guests[way.key_of(other.getsockname()[:2])] = former
    for datagram in (
        request("coming"),
        request("former"),
        request("nobody"),
        b"\x16hello",
        b"\x01\x01answer",
    ):
        other.send(datagram)
    port.drain(0.0)
    assert [datagram[:2] for datagram, _ in coming.aside_of] == [b"\x00\x01"]
    assert [datagram[:2] for datagram, _ in former.aside_of] == [b"\x00\x01", b"\x16h", b"\x01\x01"]


def test_a_datagram_that_breaks_who_reads_it_ends_nothing_but_itself(
    opened: tuple[Port, Way, socket.socket],
) -> None:
    class Broken(Guest):
        def aside(self, datagram: bytes, way: Way, address: Address) -> None:
            raise struct.error("unpack requires a buffer of 4 bytes")

        def take(self, way: Way, slot: int, now: float) -> None:
            raise IndexError

    port, way, other = opened
    broken, sound = Broken(), Guest()
    port.strangers |= {"broken": broken, "sound": sound}
    key = way.key_of(other.getsockname()[:2])
    way.guests[key] = way.media[key] = broken
    for datagram in (b"\x80media", b"", b"\x16hello", request("broken"), request("sound")):
        other.send(datagram)
    assert port.drain(0.0) == 5 and len(sound.aside_of) == 1
    assert (port.spoilt(), port.spoilt()) == (3, 0)


def test_who_is_known_gets_media_and_the_rest_apart(opened: tuple[Port, Way, socket.socket]) -> None:
    port, way, other = opened
    guest = Guest()
    key = way.key_of(other.getsockname()[:2])
    way.media[key] = way.guests[key] = guest
    for datagram in (b"\x80media", b"\x16hello", b"\xbflast", b"\xc0no"):
        other.send(datagram)
    now = time.monotonic()
    assert port.drain(now) == 4
    assert [datagram for datagram, _ in guest.taken] == [b"\x80media", b"\xbflast"]
    assert [datagram for datagram, _ in guest.aside_of] == [b"\x16hello"]
    assert all(now - 1 < came <= now for _, came in guest.taken), "as the kernel noted it"


def test_what_goes_out_arrives_and_what_is_wiped_is_gone(opened: tuple[Port, Way, socket.socket]) -> None:
    port, way, other = opened
    name, outbox = way.name_of(other.getsockname()[:2]), way.outbox
    for slot, text in enumerate((b"one", b"three")):
        outbox.data[slot * SLOT : slot * SLOT + len(text)] = text
        outbox.lengths[slot * outbox.stride + outbox.first] = len(text)
        outbox.names[slot * NAME : slot * NAME + len(name)] = name
        outbox.used += 1
    port.flush()
    assert [other.recv(100), other.recv(100)] == [b"one", b"three"] and outbox.used == 0
    port.wipe()
    assert not any(outbox.data) and not any(way.inbox.data)


def test_every_address_has_the_same_port() -> None:
    port = Port(["127.0.0.1", "127.0.0.2"], 0, ["203.0.113.7"])
    assert [way.address for way in port.ways] == [("127.0.0.1", port.number), ("127.0.0.2", port.number)]
    assert port.announced == [("203.0.113.7", port.number)]
    with pytest.raises(OSError, match=r"in use"):
        Port(["127.0.0.2"], port.number)
    port.close()
