"""Where an endpoint's sound comes from: a tone, silence or a file. (The real one is in kith.endpoint.sound.)

`read` gives 960 samples (20 ms; mono, 48 kHz, 16 bit) as soon as they have been "spoken", so it sets the pace.
With them comes when that was, which is not when somebody got round to reading them.
"""

import wave
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from kith.endpoint.metronome import Metronome
from media.tones import RATE, Samples, sine

SAMPLES = 960
FRAME = SAMPLES / RATE


class Heard(NamedTuple):
    """960 samples, and when they were captured, in seconds on the loop's clock."""

    samples: Samples
    at: float


class Microphone(Protocol):
    async def read(self) -> Heard:
        """The next 960 samples."""
        ...

    def close(self) -> None: ...


class ToneMicrophone:
    """A sine wave that never stops."""

    def __init__(self, hertz: float) -> None:
        self._hertz = hertz
        self._position = 0
        self._metronome = Metronome(FRAME)

    async def read(self) -> Heard:
        at = await self._metronome.tick()
        samples = sine(self._hertz, self._position, SAMPLES)
        self._position += SAMPLES
        return Heard(samples, at)

    def close(self) -> None:
        """Nothing was opened."""


class SilentMicrophone:
    """A quiet room."""

    def __init__(self) -> None:
        self._metronome = Metronome(FRAME)

    async def read(self) -> Heard:
        return Heard(np.zeros(SAMPLES, np.int16), await self._metronome.tick())

    def close(self) -> None:
        """Nothing was opened."""


class FileMicrophone:
    """A WAV file, from the beginning, over and over."""

    def __init__(self, sound: Samples) -> None:
        self._sound = sound
        self._position = 0
        self._metronome = Metronome(FRAME)

    async def read(self) -> Heard:
        at = await self._metronome.tick()
        positions = (self._position + np.arange(SAMPLES)) % len(self._sound)
        self._position += SAMPLES
        return Heard(self._sound[positions], at)

    def close(self) -> None:
        """The file was read when the microphone was chosen."""


def read_wav(path: Path) -> Samples:
    """A whole WAV file as mono 48 kHz. Raises OSError or ValueError if it cannot be read."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is not a WAV file: {error}") from None
    if width != 2:
        raise ValueError(f"{path} has {8 * width} bits a sample; 16 are needed")
    mono = np.frombuffer(data, "<i2").reshape(-1, channels).mean(axis=1)
    if not len(mono):
        raise ValueError(f"{path} holds no sound")
    return at_rate(mono.astype(np.int16), rate)


def at_rate(sound: Samples, rate: int) -> Samples:
    """`sound` of `rate` Hz at 48 kHz, by straight lines between its samples."""
    if rate == RATE:
        return sound
    count = round(len(sound) * RATE / rate)
    positions = np.arange(count) * (rate / RATE)
    resampled: Samples = np.interp(positions, np.arange(len(sound)), sound).astype(np.int16)
    return resampled
