"""Listening with a ruler: which pitch dominates a piece of sound, and sound in files."""

import wave
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.tones import RATE, Samples


def dominant(sound: NDArray[Any], rate: int = RATE) -> float:
    """The strongest frequency in Hz, 0 for silence. Mono samples; the resolution is rate / len(sound)."""
    if len(sound) == 0 or not np.any(sound):
        return 0.0
    centred = sound.astype(np.float64) - float(np.mean(sound))
    spectrum = np.abs(np.fft.rfft(centred * np.hanning(len(centred))))
    return float(np.argmax(spectrum) * rate / len(centred))


def tones(sound: NDArray[Any], among: Collection[float], rate: int = RATE) -> set[float]:
    """Which of these frequencies are in it, each at least a fifth as strong as the strongest of all. The sound is as
    long as it takes to tell them apart: half a second for 10 Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    strong = {hertz: spectrum[round(hertz * len(sound) / rate)] for hertz in among if hertz}
    return {hertz for hertz, strength in strong.items() if strength > 0.2 * spectrum.max() > 1e5}


def write_wav(path: Path, sound: Samples) -> None:
    """Mono, 48 kHz, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype("<i2").tobytes())
