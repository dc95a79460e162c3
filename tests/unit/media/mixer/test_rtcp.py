"""RTCP of ours, as aiortc reads it; RTCP of aiortc's, as ours reads it; and whatever else may come."""

import pytest
from aiortc.rtp import (
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

from media.mixer.reception import Report
from media.mixer.rtcp import Heard, Sent, compose, hear

SENT = Sent(source=7, wall=1_000_000.5, timestamp=960, packets=2**32 + 3, octets=100)


def test_a_report_with_a_block() -> None:
    parsed = RtcpPacket.parse(compose(SENT, 9, Report(5, 6, 70_000, 80), 0x1234, 0.5))
    sender, description = parsed
    assert isinstance(sender, RtcpSrPacket) and isinstance(description, RtcpSdesPacket)
    assert (
        sender.ssrc == 7 and sender.sender_info.packet_count == 3 and sender.sender_info.rtp_timestamp == 960
    )
    assert sender.sender_info.ntp_timestamp == (1_000_000 + 2_208_988_800) << 32 | 1 << 31
    (block,) = sender.reports
    assert (block.ssrc, block.fraction_lost, block.packets_lost) == (9, 5, 6)
    assert (block.highest_sequence, block.jitter, block.lsr, block.dlsr) == (70_000, 80, 0x1234, 32_768)
    assert description.chunks[0].ssrc == 7 and description.chunks[0].items == [(1, b"mixer")]


def test_before_anything_came_there_is_nothing_to_report() -> None:
    sender, _ = RtcpPacket.parse(compose(SENT, None, None, 0, 0.0))
    assert isinstance(sender, RtcpSrPacket) and sender.reports == []


def block(source: int, fraction: int) -> RtcpReceiverInfo:
    return RtcpReceiverInfo(source, fraction, packets_lost=1, highest_sequence=2, jitter=3, lsr=4, dlsr=5)


@pytest.mark.parametrize(
    ("packets", "heard"),
    [
        ([RtcpRrPacket(ssrc=1, reports=[block(8, 50), block(7, 13)])], Heard(None, 13)),
        ([RtcpRrPacket(ssrc=1, reports=[block(8, 50)])], Heard(None, None)),
        (
            [RtcpSrPacket(1, RtcpSenderInfo(0x1111_2222_3333_4444, 0, 0, 0), reports=[block(7, 20)])],
            Heard(0x2222_3333, 20),
        ),
        ([RtcpByePacket(sources=[1]), RtcpRrPacket(ssrc=1, reports=[block(7, 9)])], Heard(None, 9)),
    ],
)
def test_what_the_other_side_says(packets: list[AnyRtcpPacket], heard: Heard) -> None:
    assert hear(b"".join(bytes(packet) for packet in packets), 7) == heard
