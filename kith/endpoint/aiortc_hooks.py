"""Everything here leans on private names of aiortc 1.16 and aioice 0.13, and nothing elsewhere does.

The versions are pinned; `tests/unit/endpoint/test_aiortc_hooks.py` fails loudly when a name has moved.
"""

from collections.abc import Callable, Iterator
from typing import Any

import aioice.ice
from aiortc import RTCPeerConnection
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import RtpPacket

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
