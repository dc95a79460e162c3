"""One participant: sends what it says packet by packet, counts what arrives, and keeps it if asked to."""

import asyncio
import random
import re
import struct
import time
from dataclasses import dataclass

import pylibsrtp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from bench.rooms.aiortc_hooks import Lane, keep_hands_off, lane
from bench.rooms.material import VOICED, Voice
from media.opus import SAMPLES

CONNECTED_WITHIN = 30.0
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


class NotConnected(Exception):
    """A participant did not get into its room."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet as it was heard; `at` in seconds of time.monotonic()."""

    at: float
    sequence: int
    payload: bytes


class Participant:
    """`sent` is when which packet of the voice left, since `remember`; None for those whose sound nobody looks for."""

    def __init__(self, name: str, voice: Voice, *, begin: int, level: bool) -> None:
        self.name = name
        self.voice = voice
        self.received = 0
        self.count = 0
        self.sent: list[tuple[float, int]] | None = None
        self._level_wanted = level
        self._level: int | None = None
        self._payload_type = 0
        self._begin = self._position = begin
        self._sequence = random.randrange(1 << 15)
        self._timestamp = random.randrange(1 << 31)
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._lane: Lane | None = None
        self._heard: list[tuple[float, bytes]] | None = None

    async def offer(self) -> str:
        self._connection.addTransceiver("audio", direction="sendrecv")
        keep_hands_off(self._connection)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        lines = self._connection.localDescription.sdp.splitlines(keepends=True)
        return "".join(line for line in lines if self._level_wanted or LEVEL not in line)

    async def answered(self, sdp: str) -> None:
        """Returns when media may flow. Raises NotConnected."""
        connected = asyncio.Event()

        @self._connection.on("connectionstatechange")
        def changed() -> None:
            if self._connection.connectionState == "connected":
                connected.set()

        await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        try:
            async with asyncio.timeout(CONNECTED_WITHIN):
                await connected.wait()
        except TimeoutError:
            raise NotConnected(f"{self.name}: {self._connection.connectionState}") from None
        self._payload_type = _number(r"a=rtpmap:(\d+) opus/", sdp) or 96
        self._level = _number(rf"a=extmap:(\d+)\S* {LEVEL}", sdp) if self._level_wanted else None
        self._lane = lane(self._connection, self._take)

    @property
    def profile(self) -> str:
        assert self._lane is not None
        return self._lane.profile

    def send(self) -> None:
        """The next 20 ms."""
        assert self._lane is not None
        self._position = (self._position + 1) % len(self.voice.packets)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + SAMPLES) & 0xFFFFFFFF
        packet = self._lane.protect(self._header() + self.voice.packets[self._position])
        if self.sent is not None:
            self.sent.append((time.monotonic(), self._position))
        self._lane.send(packet)
        self.count += 1

    def _header(self) -> bytes:
        """RFC 3550 section 5.1, with the level as RFC 6464 section 3 has it."""
        fixed = (self._payload_type, self._sequence, self._timestamp, self._lane.ssrc if self._lane else 0)
        if self._level is None:
            return struct.pack("!BBHII", 0x80, *fixed)
        level = self.voice.levels[self._position]
        voiced = 0x80 if level < VOICED else 0
        return struct.pack("!BBHIIHHBBxx", 0x90, *fixed, 0xBEDE, 1, self._level << 4, voiced | level)

    def _take(self, packet: bytes) -> None:
        self.received += 1
        if self._heard is not None:
            self._heard.append((time.monotonic(), packet))

    def rewind(self) -> None:
        """Say everything from the beginning."""
        self._position = self._begin

    def remember(self) -> None:
        """Keep what arrives and what is sent, from now on."""
        self._heard, self.sent = [], []

    def remembered(self) -> list[Arrival]:
        """What arrived since `remember`, in its order of arrival."""
        heard, self._heard = self._heard or [], None
        return [arrival for at, packet in heard if (arrival := self._open(at, packet)) is not None]

    def _open(self, at: float, packet: bytes) -> Arrival | None:
        assert self._lane is not None
        try:
            clear = self._lane.unprotect(packet)
        except pylibsrtp.Error:
            return None
        begin = 12 + 4 * (clear[0] & 0x0F)
        if clear[0] & 0x10:
            begin += 4 + 4 * int.from_bytes(clear[begin + 2 : begin + 4])
        return Arrival(at, int.from_bytes(clear[2:4]), clear[begin:])

    async def close(self) -> None:
        await self._connection.close()


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text, re.IGNORECASE)
    return int(found.group(1)) if found else None
