"""RTP headers: what lies where, whatever a sender put into them."""

import struct

import pytest
from aioice import stun

from media.mixer.header import is_control, is_media, shape, stun_name

FIXED = bytes.fromhex("80600001000003c011223344")


def packet(extensions: bytes, *, profile: int = 0xBEDE, payload: bytes = b"voice", sources: int = 0) -> bytes:
    head = bytes([0x90 | sources]) + FIXED[1:] + bytes(4 * sources)
    return head + struct.pack("!HH", profile, len(extensions) // 4) + extensions + payload


@pytest.mark.parametrize(
    ("data", "level", "payload"),
    [
        (FIXED + b"voice", None, b"voice"),
        (packet(b"\x20\x8f\0\0"), 0x8F, b"voice"),
        (packet(b"\x20\x8f\0\0", sources=2), 0x8F, b"voice"),
        (packet(b"\x10\x30\x20\x05"), 0x05, b"voice"),  # behind another one
        (packet(b"\0\0\x20\x05"), 0x05, b"voice"),  # behind padding
        (packet(b"\xf0\0\x20\x05"), None, b"voice"),  # 15 ends it (RFC 8285 section 4.2)
        (packet(b"\x2f\x05\0\0"), None, b"voice"),  # says 16 bytes, has three
        (packet(b"\x02\x01\x05\0", profile=0x1000), 0x05, b"voice"),
        (packet(b"\x02\0\x03\0", profile=0x1000), None, b"voice"),  # of no length
        (packet(b"\x20\x05\0\0", profile=0x1234), None, b"voice"),  # no profile that we know
        (bytes([0xA0]) + FIXED[1:] + b"voice\0\0\3", None, b"voice"),
    ],
)
def test_what_lies_where(data: bytes, level: int | None, payload: bytes) -> None:
    for before in (b"", b"in front"):
        found = shape(before + data, len(before), len(data), 2)
        assert found is not None
        assert (before + data)[found.payload : found.end] == payload
        assert (None if found.level is None else (before + data)[found.level]) == level


@pytest.mark.parametrize(
    "data",
    [
        b"",
        FIXED[:11],
        b"\x40" + FIXED[1:],  # version 1
        packet(b"")[:14],
        bytes([0x8F]) + FIXED[1:],  # fifteen sources that are not there
        bytes([0xA0]) + FIXED[1:] + b"\xff",  # more padding than packet
    ],
)
def test_what_is_no_packet(data: bytes) -> None:
    assert shape(data, 0, len(data), 2) is None


def test_kinds_are_told_by_the_first_bytes() -> None:
    assert [is_media(one) for one in (0, 1, 20, 63, 127, 128, 191, 192, 255)] == [False] * 5 + [True] * 2 + [
        False
    ] * 2
    assert [is_control(one) for one in (96, 111, 191, 192, 200, 223, 224)] == [False] * 3 + [True] * 3 + [
        False
    ]


def test_a_request_names_whom_it_is_for() -> None:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["PRIORITY"] = 1
    message.attributes["USERNAME"] = "0123456789abcdef:peer"
    assert stun_name(bytes(message)) == "0123456789abcdef"
    assert stun_name(bytes(message)[:30]) is None
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=message.transaction_id)
    assert stun_name(bytes(answer)) is None


def test_only_a_request_that_is_one_is_looked_through_and_only_its_front() -> None:
    name = b"\x00\x06\x00\x06mine:y\0\0"

    def request(rest: bytes, *, cookie: bytes = b"\x21\x12\xa4\x42", more: int = 0) -> bytes:
        return b"\x00\x01" + (len(rest) + more).to_bytes(2, "big") + cookie + bytes(12) + rest

    empty = b"\x80\x99\x00\x00"
    assert stun_name(request(7 * empty + name)) == "mine"
    assert stun_name(request(8 * empty + name)) is None, "370 of them would take as long as a seat's second"
    assert stun_name(request(name, cookie=b"\0\0\0\0")) is None
    assert stun_name(request(name, more=4)) is None
    assert stun_name(request(empty[:2])) is None
