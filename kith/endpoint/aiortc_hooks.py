"""Everything here leans on private names of aiortc 1.16 and aioice 0.13, and nothing elsewhere does.

The versions are pinned; `tests/unit/endpoint/test_aiortc_hooks.py` fails loudly when a name has moved.
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import aioice.ice
from aiortc import RTCPeerConnection
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.rtp import RtpPacket
from cryptography.hazmat.primitives.serialization import Encoding

CHECK_PACE = 0.02
"""Seconds between two connectivity checks, as aioice has it (Ta of RFC 8445 section 6.1.4.2)."""

VoicePacket = Callable[[int, int, int, bytes], None]
"""Called with SSRC, sequence number, timestamp and payload of each voice packet."""


class _Intake:
    """Stands where an audio receiver's jitter buffer was, and lets nothing through to its decoder.

    aiortc's own buffer stalls 300 ms on one lost packet and is 280 ms late from then on.
    """

    def __init__(self, take: VoicePacket) -> None:
        self._take = take

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        self._take(packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload)
        return False, None  # no picture loss, no complete frame


def divert_voice(receiver: RTCRtpReceiver, take: VoicePacket) -> None:
    """Give the packets of an audio receiver to `take` instead of decoding them. Before it receives any."""
    if not hasattr(receiver, "_RTCRtpReceiver__jitter_buffer"):
        raise RuntimeError("this aiortc keeps its jitter buffer elsewhere")
    receiver._RTCRtpReceiver__jitter_buffer = _Intake(take)


class _PromptBuffer(JitterBuffer):
    """A video receiver's jitter buffer that knows a frame's last packet by its marker (RFC 7741 section 4.1).

    aiortc's own waits for a packet of the next frame: 67 ms more of delay, all the time, at 15 frames a second.
    """

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        parts: list[bytes] = []
        timestamp: int | None = None
        for packet in self._in_order():
            if timestamp is not None and packet.timestamp != timestamp:
                self.remove(len(parts))  # no marker was seen, but the frame is over all the same
                if any(parts):
                    return JitterFrame(data=b"".join(parts), timestamp=timestamp)
                parts = []  # padding between frames, which a decoder would choke on
            timestamp = packet.timestamp
            parts.append(packet._data)
            if packet.marker:
                self.remove(len(parts))
                return JitterFrame(data=b"".join(parts), timestamp=packet.timestamp)
        return None

    def _in_order(self) -> Iterator[Any]:
        """The packets from the next one on, up to the first that is missing."""
        origin = self._origin
        assert origin is not None
        for count in range(self.capacity):
            packet = self._packets[(origin + count) % self._capacity]
            if packet is None:
                return
            yield packet


def release_whole_frames(receiver: RTCRtpReceiver) -> None:
    """Let a video receiver decode a frame as soon as it is complete. Before it receives any."""
    if not hasattr(receiver, "_RTCRtpReceiver__jitter_buffer"):
        raise RuntimeError("this aiortc keeps its jitter buffer elsewhere")
    receiver._RTCRtpReceiver__jitter_buffer = _PromptBuffer(capacity=512, is_video=True)


class _Loud(Protocol):
    """A track that says how loud the voice is that was read from it last, in dB below full scale."""

    level: int


def announce_level(sender: RTCRtpSender, track: _Loud) -> None:
    """Put the level of what was captured beside each packet of a voice (RFC 6464), where the other side wants it.

    aiortc does so only for sound that it encodes itself. Before it sends any.
    """
    if not hasattr(sender, "_next_encoded_frame"):
        raise RuntimeError("this aiortc makes its packets elsewhere")
    make = sender._next_encoded_frame

    async def with_level(codec: Any) -> Any:
        frame = await make(codec)
        if frame is not None:
            frame.audio_level = -track.level
        return frame

    sender._next_encoded_frame = with_level  # type: ignore[method-assign]


def watch_arrivals(connection: RTCPeerConnection, heard: Callable[[], None]) -> None:
    """Call `heard` whenever the other side shows a sign of life: media, or a check that it may still send."""
    for ice in {transceiver.receiver.transport.transport for transceiver in connection.getTransceivers()}:
        ice_connection = ice._connection
        for name in ("data_received", "request_received"):
            setattr(ice_connection, name, _after(heard, getattr(ice_connection, name)))


def _after(first: Callable[[], None], then: Callable[..., None]) -> Callable[..., None]:
    def both(*arguments: object) -> None:
        first()
        then(*arguments)

    return both


def connect_without_idling(connection: RTCPeerConnection) -> None:
    """Let ICE go on the moment a pair is nominated.

    aioice sleeps 20 ms between two checks and notices only afterwards that the first one succeeded; as either
    side does, half of the time from answer to picture on a local network is spent asleep.
    """
    for ice in {transceiver.receiver.transport.transport for transceiver in connection.getTransceivers()}:
        ice._connection.connect = partial(_connect, ice._connection)  # type: ignore[method-assign]


async def _connect(ice: aioice.ice.Connection) -> None:
    """aioice.ice.Connection.connect, whose pauses between checks end when the list of checks is done.

    Raises ConnectionError if no pair works.
    """
    if ice.remote_username is None or ice.remote_password is None:
        raise ConnectionError("the other side's ICE credentials are missing")
    for candidate in ice._remote_candidates:
        ice._pair_remote_candidate(candidate)
    ice.sort_check_list()
    ice._unfreeze_initial()
    for check in ice._early_checks:
        ice.check_incoming(*check)
    ice._early_checks.clear()
    ice._early_checks_done = True
    outcome = asyncio.ensure_future(ice._check_list_state.get())
    try:
        while ice._check_periodic():
            await asyncio.wait([outcome], timeout=CHECK_PACE)
        result = await outcome if ice._check_list else aioice.ice.ICE_FAILED
    finally:
        outcome.cancel()
        if (
            ice.ice_controlling
        ):  # the controlled side goes on: a browser changes to a better pair when it finds one
            for pair in ice._check_list:
                if pair.task is not None:
                    pair.task.cancel()
    if result != aioice.ice.ICE_COMPLETED:
        raise ConnectionError("no way to the other side was found")
    ice._query_consent_task = asyncio.create_task(ice.query_consent())


def peer_certificate(connection: RTCPeerConnection) -> bytes | None:
    """The certificate (DER) with which the other side did the DTLS handshake; None before that, or without media.

    All media is bundled, so there is one transport.
    """
    transports = {transceiver.receiver.transport for transceiver in connection.getTransceivers()}
    if len(transports) != 1:
        return None
    tls = transports.pop()._ssl
    certificate = None if tls is None else tls.get_peer_certificate(as_cryptography=True)
    return None if certificate is None else certificate.public_bytes(Encoding.DER)


def pairs_in_use(connection: RTCPeerConnection) -> list[tuple[str, str]]:
    """(local, remote) candidate types of the nominated pairs, such as ("host", "relay")."""
    transports = {transceiver.receiver.transport.transport for transceiver in connection.getTransceivers()}
    return [
        (str(pair.local_candidate.type), str(pair.remote_candidate.type))
        for ice in transports
        for pair in ice._connection._nominated.values()
    ]


def allow_loopback_when_alone() -> None:
    """Let aioice gather 127.0.0.1 on a machine that has no other address. It never does by itself.

    Where there is another address the loopback one helps nobody: a peer elsewhere cannot reach it and a peer here
    reaches the other one just as well.
    """
    gather = aioice.ice.get_host_addresses
    if getattr(gather, "_kith", False):
        return

    def addresses(**families: bool) -> list[str]:
        found = gather(**families)
        return found if found or not families["use_ipv4"] else ["127.0.0.1"]

    addresses._kith = True  # type: ignore[attr-defined]
    aioice.ice.get_host_addresses = addresses  # type: ignore[assignment]
