"""Several voices in one loudspeaker. Pure.

They are added as they are. Where the sum comes near to what 16 bits can hold it is bent, not cut: cutting a wave's tops
off is heard as crackling, bending them as a voice that is a little rounder for a moment.
"""

from collections.abc import Sequence

import numpy as np

from media.tones import Samples

KNEE = 24_000
"""The amplitude up to which nothing is changed: one voice alone, recorded with any care, stays below. Lower and a
single loud voice is bent; higher and less room is left to bend two into."""

PEAK = 32_767
"""What 16 bits can hold."""


def mixdown(voices: Sequence[Samples]) -> Samples | None:
    """The sum of these, each as long as the others; None of none. One alone is left as it is."""
    if len(voices) < 2:
        return voices[0] if voices else None
    total = voices[0].astype(np.int32)
    for voice in voices[1:]:
        total += voice
    loud = np.abs(total) > KNEE
    if loud.any():
        total[loud] = _bent(total[loud])
    mixed: Samples = total.astype(np.int16)
    return mixed


def _bent(samples: "np.typing.NDArray[np.int32]") -> "np.typing.NDArray[np.int32]":
    """Above the knee it goes on with the same slope and comes ever nearer to the peak."""
    above = (np.abs(samples) - KNEE) / (PEAK - KNEE)
    bent = np.sign(samples) * (KNEE + (PEAK - KNEE) * np.tanh(above))
    whole: np.typing.NDArray[np.int32] = bent.astype(np.int32)
    return whole
