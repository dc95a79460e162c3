"""One outgoing sound: its encoder, its limiter, and the silence after it.

Two ways to encode (RFC 6716 section 2.1): low delay costs a third and has no in-band FEC; the careful one has it, for
listeners who lose packets. A listener's decoder follows a change of way by itself.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.mixer.limiter import Limiter
from media.opus import SAMPLES, Encoder, Samples

BITRATE: Final = 48_000
"""Bits a second, low delay. Below 40,000 its music mode alone is heard to work on voices; 64,000 costs a fifth more."""

CAREFUL_BITRATE: Final = 40_000
"""Bits a second with FEC. At 32,000 the bandwidth or the FEC gives way."""

COMPLEXITY: Final = 5
"""Of 10. Ten costs half as much again and is heard by nobody at this rate."""

PREPARED_FOR: Final = 0.1
"""The share of lost packets that FEC prepares for."""

SETTLING: Final = 10
"""Frames of silence that are encoded for real after a sound, so that all decoders end where the cached one begins."""

_QUIET = np.zeros(SAMPLES, np.int16)


def _encoder(*, careful: bool) -> Encoder:
    if careful:
        return Encoder(bitrate=CAREFUL_BITRATE, complexity=COMPLEXITY, loss=PREPARED_FOR)
    return Encoder(bitrate=BITRATE, complexity=COMPLEXITY, loss=0.0, low_delay=True)


@cache
def silence() -> bytes:
    """A packet of silence, as an encoder that has long been silent makes it."""
    encoder = _encoder(careful=False)
    return [encoder.encode(_QUIET) for _ in range(2 * SETTLING)][-1]


class Encoding:
    """The encoder of one mix."""

    __slots__ = ("_careful", "_encoder", "_limiter", "_settling", "encoded")

    def __init__(self) -> None:
        self._careful = False
        self._encoder: Encoder | None = None
        self._limiter = Limiter()
        self._settling = 0
        self.encoded = 0
        """Frames that were encoded, for those who count."""

    def fork(self) -> "Encoding":
        """Another one that goes on from here, for a listener who begins to talk: its decoder notices nothing."""
        twin = Encoding()
        twin._careful = self._careful
        twin._encoder = None if self._encoder is None else self._encoder.fork()
        twin._limiter.gain = self._limiter.gain
        twin._settling = self._settling
        return twin

    def encode(self, mixed: NDArray[np.int32] | Samples | None, *, careful: bool) -> bytes:
        """One packet of 960 samples; None is silence."""
        if mixed is None:
            if self._settling == 0:
                return silence()
            self._settling -= 1
            mixed = _QUIET
        else:
            self._settling = SETTLING
        if self._encoder is None or careful != self._careful:
            self._careful = careful
            self._encoder = _encoder(careful=careful)
        self.encoded += 1
        return self._encoder.encode(self._limiter.limit(mixed))
