"""The sounds an endpoint makes by itself, as arithmetic. Pure: a name and a position in, samples out.

Mono, 48 kHz, signed 16 bit. Cadences and frequencies follow what telephones do (ITU-T E.180 for ringback and busy),
the ringing is our own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Samples = NDArray[np.int16]


class Tone(StrEnum):
    RINGING = "ringing"  # Somebody calls here.
    RINGBACK = "ringback"  # It rings at the other end.
    BUSY = "busy"  # Every device there is in another call.
    UNAVAILABLE = "unavailable"  # Nobody answered, or the call was declined.
    CONNECTED = "connected"  # The two can hear each other now.
    ENDED = "ended"  # The call is over.
    MICROPHONE_OFF = "microphone_off"
    MICROPHONE_ON = "microphone_on"
    DROP_IN = "drop_in"  # Somebody drops in here: it has ended before anything is captured.
    KNOCK = "knock"  # Somebody would like to be let in.
    CHIME = "chime"  # Somebody is still here, listening.
    STREAM_START = "stream_start"  # Sound or picture leaves from now on.
    STREAM_END = "stream_end"  # Nothing leaves any more.
    MESSAGE = "message"  # A message has come.
    ANNOUNCEMENT = "announcement"  # Somebody at home is about to say something to everybody.
    CONFIRMED = "confirmed"  # What a button was pressed for is being done.


@dataclass(frozen=True, slots=True)
class _Note:
    """`seconds` of the sum of `hertz` (silence if none), fading by half in `decay` seconds if not 0."""

    seconds: float
    hertz: tuple[float, ...] = ()
    decay: float = 0.0


@dataclass(frozen=True, slots=True)
class _Score:
    notes: tuple[_Note, ...]
    repeats: bool = False


_SCORES: Mapping[Tone, _Score] = {
    Tone.RINGING: _Score(
        (
            *(_Note(0.18, (hertz,), 0.12) for hertz in (659.3, 830.6, 987.8, 830.6)),
            _Note(0.35),
            *(_Note(0.18, (hertz,), 0.12) for hertz in (659.3, 830.6, 987.8)),
            _Note(1.6),
        ),
        repeats=True,
    ),
    Tone.RINGBACK: _Score((_Note(2.0, (440.0, 480.0)), _Note(4.0)), repeats=True),
    Tone.BUSY: _Score((_Note(0.5, (480.0, 620.0)), _Note(0.5)) * 4),
    Tone.UNAVAILABLE: _Score((_Note(0.25, (480.0, 620.0)), _Note(0.25)) * 4),
    Tone.CONNECTED: _Score((_Note(0.09, (587.3,), 0.06), _Note(0.14, (880.0,), 0.06))),
    Tone.ENDED: _Score((_Note(0.09, (880.0,), 0.06), _Note(0.14, (587.3,), 0.06))),
    Tone.MICROPHONE_OFF: _Score((_Note(0.1, (440.0,), 0.05), _Note(0.16, (293.7,), 0.06))),
    Tone.MICROPHONE_ON: _Score((_Note(0.1, (293.7,), 0.05), _Note(0.16, (440.0,), 0.06))),
    Tone.DROP_IN: _Score(
        (_Note(0.2, (523.3,), 0.1), _Note(0.2, (659.3,), 0.1), _Note(0.4, (784.0, 1046.5), 0.15))
    ),
    Tone.KNOCK: _Score(
        (
            *(_Note(0.16, (196.0, 392.0), 0.03), _Note(0.08)) * 2,
            _Note(0.16, (196.0, 392.0), 0.03),
            _Note(2.36),
        ),
        repeats=True,
    ),
    Tone.CHIME: _Score((_Note(0.3, (1046.5,), 0.1), _Note(0.5, (784.0,), 0.15))),
    Tone.STREAM_START: _Score((_Note(0.12, (1174.7,), 0.05),)),
    Tone.STREAM_END: _Score((_Note(0.12, (784.0,), 0.05),)),
    Tone.MESSAGE: _Score(
        (_Note(0.12, (659.3,), 0.08), _Note(0.12, (784.0,), 0.08), _Note(0.3, (659.3, 987.8), 0.12))
    ),
    Tone.ANNOUNCEMENT: _Score(
        (_Note(0.25, (523.3, 659.3), 0.12), _Note(0.35, (698.5, 880.0), 0.15), _Note(0.15))
    ),
    Tone.CONFIRMED: _Score((_Note(0.08, (880.0,), 0.05), _Note(0.08, (880.0,), 0.05))),
}

_LEVEL = 0.25
_EDGE = 0.004
"""Seconds in which a note swells and dies, so that it does not click."""


def repeats(tone: Tone) -> bool:
    """Whether it goes on until it is stopped."""
    return _SCORES[tone].repeats


@cache
def samples(tone: Tone) -> Samples:
    """The whole tone, or one round of it if it repeats. Read only."""
    rendered = np.concatenate([_render(note) for note in _SCORES[tone].notes])
    rendered.flags.writeable = False
    return rendered


def excerpt(tone: Tone, start: int, count: int) -> Samples | None:
    """`count` samples from position `start`, padded with silence; None once the tone is over."""
    whole = samples(tone)
    if repeats(tone):
        return whole[(start + np.arange(count)) % len(whole)]
    if start >= len(whole):
        return None
    part = whole[start : start + count]
    return np.concatenate((part, np.zeros(count - len(part), np.int16)))


def sine(hertz: float, start: int, count: int, level: float = _LEVEL) -> Samples:
    """A plain tone without beginning or end, for tests and for endpoints without a microphone."""
    angle = 2 * np.pi * hertz / RATE * (start + np.arange(count))
    wave: Samples = (level * 32_767 * np.sin(angle)).astype(np.int16)
    return wave


def _render(note: _Note) -> Samples:
    count = round(note.seconds * RATE)
    time = np.arange(count) / RATE
    wave = np.zeros(count)
    for hertz in note.hertz:
        wave += np.sin(2 * np.pi * hertz * time) / len(note.hertz)
    if note.decay:
        wave *= 0.5 ** (time / note.decay)
    wave *= np.clip(np.minimum(time, note.seconds - time) / _EDGE, 0.0, 1.0)
    rendered: Samples = (_LEVEL * 32_767 * wave).astype(np.int16)
    return rendered
