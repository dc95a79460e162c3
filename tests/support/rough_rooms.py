"""Rooms in which everybody's network is bad, all at once in one mixer, and what is heard there.

In each sit somebody who says sentences, by which delay is found, somebody from whom a tone comes, in which a click is
seen, and somebody who says nothing. To the first two the mixer sends what the other one says, and only the ways to the
mixer are bad: what is wrong with what arrives is what the mixer made of the packets that it got.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.rooms import hearing
from bench.rooms.material import voice
from bench.rooms.participant import Arrival
from media.mixer.control import Connected, Seat, Seated
from media.opus import SAMPLES
from media.tones import RATE
from tests.support.mixer_peers import Load, MixerProcess, Packet, Peer, mixer, quiet_packets, tone_packets
from tests.support.rough_path import SMOOTH, Roughness, rough_path

HERTZ = 440.0
FEC_FOR = 0.2
"""Loss that the talkers' in-band FEC is prepared for."""

CLICK = -20.0
"""dB to the tone from which sound beside it is a click. Nothing that Opus conceals comes near, nine of ten holes do."""

SETTLE = 2.0
"""Seconds that playout buffers have to find out about their networks."""

BESIDE = 150.0
"""Hertz from the tone on."""


@dataclass(frozen=True)
class Place:
    """A network, and how fast the clock of whoever is behind it goes."""

    rough: Roughness = SMOOTH
    drift: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """`late` in seconds, in the order of arrival. `clicks` is the share of 20 ms with one in them, `holes` of those in
    which next to nothing is left, `arrived` that of packets which came."""

    late: Sequence[float]
    clicks: float
    holes: float
    arrived: float

    def worst(self) -> float:
        """Seconds that 95 of 100 packets stay below."""
        return _quantile(self.late, 0.95)

    def begins(self) -> float:
        """The delay of the first quarter, in the middle of it; seconds."""
        return _quantile(self.late[: len(self.late) // 4], 0.5)

    def ends(self) -> float:
        return _quantile(self.late[-len(self.late) // 4 :], 0.5)


def _quantile(late: Sequence[float], share: float) -> float:
    """Infinite where nobody was to be made out."""
    return float(np.quantile(late, share)) if late else float("inf")


class _Talker(Peer):
    """Remembers when it sent which packet of what it says."""

    def __init__(self, room: str, name: str) -> None:
        super().__init__(room, name)
        self.times: list[tuple[float, int]] = []

    def speak(self) -> None:
        self.times.append((asyncio.get_running_loop().time(), self.sent % len(self.says)))
        super().speak()


@dataclass(frozen=True)
class _Room:
    speaker: _Talker
    whistler: _Talker
    other: Peer

    def begin(self) -> None:
        for one in (self.speaker, self.whistler):
            one.times.clear()
            one.heard.clear()

    def taken(self) -> "_Recording":
        return _Recording(tuple(self.speaker.times), _arrivals(self.whistler), _arrivals(self.speaker))


@dataclass(frozen=True)
class _Recording:
    """When who speaks sent which packet, what arrived of it at the one who whistles, and the other way round."""

    times: Sequence[tuple[float, int]]
    speech: Sequence[Arrival]
    tone: Sequence[Arrival]

    def outcome(self, seconds: float) -> Outcome:
        clicks, holes = _flaws(hearing.decoded(self.tone)[1])
        late = hearing.latencies(hearing.heard(self.speech), hearing.Said.of(voice(0, FEC_FOR), self.times))
        return Outcome(late, clicks, holes, len(self.speech) * 0.02 / seconds)


async def listen_in(
    places: Mapping[str, Place], seconds: float, stretches: int = 1
) -> dict[str, list[Outcome]]:
    """What is heard in all of the rooms, for `stretches` times so long (a minute at most), once all has settled."""
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(mixer())
        load = await stack.enter_async_context(Load())
        rooms = {name: await _room(stack, process, load, name, place) for name, place in places.items()}
        await asyncio.sleep(SETTLE)
        recordings: dict[str, list[_Recording]] = {name: [] for name in places}
        for _ in range(stretches):
            for room in rooms.values():
                room.begin()
            await asyncio.sleep(seconds)
            for name, room in rooms.items():
                recordings[name].append(room.taken())
    return {name: [one.outcome(seconds) for one in taken] for name, taken in recordings.items()}


async def _room(stack: AsyncExitStack, process: MixerProcess, load: Load, name: str, place: Place) -> _Room:
    speech = voice(0, FEC_FOR)
    room = _Room(_Talker(name, "speaker"), _Talker(name, "whistler"), Peer(name, "other"))
    room.speaker.says, room.whistler.says = (
        tuple(map(Packet, speech.packets, speech.levels)),
        tone_packets(HERTZ, seconds=2.0, loss=FEC_FOR),
    )
    room.other.says = quiet_packets()
    for peer in (room.speaker, room.whistler, room.other):
        peer.drift = place.drift
        await _sit(stack, process, peer, place.rough)
    load.add(room.speaker, room.whistler, room.other)
    return room


async def _sit(stack: AsyncExitStack, process: MixerProcess, peer: Peer, rough: Roughness) -> None:
    def this(one: Seated | Connected) -> bool:
        return (one.room, one.seat) == (peer.room, peer.name)

    process.tell(Seat(peer.room, peer.name, 0, await peer.offer()))
    answer = (await process.says(Seated, where=this)).answer
    await peer.take(await stack.enter_async_context(rough_path(answer, up=rough)))
    await process.says(Connected, where=this)


def _arrivals(listener: Peer) -> list[Arrival]:
    return [Arrival(one.at, one.sequence, one.payload) for one in listener.heard]


def _flaws(sound: NDArray[np.int16]) -> tuple[float, float]:
    """The shares of 20 ms with a click, and of those that have lost nine tenths of the tone's power.

    Every 10 ms one begins: the edges of a hole lie where two packets meet, and must not fall between two looks.
    """
    looks = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), SAMPLES)[:: SAMPLES // 2]
    power = np.abs(np.fft.rfft(looks * np.hanning(SAMPLES), axis=1)) ** 2
    beside = np.abs(np.fft.rfftfreq(SAMPLES, 1 / RATE) - HERTZ) > BESIDE
    tone, rest = power[:, ~beside].sum(axis=1), power[:, beside].sum(axis=1)
    usual = np.median(tone)
    return float(np.mean(rest > usual * 10 ** (CLICK / 10))), float(np.mean(tone < usual / 10))
