"""How loud it is, and whether somebody speaks, by loudness alone. Pure.

It is for the end of a drop in that both sides have forgotten: a fan or a street must not keep it open for ever, and a
quiet voice across the room must not be taken for silence. Words are for others to find.
"""

import numpy as np

from media.tones import Samples

SPEECH = -42.0
"""dB below full scale (RMS of 20 ms). A quiet room with automatic gain lies around -60, a voice at 3 m around -35."""


def loudness(samples: Samples) -> float:
    """RMS in dB relative to full scale, at least -96."""
    power = float(np.mean(np.square(samples.astype(np.float32)))) if len(samples) else 0.0
    return 10 * float(np.log10(max(power, 0.27) / 32_768**2))


def announced(samples: Samples) -> int:
    """The level that goes with a packet of this sound: dB below full scale, 0 to 127 (RFC 6464 section 3)."""
    return min(127, max(0, -round(loudness(samples))))


def speaks(samples: Samples) -> bool:
    return loudness(samples) > SPEECH
