"""RTCP as a mixer needs it (RFC 3550 section 6): sender reports out, reports about what was sent in. Pure."""

import struct
from typing import NamedTuple

from media.mixer.reception import Report

SENDER_REPORT = 200
RECEIVER_REPORT = 201
DESCRIPTION = 202

_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970 (RFC 5905 section 6)."""

_SENDER = struct.Struct("!BBHIIIIII")
_BLOCK = struct.Struct("!IIIIII")
_CNAME = b"mixer"
"""The canonical name says nothing: one mixer, one name (RFC 7022 asks for names that track nobody)."""


class Sent(NamedTuple):
    """What was sent so far: to when the newest timestamp belongs is `wall`, seconds since 1970."""

    source: int
    wall: float
    timestamp: int
    packets: int
    octets: int


class Heard(NamedTuple):
    """What the other side says in one compound packet; None where it says nothing of it."""

    clock: int | None
    """The middle 32 bits of its sender report's NTP time: to be sent back as "last SR"."""
    fraction: int | None
    """The share of our packets that it lost since its last report, in 1/256."""


def compose(sent: Sent, about: int | None, report: Report | None, last: int, delay: float) -> bytes:
    """A sender report with at most one reception block, and the description that must follow it.

    `about` is the source reported on; `last` the middle of its last sender report (0: none came) and `delay` the
    seconds since.
    """
    block = b""
    if about is not None and report is not None:
        since = min(round(delay * 65_536), 0xFFFF_FFFF) if last else 0
        loss = report.fraction << 24 | report.lost
        block = _BLOCK.pack(about, loss, report.highest, report.jitter, last, since)
    seconds, part = divmod(sent.wall + _NTP_EPOCH, 1)
    head = _SENDER.pack(
        0x80 | bool(block),
        SENDER_REPORT,
        (_SENDER.size + len(block)) // 4 - 1,
        sent.source,
        int(seconds) & 0xFFFF_FFFF,
        int(part * 2**32),
        sent.timestamp,
        sent.packets & 0xFFFF_FFFF,
        sent.octets & 0xFFFF_FFFF,
    )
    item = struct.pack("!IBB", sent.source, 1, len(_CNAME)) + _CNAME
    item += bytes(4 - len(item) % 4)
    return head + block + struct.pack("!BBH", 0x81, DESCRIPTION, len(item) // 4) + item


def hear(compound: bytes, source: int) -> Heard:
    """What a decrypted compound packet says about our stream `source`. Total: what is broken is passed over."""
    clock = fraction = None
    at = 0
    while at + 4 <= len(compound):
        count, kind = compound[at] & 31, compound[at + 1]
        end = at + 4 + 4 * int.from_bytes(compound[at + 2 : at + 4], "big")
        if compound[at] >> 6 != 2 or end > len(compound):
            break
        if kind == SENDER_REPORT and end - at >= _SENDER.size:
            clock = int.from_bytes(compound[at + 10 : at + 14], "big")
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            begin = at + (_SENDER.size if kind == SENDER_REPORT else 8)
            fraction = _fraction(compound[begin:end], count, source, fraction)
        at = end
    return Heard(clock, fraction)


def _fraction(blocks: bytes, count: int, source: int, otherwise: int | None) -> int | None:
    for number in range(min(count, len(blocks) // _BLOCK.size)):
        about, loss = struct.unpack_from("!II", blocks, number * _BLOCK.size)
        if about == source:
            return int(loss >> 24)
    return otherwise
