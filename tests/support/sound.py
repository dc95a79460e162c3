"""Listening with a ruler: which pitch dominates a piece of sound, and sound in files."""

import wave
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


def write_wav(path: Path, sound: Samples) -> None:
    """Mono, 48 kHz, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype("<i2").tobytes())
