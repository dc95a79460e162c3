"""Where things are in an RTP packet (RFC 3550 section 5.1, RFC 8285, RFC 6464). Pure.

Packets are looked at where they lie, in a buffer of many: functions take the buffer, the packet's offset and length.
They are total: what is not there, or does not fit, is None.
"""

import struct
from typing import NamedTuple

Buffer = memoryview | bytes

FIXED = 12
"""Bytes of a header without sources and extensions."""

COOKIE = b"\x21\x12\xa4\x42"
FRONT = 8
"""Attributes of a STUN request among which its name is looked for: all stacks have it among the first five."""

ONE_BYTE = 0xBEDE
TWO_BYTES = 0x1000

_ATTRIBUTE = struct.Struct("!HH")


def is_media(first: int) -> bool:
    """Whether a datagram that begins so is RTP or RTCP (RFC 7983 section 7)."""
    return 127 < first < 192


def is_control(second: int) -> bool:
    """Whether a media datagram with this second byte is RTCP (RFC 5761 section 4)."""
    return 191 < second < 224


class Shape(NamedTuple):
    """Offsets into the buffer. `level` is the place of the audio level's byte, None if there is none."""

    payload: int
    end: int
    level: int | None


def shape(buffer: Buffer, offset: int, length: int, extension: int) -> Shape | None:
    """What lies where in the packet, whose audio level has this extension number (0: none was negotiated).

    None if it is no RTP packet, or says more than it holds. Padding is believed only where it fits, as SRTP
    has authenticated it by then.
    """
    if length < FIXED or buffer[offset] >> 6 != 2:
        return None
    first = buffer[offset]
    end = offset + length
    payload = offset + FIXED + 4 * (first & 15)
    level = None
    if first & 0x10:
        if payload + 4 > end:
            return None
        profile = buffer[payload] << 8 | buffer[payload + 1]
        words = buffer[payload + 2] << 8 | buffer[payload + 3]
        begin, payload = payload + 4, payload + 4 + 4 * words
        if payload <= end and extension:
            level = _find(buffer, begin, payload, profile, extension)
    if first & 0x20 and payload < end:
        end -= buffer[end - 1]
    return Shape(payload, end, level) if payload <= end else None


def _find(buffer: Buffer, begin: int, end: int, profile: int, extension: int) -> int | None:
    """The first byte of the element with this number."""
    two = profile & 0xFFF0 == TWO_BYTES
    if not two and profile != ONE_BYTE:
        return None
    at = begin
    while at + 1 < end:
        if buffer[at] == 0:  # padding between elements
            at += 1
            continue
        if two:
            number, size, at = buffer[at], buffer[at + 1], at + 2
        else:
            number, size, at = buffer[at] >> 4, (buffer[at] & 15) + 1, at + 1
            if number == 15:  # RFC 8285 section 4.2: stop here
                return None
        if at + size > end:
            return None
        if number == extension:
            return at if size else None
        at += size
    return None


def stun_name(datagram: bytes) -> str | None:
    """The local half of the USERNAME in a STUN request (RFC 8445 section 7.2.2), None if it does not stand in front.

    It is asked of what anybody sends, so what it costs is bounded whatever that is.
    """
    end = len(datagram)
    if end < 20 or datagram[:2] != b"\x00\x01" or datagram[4:8] != COOKIE:
        return None
    if 20 + int.from_bytes(datagram[2:4], "big") != end:
        return None
    at = 20
    for _ in range(FRONT):
        if at + 4 > end:
            return None
        kind, size = _ATTRIBUTE.unpack_from(datagram, at)
        at += 4
        if kind == 0x0006:
            return datagram[at : min(at + size, end)].split(b":")[0].decode("ascii", "replace")
        at += size + -size % 4
    return None
