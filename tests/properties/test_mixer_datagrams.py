"""Whatever anybody sends to the mixer's port, from the address of an endpoint or from anywhere: it goes on."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from aioice import stun
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.mixer.link import Link
from media.mixer.port import Port
from tests.support.mixer_links import answered, check, name_of

KINDS = sorted(stun.ATTRIBUTES_BY_TYPE)


class Mixer:
    """A port with one link that waits, its endpoint's socket, and a stranger's."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.port = Port(["127.0.0.1"], 0)
        self.link: Link = self._runner.run(answered(self.port))
        self.guest, self.stranger = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "12")
        for one in (self.guest, self.stranger):
            one.bind(("127.0.0.1", 0))
            one.connect(self.port.ways[0].address)
            one.settimeout(10)

    def takes(self, *datagrams: bytes) -> int:
        """How many of these it has taken, when they come from the endpoint and from the stranger."""
        for datagram in datagrams:
            self.guest.send(datagram)
            self.stranger.send(datagram)
        return self._runner.run(self._drain())

    def answers(self) -> bytes:
        """What the endpoint gets when it asks once more."""
        self.guest.settimeout(0)
        try:
            while True:
                self.guest.recv(2_000)
        except BlockingIOError:
            self.guest.settimeout(10)
        asked = check(self.link)
        self.guest.send(asked)
        self._runner.run(self._drain())
        while (said := self.guest.recv(2_000))[8:20] != asked[8:20]:
            pass
        return said

    async def _drain(self) -> int:
        self.link._spell = (0.0, 0)  # it may read all of it
        return self.port.drain(0.0)

    def close(self) -> None:
        self._runner.run(_ended(self.link))
        self._runner.close()
        for one in (self.guest, self.stranger):
            one.close()
        self.port.close()


async def _ended(link: Link) -> None:
    await link.close()


@pytest.fixture(scope="module")
def mixer() -> Iterator[Mixer]:
    made = Mixer()
    yield made
    made.close()


def attribute(kind: int, value: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)


ATTRIBUTES = st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=24)), max_size=6)
HEADS = st.sampled_from([b"\x00\x01", b"\x01\x01", b"\x00\x11", b"\x01\x11", b"\x00\x03", b"\x03\xff"])


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, bytes, bool, int]:
    """How it begins, what is in it, whether it names the link, how much of it comes."""
    body = b"".join(attribute(*one) for one in draw(ATTRIBUTES))
    return draw(HEADS), body, draw(st.booleans()), draw(st.integers(0, 400))


def written(mixer: Mixer, made: tuple[bytes, bytes, bool, int]) -> bytes:
    head, body, named, cut = made
    if named:
        body = attribute(6, f"{name_of(mixer.link)}:peer".encode()) + body
    whole = head + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + body
    return whole[: max(0, len(whole) - (cut if cut < 40 else 0))]


SHORT_PRIORITY = (b"\x00\x01", attribute(0x24, b"\0\0"), True, 99)


@settings(max_examples=150, deadline=None)
@example([SHORT_PRIORITY])
@given(st.lists(messages(), max_size=5))
def test_no_stun_message_ends_it(mixer: Mixer, made: list[tuple[bytes, bytes, bool, int]]) -> None:
    datagrams = [written(mixer, one) for one in made]
    assert mixer.takes(check(mixer.link), *datagrams, b"") == 2 * len(datagrams) + 4
    assert mixer.answers()[:2] == b"\x01\x01", "it is heard as before"


@settings(max_examples=100, deadline=None)
@example(b"")
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda rest: b"\x16\xfe\xfd" + rest)))
def test_nothing_else_ends_it(mixer: Mixer, datagram: bytes) -> None:
    assert mixer.takes(check(mixer.link), datagram, b"") == 6
    assert mixer.answers()[:2] == b"\x01\x01"


@pytest.mark.parametrize("missing", ["PRIORITY", "ICE-CONTROLLING", "USERNAME"])
def test_no_check_with_the_password_ends_it(mixer: Mixer, missing: str) -> None:
    """From addresses that ICE has not seen yet."""
    mixer.takes(check(mixer.link))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(check(mixer.link, missing), mixer.port.ways[0].address)
        assert mixer.takes() == 1
    assert mixer.answers()[:2] == b"\x01\x01"
