"""The private names of aiortc and aioice that kith.endpoint.aiortc_hooks leans on. Red here: read its docstring."""

import asyncio
from importlib.metadata import version
from typing import Any

import aioice.ice
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from kith.endpoint import aiortc_hooks


@pytest.fixture
async def connection() -> RTCPeerConnection:
    made = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    made.addTransceiver("audio")
    return made


def test_the_versions_are_the_ones_the_hooks_were_written_for() -> None:
    assert version("aiortc") == "1.16.0"
    assert version("aioice").startswith("0.13.")


async def test_an_audio_receiver_keeps_its_jitter_buffer_where_we_replace_it(
    connection: RTCPeerConnection,
) -> None:
    receiver: Any = connection.getTransceivers()[0].receiver
    assert isinstance(receiver._RTCRtpReceiver__jitter_buffer, JitterBuffer)
    taken: list[tuple[int, int, int, bytes]] = []
    aiortc_hooks.divert_voice(receiver, lambda *packet: taken.append(packet))
    packet = RtpPacket(payload_type=96, sequence_number=7, timestamp=960)
    packet.ssrc, packet.payload = 5, b"voice"
    assert receiver._RTCRtpReceiver__jitter_buffer.add(packet) == (False, None)
    assert taken == [(5, 7, 960, b"voice")]
    await connection.close()


async def test_the_receiver_still_asks_its_jitter_buffer_that_way() -> None:
    """What aiortc expects back: (send a PLI?, a complete frame or None)."""
    packet: Any = RtpPacket(sequence_number=1)
    packet._data = b""
    assert JitterBuffer(capacity=16, prefetch=4).add(packet) == (False, None)


async def test_arrivals_are_seen_below_rtp(connection: RTCPeerConnection) -> None:
    seen: list[None] = []
    ice = connection.getTransceivers()[0].receiver.transport.transport._connection
    aiortc_hooks.watch_arrivals(connection, lambda: seen.append(None))
    ice.data_received(b"\x80", 1)
    assert len(seen) == 1 and ice._queue.get_nowait() == (b"\x80", 1)
    assert callable(ice.request_received)
    assert aiortc_hooks.pairs_in_use(connection) == []
    await connection.close()


def test_loopback_is_gathered_only_where_there_is_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["192.0.2.7"]

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return list(found)

    monkeypatch.setattr(aioice.ice, "get_host_addresses", addresses)
    aiortc_hooks.allow_loopback_when_alone()
    aiortc_hooks.allow_loopback_when_alone()
    assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True) == ["192.0.2.7"]
    found.clear()
    assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True) == ["127.0.0.1"]
    assert aioice.ice.get_host_addresses(use_ipv4=False, use_ipv6=True) == []


async def test_aioice_asks_for_addresses_by_name() -> None:
    """The replacement takes keywords only."""
    connection = aioice.ice.Connection(ice_controlling=True)
    aiortc_hooks.allow_loopback_when_alone()
    async with asyncio.timeout(10):
        await connection.gather_candidates()
    assert connection.local_candidates
    await connection.close()
