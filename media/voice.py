"""An incoming voice: RTP payloads in, 20 ms of sound out at every tick of the sink.

No thread and no clock of its own: `put` and `pull` are called from the same event loop and take milliseconds of
nobody's time (a decode is about 40 microseconds).
"""

import numpy as np

from media.opus import SAMPLES, Decoder, OpusError, Samples
from media.playout import Blend, Conceal, Counts, Play, Playout, Recover, Silence, Step

_RISE = np.linspace(0.0, 1.0, SAMPLES, dtype=np.float32)


class Voice:
    """Buffer, decoder and concealment of one remote microphone."""

    def __init__(self) -> None:
        self._playout = Playout()
        self._decoder = Decoder()
        self._ready = np.zeros(0, np.int16)
        self._source: int | None = None

    @property
    def counts(self) -> Counts:
        return self._playout.counts

    def delay(self, now: float) -> float:
        """Seconds that the voice waits here, above the fastest packet's way."""
        return self._playout.delay(now)

    def put(self, source: int, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        """An RTP packet arrived. A new `source` (SSRC) is a new stream."""
        if source != self._source:
            self._source = source
            counts = self._playout.counts
            self._playout = Playout()
            self._playout.counts = counts
            self._decoder = Decoder()
        self._playout.put(sequence, timestamp, payload, now)

    def pause(self) -> None:
        """Nothing will be put for a while, and nothing pulled; the next packet begins anew."""
        self._playout.pause()
        self._ready = self._ready[:0]

    def pull(self, now: float) -> Samples | None:
        """The next 960 samples, or None while nobody sends."""
        while len(self._ready) < SAMPLES:
            more = self._next(now)
            if more is None:
                if not len(self._ready):
                    return None
                more = np.zeros(SAMPLES - len(self._ready), np.int16)
            self._ready = np.concatenate((self._ready, more))
        out, self._ready = self._ready[:SAMPLES], self._ready[SAMPLES:]
        return out

    def _next(self, now: float) -> Samples | None:
        step = self._playout.step(now)
        if isinstance(step, Silence):
            return None
        pcm = self._decode(step)
        if not isinstance(step, Blend):
            return pcm
        following = self._next(now)
        return pcm if following is None else blend(pcm, following)

    def _decode(self, step: Step) -> Samples:
        try:
            match step:
                case Play(payload) | Blend(payload):
                    return self._decoder.decode(payload)
                case Recover(payload):
                    return self._decoder.recover(payload)
                case Conceal() | Silence():
                    return self._decoder.conceal()
        except OpusError:
            return self._decoder.conceal()  # a broken packet is a lost one


def blend(before: Samples, after: Samples) -> Samples:
    """Both in the time of `after`: `before` fades out while `after` fades in."""
    length = min(len(before), len(after))
    rise = _RISE if length == SAMPLES else np.linspace(0.0, 1.0, length, dtype=np.float32)
    mixed = before[:length] * (1 - rise) + after[:length] * rise
    return np.concatenate((mixed.astype(np.int16), after[length:]))
