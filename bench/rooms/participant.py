"""One participant: sends what it says packet by packet, counts what arrives, and keeps it if asked to."""

import asyncio
import random
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pylibsrtp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from bench.rooms.material import VOICED, Voice
from media.mixer.aiortc_hooks import LEVEL, Keys, ice_of, keys_of, nominated
from media.mixer.header import is_control, is_media
from media.opus import SAMPLES

CONNECTED_WITHIN = 30.0


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
        self._begin = self._position = begin
        self._sequence = random.randrange(1 << 15)
        self._timestamp = random.randrange(1 << 31)
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._keys: Keys | None = None
        self._send: Callable[[bytes], None] = _into_nothing
        self._heard: list[tuple[float, bytes]] | None = None

    async def offer(self) -> str:
        self._connection.addTransceiver("audio", direction="sendrecv")
        for transceiver in self._connection.getTransceivers():  # aiortc does what there is up to DTLS
            transceiver.sender.send = _nothing  # type: ignore[method-assign, assignment]
            transceiver.receiver.receive = _nothing  # type: ignore[method-assign, assignment]
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
        self._keys = keys_of(self._connection.getTransceivers()[0])
        pair = nominated(ice_of(self._connection))
        assert pair is not None
        protocol, address = pair
        otherwise = protocol.datagram_received

        def received(data: bytes, sender: tuple[Any, ...]) -> None:
            if not is_media(data[0]):
                otherwise(data, sender)
            elif not is_control(data[1]):
                self._take(data)

        protocol.datagram_received = received  # type: ignore[method-assign, assignment]
        self._send = lambda data: protocol.transport.sendto(data, address)

    def send(self) -> None:
        """The next 20 ms."""
        assert self._keys is not None
        self._position = (self._position + 1) % len(self.voice.packets)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + SAMPLES) & 0xFFFFFFFF
        packet = self._keys.sessions[1].protect(self._header(self._keys) + self.voice.packets[self._position])
        if self.sent is not None:
            self.sent.append((time.monotonic(), self._position))
        self._send(packet)
        self.count += 1

    def _header(self, keys: Keys) -> bytes:
        """RFC 3550 section 5.1, with the level as RFC 6464 section 3 has it."""
        fixed = (keys.payload_type, self._sequence, self._timestamp, keys.source)
        if not keys.level:
            return struct.pack("!BBHII", 0x80, *fixed)
        level = self.voice.levels[self._position]
        voiced = 0x80 if level < VOICED else 0
        return struct.pack("!BBHIIHHBBxx", 0x90, *fixed, 0xBEDE, 1, keys.level << 4, voiced | level)

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
        assert self._keys is not None
        try:
            clear = self._keys.sessions[0].unprotect(packet)
        except pylibsrtp.Error:
            return None
        begin = 12 + 4 * (clear[0] & 0x0F)
        if clear[0] & 0x10:
            begin += 4 + 4 * int.from_bytes(clear[begin + 2 : begin + 4])
        return Arrival(at, int.from_bytes(clear[2:4]), clear[begin:])

    async def close(self) -> None:
        await self._connection.close()


async def _nothing(_: object) -> None:
    """Instead of the tasks in which aiortc would encode, decode and report."""


def _into_nothing(_: bytes) -> None:
    """Where packets go before there is a connection."""
