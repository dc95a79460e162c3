"""Where an endpoint's sound goes: nowhere, or into a WAV file. (The real one is in kith.endpoint.sound.)"""

import wave
from pathlib import Path
from typing import Protocol

from kith.endpoint.metronome import Metronome
from kith.endpoint.microphones import FRAME
from media.tones import RATE, Samples


class Speaker(Protocol):
    @property
    def latency(self) -> float:
        """Seconds from the return of `play` until its last sample has sounded, at most."""
        ...

    async def play(self, samples: Samples) -> None:
        """Take 960 samples, and return when the next are wanted: the speaker sets the pace."""
        ...

    def close(self) -> None: ...


class NullSpeaker:
    """Plays to an empty room, in time."""

    latency = FRAME

    def __init__(self) -> None:
        self._metronome = Metronome(FRAME)

    async def play(self, samples: Samples) -> None:
        await self._metronome.tick()

    def close(self) -> None:
        """Nothing was opened."""


class FileSpeaker:
    """Writes what it plays, and nothing of the pauses between, into one WAV file for its whole life."""

    latency = FRAME

    def __init__(self, path: Path) -> None:
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 - closed by close()
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)
        self._metronome = Metronome(FRAME)

    async def play(self, samples: Samples) -> None:
        await self._metronome.tick()
        self._file.writeframes(samples.astype("<i2").tobytes())

    def close(self) -> None:
        self._file.close()
