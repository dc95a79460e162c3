"""Addresses of STUN and TURN servers."""

import pytest

from kith.core.ice import IceAddress, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("stun:kith.local", IceAddress("stun", "kith.local", 3478, "udp")),
        ("stun:192.0.2.1:19302", IceAddress("stun", "192.0.2.1", 19302, "udp")),
        ("turn:kith.local", IceAddress("turn", "kith.local", 3478, "udp")),
        ("turn:[2001:db8::7]:3479?transport=tcp", IceAddress("turn", "2001:db8::7", 3479, "tcp")),
        ("turns:kith.example", IceAddress("turns", "kith.example", 5349, "tcp")),
        ("turns:kith.example:443?transport=tcp", IceAddress("turns", "kith.example", 443, "tcp")),
    ],
)
def test_read(url: str, address: IceAddress) -> None:
    assert parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        *("", "kith.local", "stun:", "http://kith.local", "stun:kith.local?transport=udp", "stun:a b"),
        *("turn:kith.local:0", "turn:kith.local:70000", "turn:k?transport=sctp", "turns:k?transport=udp"),
        *("turn:anna:secret@kith.local", "turn:kith.local?transport=udp&x=1", "turn:kith.local\n"),
    ],
)
def test_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"turn|stun"):
        parse(url)
