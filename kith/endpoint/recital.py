"""A voice message as it is heard: decoded a little ahead of the speaker, while what comes later may not be here yet."""

import asyncio
from collections.abc import AsyncIterable, Iterator
from itertools import islice

import numpy as np

from kith.endpoint.microphones import SAMPLES
from kith.endpoint.playback import Playback, Recital
from kith.endpoint.voice_codec import Decoder
from media.tones import Samples

AHEAD = 50
"""Frames of 20 ms that are decoded before they are wanted. Less stutters on a busy machine, more is memory."""

AT_ONCE = 25
"""Packets that are decoded at a time beside the event loop."""


class Reader:
    """`pull` is for the speaker: it never waits. Feed it from `read`, which ends with what is read, or is cancelled."""

    def __init__(self) -> None:
        self._ready = np.zeros(0, np.int16)
        self._over = False
        self._room = asyncio.Event()

    def pull(self) -> Samples | None:
        if len(self._ready) >= SAMPLES or (self._over and len(self._ready)):
            block, self._ready = self._ready[:SAMPLES], self._ready[SAMPLES:]
            self._room.set()
            return np.concatenate((block, np.zeros(SAMPLES - len(block), np.int16)))
        return None if self._over else np.zeros(SAMPLES, np.int16)

    async def read(self, segments: AsyncIterable[bytes]) -> None:
        """Raises Unplayable, and what `segments` raises."""
        decoder = Decoder()
        feeding = asyncio.create_task(_feed(decoder, segments))
        chunks = decoder.chunks()
        try:
            while len(decoded := await asyncio.to_thread(_some, chunks)):
                self._ready = np.concatenate((self._ready, decoded))
                while len(self._ready) > AHEAD * SAMPLES:
                    self._room.clear()
                    await self._room.wait()
            await feeding
        finally:
            feeding.cancel()
            decoder.end()
            self._over = True


def blocks(sound: Samples) -> Recital:
    """What is all here, as the speaker wants it."""
    parts = iter(range(0, len(sound), SAMPLES))

    def pull() -> Samples | None:
        start = next(parts, None)
        if start is None:
            return None
        part = sound[start : start + SAMPLES]
        return np.concatenate((part, np.zeros(SAMPLES - len(part), np.int16)))

    return pull


async def recite(playback: Playback, segments: AsyncIterable[bytes]) -> bool:
    """Play a voice message; whether it was heard to its end. Raises Unplayable."""
    reader = Reader()
    reading = asyncio.create_task(reader.read(segments))
    try:
        whole = await playback.recite(reader.pull)
        if whole:
            await reading
        return whole
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _feed(decoder: Decoder, segments: AsyncIterable[bytes]) -> None:
    try:
        async for segment in segments:
            decoder.put(segment)
    finally:
        decoder.end()


def _some(chunks: Iterator[Samples]) -> Samples:
    """The next few packets; empty at the end."""
    some = list(islice(chunks, AT_ONCE))
    return np.concatenate(some) if some else np.zeros(0, np.int16)
