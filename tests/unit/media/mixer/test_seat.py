"""What a seat reports of what came, without a key: packets are taken as authentic."""

import socket
import struct
from types import SimpleNamespace
from typing import cast

import pytest

from media.mixer import seat as module
from media.mixer.aiortc_hooks import Keys
from media.mixer.numbering import Numbering
from media.mixer.port import Port
from media.mixer.reception import Report
from media.mixer.room import Room
from media.mixer.seat import Seat


def packet(source: int, sequence: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 111, sequence, 960 * sequence, source) + b"voice"


def test_the_newest_source_is_reported_on_with_numbers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[tuple[int | None, int]] = []

    def compose(sent: object, about: int | None, report: Report, *_: object) -> bytes:
        reported.append((about, report.lost))
        return bytes(8)

    monkeypatch.setattr(module, "unprotect", lambda *_: 0)
    monkeypatch.setattr(module, "protect_control", lambda *_: 1)
    monkeypatch.setattr("media.mixer.rtcp.compose", compose)
    keys = SimpleNamespace(level=0, source=7, payload_type=111, incoming=None, outgoing=None)
    seat = Seat("e_1", cast("Keys", keys), Room(), Numbering(0, 0))
    port = Port(["127.0.0.1"], 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.connect(port.ways[0].address)
        port.ways[0].media[port.ways[0].key_of(other.getsockname())] = seat
        seat.aim(port.ways[0], other.getsockname())
        for sources in ((1, 1), (2, 2), (1, 2, 1)):
            for source in sources:
                other.send(packet(source, 10 + 1_000 * source + len(reported)))
            port.drain(0.0)
            seat.report(0.0)
    port.close()
    assert reported == [(1, 0), (2, 0), (1, 0)], "what another one has sent is no loss of this one"
