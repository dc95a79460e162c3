"""A mixer process and endpoints that sit in it: real ICE, DTLS and SRTP, and packets made and read by hand after that.

    async with mixer() as process, Load() as load:
        ana = await process.sit("c_1", "e_ana"); ben = await process.sit("c_1", "e_ben")
        ana.says = tone_packets(440); load.add(ana, ben)
        await ben.hears(50)                    # so many packets
        dominant(ben.sound())

aiortc connects them; no track, no thread and no encoder of it runs afterwards, so that fifty of them fit beside a
mixer on one core. `Load` sends one packet of each every 20 ms of the peer's own clock.
"""

import asyncio
import itertools
import socket
import struct
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
from aiortc import (
    AudioStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from numpy.typing import NDArray

from kith.endpoint.aiortc_hooks import allow_loopback_when_alone
from media.mixer import aiortc_hooks, control, header
from media.mixer.control import Deframer, FromMixer, ToMixer, frame
from media.opus import SAMPLES, Decoder, Encoder
from media.tones import sine

GENEROUS = 20.0
Said = TypeVar("Said")


# One of each message of the control socket.
TO_MIXER: tuple[ToMixer, ...] = (
    control.Seat("c_1", "e_1", 3, "v=0"),
    control.Unseat("c_1", "e_1"),
    control.Close("c_1"),
    control.Quit(),
)
FROM_MIXER: tuple[FromMixer, ...] = (
    control.Ready(bytes(32), 40_000),
    control.Seated("c_1", "e_1", 3, "v=0"),
    control.Refused("c_1", "e_1", 3, "full"),
    control.Connected("c_1", "e_1", 3),
    control.Gone("c_1", "e_1", 3),
    control.Speaking("c_1", ("e_1", "e_2")),
    control.Load(1, 0.25, (control.RoomLoad("c_1", (control.SeatLoad("e_1", 100, 2, 3.5, 40.0),)),)),
)


class Packet(NamedTuple):
    """What a microphone gives in 20 ms; `level` is in -dBov, 127 is silence. An empty payload is not sent (DTX)."""

    payload: bytes
    level: int


class Heard(NamedTuple):
    """A packet that came, decrypted."""

    at: float
    sequence: int
    timestamp: int
    payload: bytes


def tone_packets(
    hertz: float, *, level: float = 0.1, seconds: float = 1.0, loss: float = 0.0
) -> tuple[Packet, ...]:
    """A tone that can be repeated without a seam if `hertz * seconds` is whole."""
    encoder = Encoder(loss=loss)
    count = round(seconds * 50)
    frames = [sine(hertz, SAMPLES * n, SAMPLES, level) for n in range(count)]
    for one in frames[-5:]:
        encoder.encode(one)
    loudness = round(-20 * np.log10(level / np.sqrt(2)))
    return tuple(Packet(encoder.encode(one), min(127, loudness)) for one in frames)


def quiet_packets(seconds: float = 1.0, seed: int = 1) -> tuple[Packet, ...]:
    """The noise of a room in which nobody speaks, 65 dB below full scale."""
    random = np.random.default_rng(seed)
    encoder = Encoder(loss=0.0)
    frames = [(random.standard_normal(SAMPLES) * 18).astype(np.int16) for _ in range(round(seconds * 50))]
    return tuple(Packet(encoder.encode(one), 65) for one in frames)


class Peer:
    """One endpoint. `says` is repeated for ever."""

    def __init__(self, room: str, name: str, *, level: bool = True, keep: int = 3_000) -> None:
        self.room, self.name = room, name
        self.epoch = 0
        self.says: Sequence[Packet] = ()
        self.fate: Callable[[int], bool] = lambda number: True
        """Whether packet `number` gets through to the mixer."""
        self.drift = 1.0
        """How fast its clock goes."""
        self.sent = self.received = 0
        self.hears_from = 0
        """The SSRC under which the mixer sends to it."""
        self.heard: deque[Heard] = deque(maxlen=keep)
        self.sequence, self.timestamp = 65_400, 2**32 - 48_000  # both wrap soon
        self._level = level
        self._came = asyncio.Event()
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._voice = self._connection.addTransceiver(AudioStreamTrack(), "sendrecv")
        sender: Any = self._voice.sender
        receiver: Any = self._voice.receiver
        sender.send = receiver.receive = _nothing
        self._up = asyncio.Event()
        self._connection.on("connectionstatechange", self._changed)
        self._keys: aiortc_hooks.Keys | None = None
        self._send: Callable[[bytes, Any], None] = lambda data, address: None
        self._address: Any = None

    async def offer(self) -> str:
        """Its offer, with candidates."""
        allow_loopback_when_alone()
        await self._connection.setLocalDescription(await self._connection.createOffer())
        sdp = self._connection.localDescription.sdp
        if self._level:
            return sdp
        return "".join(line for line in sdp.splitlines(keepends=True) if aiortc_hooks.LEVEL not in line)

    async def take(self, answer: str) -> None:
        """Connect by this answer."""
        ice = aiortc_hooks.ice_of(self._connection)
        give = ice.data_received

        def received(data: bytes, component: int) -> None:
            if header.is_media(data[0]):
                self._take(data)
            else:
                give(data, component)

        ice.data_received = received  # type: ignore[method-assign]
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(GENEROUS):
            await self._up.wait()
        self._keys = aiortc_hooks.keys_of(self._voice)
        pair = aiortc_hooks.nominated(ice)
        assert pair is not None
        self._send, self._address = pair[0].transport.sendto, pair[1]

    async def close(self) -> None:
        await self._connection.close()

    async def vanish(self) -> None:
        """Fall silent without a goodbye, as when a battery is empty."""
        transport: Any = self._voice.receiver.transport.transport
        transport._send = _nothing
        await self.close()

    # -- packets -------------------------------------------------------------------------------------------

    def speak(self) -> None:
        """Send the next packet of `says`."""
        number = self.sent
        self.sent += 1
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + SAMPLES) & 0xFFFF_FFFF
        if self._keys is None or not self.says or not self.fate(number):
            return
        packet = self.says[number % len(self.says)]
        if packet.payload:
            self.emit(packet)
        else:
            self.sequence = (self.sequence - 1) & 0xFFFF

    def emit(self, packet: Packet, *, source: int | None = None, marker: int = 0) -> None:
        """This packet with the present numbers."""
        keys = self._keys
        assert keys is not None
        ssrc = keys.source if source is None else source
        first = 0x90 if keys.level else 0x80
        head = struct.pack("!BBHII", first, marker | keys.payload_type, self.sequence, self.timestamp, ssrc)
        if keys.level:
            voiced = 0x80 if packet.level < 50 else 0
            head += struct.pack("!HHBBBB", header.ONE_BYTE, 1, keys.level << 4, voiced | packet.level, 0, 0)
        self.raw(keys.sessions[1].protect(head + packet.payload))

    def raw(self, datagram: bytes) -> None:
        self._send(datagram, self._address)

    def control(self, compound: bytes) -> None:
        """This RTCP, encrypted."""
        assert self._keys is not None
        self.raw(self._keys.sessions[1].protect_rtcp(compound))

    @property
    def source(self) -> int:
        assert self._keys is not None
        return self._keys.source

    async def hears(self, packets: int) -> None:
        """Wait until so many more have come."""
        wanted = self.received + packets
        async with asyncio.timeout(GENEROUS + packets / 50):
            while self.received < wanted:
                self._came.clear()
                await self._came.wait()

    async def hears_tones(self, present: Sequence[float], absent: Sequence[float] = ()) -> None:
        """Wait until of the newest second every tone of the one kind is heard, a fifth as loud as the typical one at
        least, and none of the other; AssertionError after 20 seconds of packets."""
        for _ in range(20):
            await self.hears(50)
            if self.has_heard(present, absent):
                return
        raise AssertionError(f"{self.name} does not hear {present} without {absent}")

    def has_heard(self, present: Sequence[float], absent: Sequence[float]) -> bool:
        """Whether that is true of the newest second."""
        sound = self.sound(50)
        heard, others = list(strengths(sound, present)), list(strengths(sound, absent))
        typical = float(np.median(heard)) if heard else 0.05  # of nothing: quieter than anybody talks
        return typical > 0.002 and min(heard, default=1) > typical / 5 > max(others, default=0)

    def sound(self, packets: int | None = None) -> NDArray[np.int16]:
        """The newest packets that came as sound: in order, what is missing concealed."""
        heard = list(self.heard)[-packets:] if packets else list(self.heard)
        return decode(heard)

    def _take(self, datagram: bytes) -> None:
        if self._keys is None or header.is_control(datagram[1]):
            return
        packet = self._keys.sessions[0].unprotect(datagram)
        found = header.shape(packet, 0, len(packet), 0)
        assert found is not None
        sequence, timestamp, self.hears_from = struct.unpack_from("!HII", packet, 2)
        self.received += 1
        now = asyncio.get_running_loop().time()
        self.heard.append(Heard(now, sequence, timestamp, packet[found.payload : found.end]))
        self._came.set()

    def _changed(self) -> None:
        if self._connection.connectionState == "connected":
            self._up.set()


def decode(heard: Sequence[Heard]) -> NDArray[np.int16]:
    """Packets as sound; what is missing is concealed."""
    decoder = Decoder()
    parts: list[NDArray[np.int16]] = []
    expected: int | None = None
    for one in heard:
        missing = 0 if expected is None else (one.sequence - expected) & 0xFFFF
        parts += [decoder.conceal() for _ in range(min(missing, 10))]
        parts.append(decoder.decode(one.payload))
        expected = (one.sequence + 1) & 0xFFFF
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


async def _nothing(*_: Any) -> None:
    pass


@dataclass
class Load:
    """Sends for all peers that were added, each by its own clock."""

    peers: list[Peer] = field(default_factory=list)
    _begun: dict[int, float] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None

    def add(self, *peers: Peer) -> None:
        """They start spread over 20 ms, as people do."""
        now = asyncio.get_running_loop().time()
        for peer in peers:
            self._begun[id(peer)] = now + 0.02 * (len(self.peers) * 0.618 % 1)
            peer.sent = 0
            self.peers.append(peer)

    def remove(self, peer: Peer) -> None:
        self.peers.remove(peer)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for tick in itertools.count(1):
            start = loop.time()
            for peer in self.peers:
                due = int((start - self._begun[id(peer)]) * peer.drift / 0.02)
                for _ in range(min(due - peer.sent, 50)):
                    peer.speak()
            await asyncio.sleep(0.004 if tick else 0)


class MixerProcess:
    """A running mixer, as the server sees it."""

    def __init__(self, process: subprocess.Popen[bytes], writer: asyncio.StreamWriter) -> None:
        self.process = process
        self.said: list[FromMixer] = []
        """Everything, except that of `Load` only the newest is kept."""
        self._writer = writer
        self._more = asyncio.Event()

    @property
    def ready(self) -> control.Ready:
        return next(one for one in self.said if isinstance(one, control.Ready))

    def tell(self, message: ToMixer) -> None:
        self._writer.write(frame(message))

    async def listen(self, reader: asyncio.StreamReader) -> None:
        deframer: Deframer[FromMixer] = Deframer(FromMixer)
        while data := await reader.read(1 << 16):
            for message in deframer.feed(data):
                if isinstance(message, control.Load):
                    self.said = [one for one in self.said if not isinstance(one, control.Load)]
                self.said.append(message)
            self._more.set()

    async def says(
        self, kind: type[Said], *, since: int = 0, where: Callable[[Said], bool] = lambda one: True
    ) -> Said:
        """The first message of this kind, from the `since`th on, that this is true of; waits for it."""
        async with asyncio.timeout(GENEROUS):
            while True:
                for one in self.said[since:]:
                    if isinstance(one, kind) and where(one):
                        return one
                self._more.clear()
                await self._more.wait()

    async def load(self, where: Callable[[control.Load], bool] = lambda one: True) -> control.Load:
        """The next `Load` that this is true of."""
        self.said = [one for one in self.said if not isinstance(one, control.Load)]
        return await self.says(control.Load, where=where)

    async def sit(self, room: str, name: str, *, epoch: int = 0, level: bool = True) -> Peer:
        """A new peer in a room, connected."""
        peer = Peer(room, name, level=level)
        peer.epoch = epoch
        await self.seat(peer)
        return peer

    async def seat(self, peer: Peer) -> None:
        def this(one: control.Seated | control.Connected) -> bool:
            return (one.room, one.seat, one.epoch) == (peer.room, peer.name, peer.epoch)

        self.tell(control.Seat(peer.room, peer.name, peer.epoch, await peer.offer()))
        await peer.take((await self.says(control.Seated, where=this)).answer)
        await self.says(control.Connected, where=this)


@asynccontextmanager
async def mixer(*options: str) -> AsyncIterator[MixerProcess]:
    """A mixer process of its own, ended at the end."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "media.mixer", "--control", str(theirs.fileno()), *options]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()])  # noqa: ASYNC220  # takes a millisecond
    theirs.close()
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    running = MixerProcess(process, writer)
    listening = asyncio.create_task(running.listen(reader))
    try:
        await running.says(control.Ready)
        yield running
    finally:
        listening.cancel()
        writer.close()
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def strengths(sound: NDArray[np.int16], tones: Sequence[float]) -> Iterator[float]:
    """How loud each tone is in it, as an amplitude from 0 to 1 of full scale."""
    window = np.hanning(len(sound))
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64) * window)) * 2 / window.sum() / 32_768
    for hertz in tones:
        at = round(hertz * len(sound) / 48_000)
        yield float(spectrum[at - 1 : at + 2].max())
