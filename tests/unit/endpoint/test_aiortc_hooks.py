"""The private names of aiortc and aioice that kith.endpoint.aiortc_hooks leans on. Red here: read its docstring."""

import ast
import asyncio
import hashlib
import inspect
import textwrap
from fractions import Fraction
from importlib.metadata import version
from typing import Any, cast

import aioice.ice
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpCodecParameters, RTCRtpSender
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtp import RtpPacket
from av.packet import Packet
from av.stream import Stream

from kith.core.trust.fingerprint import fingerprint_of
from kith.endpoint import aiortc_hooks, sdp

CONNECT_OF_AIOICE = "de8f24937d84e8dd"
"""A digest of the statements of aioice 0.13's `Connection.connect`."""


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


async def test_a_sender_says_how_loud_a_voice_is_that_it_did_not_encode(
    connection: RTCPeerConnection,
) -> None:
    """aiortc measures only what it encodes itself, and puts what it finds into an attribute of the frame."""
    sender: Any = connection.getTransceivers()[0].sender

    class Loud(MediaStreamTrack):
        kind = "audio"
        level = 31

        async def recv(self) -> Any:
            packet: Packet[Stream] = Packet(b"voice")
            packet.pts, packet.time_base = 0, Fraction(1, 48_000)
            return packet

    track = Loud()
    sender.replaceTrack(track)
    codec = RTCRtpCodecParameters(mimeType="audio/opus", clockRate=48_000, channels=2, payloadType=96)
    assert (await sender._next_encoded_frame(codec)).audio_level is None
    aiortc_hooks.announce_level(sender, track)
    frame = await sender._next_encoded_frame(codec)
    assert (frame.payloads, frame.audio_level) == ([b"voice"], -31)
    source = inspect.getsource(RTCRtpSender._run_rtp)
    assert "self._next_encoded_frame(" in source and "audio_level = (False, -enc_frame.audio_level)" in source
    await connection.close()


def video_packet(sequence: int, timestamp: int, data: bytes, *, last: bool) -> RtpPacket:
    packet: Any = RtpPacket(sequence_number=sequence % 65_536, timestamp=timestamp, marker=int(last))
    packet._data = data
    return cast("RtpPacket", packet)


async def test_a_video_frame_is_whole_with_its_last_packet_in_any_order() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver: Any = connection.addTransceiver("video").receiver
    theirs = receiver._RTCRtpReceiver__jitter_buffer
    aiortc_hooks.release_whole_frames(receiver)
    ours = receiver._RTCRtpReceiver__jitter_buffer
    assert (
        isinstance(theirs, JitterBuffer)
        and isinstance(ours, JitterBuffer)
        and ours.capacity == theirs.capacity
    )
    first, second, third = (
        video_packet(65_534 + n, 0, data, last=n == 2) for n, data in enumerate((b"a", b"b", b"c"))
    )
    assert ours.add(first)[1] is ours.add(third)[1] is None
    frame = ours.add(second)[1]
    assert frame is not None and (frame.data, frame.timestamp) == (b"abc", 0)
    assert ours.add(video_packet(65_537, 3_000, b"d", last=False))[1] is None
    unmarked = ours.add(video_packet(65_538, 6_000, b"e", last=False))[1]
    assert unmarked is not None and unmarked.data == b"d"
    end = ours.add(video_packet(65_539, 6_000, b"f", last=True))[1]
    assert end is not None and end.data == b"ef"
    assert ours.add(video_packet(65_540, 6_000, b"", last=False))[1] is None
    after_padding = ours.add(video_packet(65_541, 9_000, b"g", last=True))[1]
    assert after_padding is not None and (after_padding.data, after_padding.timestamp) == (b"g", 9_000)
    await connection.close()


async def test_arrivals_are_seen_below_rtp(connection: RTCPeerConnection) -> None:
    seen: list[None] = []
    ice = connection.getTransceivers()[0].receiver.transport.transport._connection
    aiortc_hooks.watch_arrivals(connection, lambda: seen.append(None))
    ice.data_received(b"\x80", 1)
    assert len(seen) == 1 and ice._queue.get_nowait() == (b"\x80", 1)
    assert callable(ice.request_received)
    assert aiortc_hooks.pairs_in_use(connection) == []
    await connection.close()


async def test_the_certificate_of_the_other_side_is_the_one_that_it_described() -> None:
    """Two peer connections in memory; before they meet there is no certificate to see."""
    ends = [RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2)]
    near, far = ends
    aiortc_hooks.allow_loopback_when_alone()
    near.addTransceiver("audio")
    assert aiortc_hooks.peer_certificate(near) is None
    assert aiortc_hooks.peer_certificate(far) is None, "no media, no transport"
    connected = asyncio.Event()
    near.on("connectionstatechange", lambda: connected.set() if near.connectionState == "connected" else None)
    await near.setLocalDescription(await near.createOffer())
    await far.setRemoteDescription(near.localDescription)
    await far.setLocalDescription(await far.createAnswer())
    await near.setRemoteDescription(far.localDescription)
    async with asyncio.timeout(10):
        await connected.wait()
    seen = aiortc_hooks.peer_certificate(near)
    assert seen is not None
    assert hashlib.sha256(seen).digest() == fingerprint_of(sdp.tidy(far.localDescription.sdp))
    for end in ends:
        await end.close()


async def test_ice_connects_by_our_loop_and_fails_by_it() -> None:
    """Two bare agents joined in memory; then one that nobody answers."""
    agents = [aioice.ice.Connection(ice_controlling=controlling) for controlling in (True, False)]
    for agent in agents:
        await agent.gather_candidates()
    for agent, other in (agents, reversed(agents)):
        agent.remote_username, agent.remote_password = other.local_username, other.local_password
        for candidate in other.local_candidates:
            await agent.add_remote_candidate(candidate)
        await agent.add_remote_candidate(None)
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(10):
        await asyncio.gather(*(aiortc_hooks._connect(agent) for agent in agents))
    taken = asyncio.get_running_loop().time() - began
    assert all(agent._nominated for agent in agents) and taken < 1
    for agent in agents:
        await agent.close()

    lonely = aioice.ice.Connection(ice_controlling=True)
    await lonely.gather_candidates()
    lonely.remote_username, lonely.remote_password = "abcd", "a" * 22
    await lonely.add_remote_candidate(None)
    with pytest.raises(ConnectionError):
        await aiortc_hooks._connect(lonely)
    await lonely.close()


def test_the_loop_that_ours_stands_for_has_not_changed() -> None:
    """A new aioice may have fixed it, or changed what ours would have to do: then look again."""
    source = inspect.getsource(aioice.ice.Connection.connect)
    body = ast.unparse(ast.parse(textwrap.dedent(source)).body[0].body[1:])  # type: ignore[attr-defined]
    assert hashlib.sha256(body.encode()).hexdigest()[:16] == CONNECT_OF_AIOICE


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
