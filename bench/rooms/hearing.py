"""Finds what was said in what was heard: how late it is, and which sample is which. Arithmetic only.

What was heard is decoded, and stretches of it are laid along what was sent until they fit best. A packet is late
by the time from when the last of the sound in it was captured, which is when the packet with it was sent, until it
arrived. So everything counts that is between: waiting for a tick, playout buffers, the codec's own delay.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.rooms.material import Voice
from bench.rooms.participant import Arrival
from media.opus import SAMPLES, Decoder, OpusError

Sound = NDArray[np.float64]

THINNED = 6
"""Every so many samples become one: 8 kHz are enough to find a place in speech."""

FRAME = SAMPLES // THINNED
RATE = 8_000
STRETCH = 25
"""Packets that are laid along what was sent at a time: half a second."""

LONGEST = 60
"""Packets that the sound may be late at most: 1.2 s."""

SURE = 0.45
"""Correlation from which a place is believed. Two who talk at once come to 0.7 each."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one talker sent: `times` of its packets, in seconds, and all of their sound, FRAME samples each."""

    times: NDArray[np.float64]
    sound: Sound

    @classmethod
    def of(cls, voice: Voice, sent: Sequence[tuple[float, int]]) -> "Said":
        return cls(np.array([at for at, _ in sent]), thinned(in_order_sent(voice.sound, sent)))


def in_order_sent(sound: NDArray[Any], sent: Sequence[tuple[float, int]]) -> NDArray[Any]:
    frames = sound.reshape(-1, SAMPLES)
    return np.concatenate([frames[position] for _, position in sent]) if sent else sound[:0]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one listener got, in order: when each packet arrived, and its sound, FRAME samples each."""

    times: NDArray[np.float64]
    sound: Sound


def decoded(arrivals: Sequence[Arrival]) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Times of arrival and sound, SAMPLES each; what is missing is concealed and arrives with what follows it."""
    decoder = Decoder()
    times: list[float] = []
    sound: list[NDArray[Any]] = []
    for one, gap in _in_order(arrivals):
        for _ in range(gap):
            times.append(one.at)
            sound.append(decoder.conceal())
        try:
            frame = decoder.decode(one.payload)
        except OpusError:
            frame = decoder.conceal()
        times.append(one.at)
        sound.append(frame[:SAMPLES] if len(frame) >= SAMPLES else np.resize(frame, SAMPLES))
    return np.array(times), np.concatenate(sound) if sound else np.zeros(0, np.int16)


def _in_order(arrivals: Sequence[Arrival]) -> Iterator[tuple[Arrival, int]]:
    """Each packet with the number of those missing before it."""
    if not arrivals:
        return
    base = arrivals[0].sequence

    def place(one: Arrival) -> int:
        return (one.sequence - base + 0x8000 & 0xFFFF) - 0x8000

    ordered = sorted({place(one): one for one in reversed(arrivals)}.items())
    yield ordered[0][1], 0
    for (before, _), (after, one) in pairwise(ordered):
        yield one, min(after - before - 1, LONGEST)


def heard(arrivals: Sequence[Arrival]) -> Heard:
    times, sound = decoded(arrivals)
    return Heard(times, thinned(sound))


def thinned(sound: NDArray[Any]) -> Sound:
    """At RATE, in mono, without what is too high or too low to matter."""
    low = sound.astype(np.float64).reshape(-1, THINNED).mean(axis=1) if len(sound) else np.zeros(0)
    return np.diff(low, prepend=low[:1])


def latencies(listener: Heard, talker: Said) -> list[float]:
    """Seconds for each packet of the stretches in which the talker is to be made out."""
    found: list[float] = []
    for begin in range(0, len(listener.times) - STRETCH + 1, STRETCH):
        stretch = listener.sound[begin * FRAME : (begin + STRETCH) * FRAME]
        last = int(np.searchsorted(talker.times, listener.times[begin + STRETCH - 1]))
        first = max(0, last - STRETCH - LONGEST)
        match = place(stretch, talker.sound[first * FRAME : last * FRAME])
        if match is None:
            continue
        for number in range(STRETCH):
            end = first * FRAME + match + (number + 1) * FRAME  # of the packet's sound, in what was sent
            frame, into = divmod(end - 1, FRAME)
            captured = talker.times[frame] - (FRAME - 1 - into) / RATE
            found.append(float(listener.times[begin + number] - captured))
    return found


def place(part: Sound, whole: Sound, sure: float = SURE) -> int | None:
    """The sample in `whole` at which `part` fits best; None if it does not really fit anywhere."""
    if len(part) == 0 or len(whole) < len(part):
        return None
    size = 1 << (len(whole) + len(part)).bit_length()
    products = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
    products = products[: len(whole) - len(part) + 1]
    sums = np.cumsum(np.concatenate(([0.0], whole**2)))
    energies = np.maximum(sums[len(part) :] - sums[: -len(part)], 1.0)
    fits = products / np.sqrt(energies * max(1.0, float(np.sum(part**2))))
    best = int(np.argmax(fits))
    return best if fits[best] >= sure else None
