"""A voice message's sound: Opus in Ogg (RFC 7845), written while it is spoken and read while it arrives.

Through PyAV. What is read comes from another person's endpoint: only an Ogg stream with one Opus voice in it is
opened at all, and no more is decoded than a voice message may last.
"""

import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.audio.resampler import AudioResampler

from media.opus import RATE
from media.tones import Samples

BITRATE = 24_000
"""Bits a second: speech at full bandwidth. Less is heard; more makes five minutes larger than MAX_BYTES."""

MAX_SECONDS = 300
MAX_BYTES = 1 << 20

PAGE = "500000"
"""Microseconds of sound on an Ogg page. Longer pages are fewer bytes, and more of them waits for its page."""


class Unplayable(Exception):
    """It is no voice message: another format, another codec, or broken."""


class _Pages:
    """Where libavformat writes to. It cannot seek, so nothing is written twice."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class Encoder:
    """`add` and `finish` return the bytes that are ready, in all one Ogg stream. Samples are mono, 48 kHz, 16 bit."""

    def __init__(self) -> None:
        self._pages = _Pages()
        self._container = av.open(self._pages, "w", format="ogg", options={"page_duration": PAGE})
        self._stream = self._container.add_stream("libopus", rate=RATE, layout="mono")
        self._stream.bit_rate = BITRATE
        self._stream.options = {"application": "voip", "vbr": "constrained"}
        self._position = 0

    @property
    def seconds(self) -> float:
        """Of sound that went in."""
        return self._position / RATE

    def add(self, samples: Samples) -> bytes:
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        frame.pts = self._position
        self._position += len(samples)
        self._container.mux(self._stream.encode(frame))
        return self._pages.take()

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._pages.take()


class _Feed:
    """What libavformat reads from, in a thread of its own: it waits there until more has come or nothing more will."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._ended = False
        self._changed = threading.Condition()

    def read(self, size: int) -> bytes:
        with self._changed:
            while not self._waiting and not self._ended:
                self._changed.wait()
            taken = bytes(self._waiting[:size])
            del self._waiting[:size]
            return taken

    def put(self, data: bytes) -> None:
        with self._changed:
            self._waiting += data
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Decoder:
    """`put` bytes as they come, `end` when there are no more; `chunks` gives samples, from a thread of its own."""

    def __init__(self) -> None:
        self._feed = _Feed()

    def put(self, data: bytes) -> None:
        self._feed.put(data)

    def end(self) -> None:
        """Nothing more comes. Whoever waits in `chunks` is let go."""
        self._feed.end()

    def chunks(self) -> Iterator[Samples]:
        """Mono samples at 48 kHz, a packet at a time; blocks until there is enough for the next.

        Raises Unplayable for what is no Ogg stream with one Opus voice, or is longer than MAX_SECONDS.
        """
        try:
            yield from self._decode()
        except (av.error.FFmpegError, ValueError, EOFError) as error:
            raise Unplayable(str(error)) from error

    def _decode(self) -> Iterator[Samples]:
        allowed = {"codec_whitelist": "opus,libopus"}
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        room = MAX_SECONDS * RATE + RATE
        with av.open(self._feed, "r", format="ogg", options=allowed) as container:
            if len(container.streams) != 1 or not container.streams.audio:
                raise Unplayable("not one voice")
            stream = container.streams.audio[0]
            if stream.codec_context.name not in ("opus", "libopus"):
                raise Unplayable("not Opus")
            for frame in container.decode(stream):
                for piece in resampler.resample(frame):
                    samples = cast("Samples", piece.to_ndarray().reshape(-1).astype(np.int16))
                    room -= len(samples)
                    if room < 0:
                        raise Unplayable("longer than a voice message may be")
                    yield samples


def encoded(samples: Samples) -> bytes:
    """A whole recording. Blocks: about 2 ms a second of sound."""
    encoder = Encoder()
    return encoder.add(samples) + encoder.finish()


def decoded(ogg: bytes) -> Samples:
    """A whole recording as samples. Blocks. Raises Unplayable."""
    decoder = Decoder()
    decoder.put(ogg)
    decoder.end()
    chunks = list(decoder.chunks())
    return np.concatenate(chunks) if chunks else np.zeros(0, np.int16)
