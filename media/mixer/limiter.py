"""A sum of voices made to fit, by turning it down rather than by cutting it off. Pure.

Below the ceiling nothing is touched. A sum that would pass it is turned down within 5 ms, as far as its peak demands,
and comes back up slowly: a listener hears that it is loud, not that it is broken. There is no look-ahead, which
would cost delay; what passes the ceiling in those 5 ms is bent by a curve that never reaches full scale.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Sum = NDArray[np.int32]

CEILING = 28_000
"""Of 32,767: 1.4 dB are left for the bend, and for what the listener's decoder adds."""

ATTACK = 240
"""Samples, 5 ms. Shorter is heard as a click, longer leaves more to the bend."""

RECOVERY = 1.012
"""Gain per frame of 20 ms: 5 dB a second. Faster pumps between two words, slower leaves a quiet voice quiet."""

_ROOM = 32_767 - CEILING
_RAMP = np.linspace(0.0, 1.0, ATTACK, dtype=np.float32)


class Limiter:
    """The gain of one mix."""

    __slots__ = ("gain",)

    def __init__(self) -> None:
        self.gain = 1.0

    def limit(self, mixed: Sum | Samples) -> Samples:
        """`mixed`, which may pass 16 bits, as 16 bits."""
        peak = max(int(mixed.max()), -int(mixed.min()))
        wanted = 1.0 if peak <= CEILING else CEILING / peak
        before = self.gain
        if wanted >= 1.0 and before >= 1.0:
            return mixed.astype(np.int16, copy=False)
        after = min(wanted, before * RECOVERY)
        self.gain = after
        scaled = mixed * np.float32(after)
        ramp = _RAMP[: len(mixed)]
        scaled[:ATTACK] = mixed[:ATTACK] * (before + (after - before) * ramp)
        return _bend(scaled)


def _bend(scaled: NDArray[np.float32]) -> Samples:
    """Straight up to the ceiling; above it a curve with the same slope that ends at full scale."""
    size = np.abs(scaled)
    over = size > CEILING
    if over.any():
        scaled[over] = np.sign(scaled[over]) * (CEILING + _ROOM * np.tanh((size[over] - CEILING) / _ROOM))
    return scaled.astype(np.int16)
