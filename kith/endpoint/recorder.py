"""A voice message as it is spoken: from the microphone, in segments that leave before it is over.

    recording = Recording(equipment)
    async for segment in recording.segments(): ...      # the last one comes once somebody has called `stop`

The microphone is open exactly as long, and its indicator lit, as in a call.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from kith.endpoint.capture import Spoken
from kith.endpoint.equipment import Equipment
from kith.endpoint.voice_codec import MAX_BYTES, MAX_SECONDS, Encoder

SEGMENT = 16_384
"""Bytes of a segment before it is sealed, of all but the last: 5 seconds of speech. Smaller ones are heard sooner, and
are more."""

SLACK = 100
"""Frames of 20 ms that may wait to be encoded. A call drops what is late; a message has the time."""


class NoMicrophone(Exception):
    """Its switch is off, or there is none."""


class Cut:
    """A stream of bytes cut into segments. The last one is known to be the last only when it is asked for."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self.size = 0
        """Bytes in all."""

    def add(self, data: bytes) -> list[bytes]:
        """Segments that more bytes follow for certain."""
        self._waiting += data
        self.size += len(data)
        ready = []
        while len(self._waiting) > SEGMENT:
            ready.append(bytes(self._waiting[:SEGMENT]))
            del self._waiting[:SEGMENT]
        return ready

    def last(self) -> bytes:
        return bytes(self._waiting)


class Recording:
    """One at a time reads `segments`; `stop` ends it, `discard` ends it and nothing more comes."""

    def __init__(self, equipment: Equipment) -> None:
        """Raises NoMicrophone."""
        if equipment.microphone_off or not equipment.capabilities.microphone:
            raise NoMicrophone("the microphone is off")
        self._voice = equipment.voice
        self._stopped = asyncio.Event()
        self.discarded = False
        self.seconds = 0.0
        """Of sound so far."""
        self.size = 0
        """Bytes so far."""
        self.grown: Callable[[], object] = lambda: None
        """Told of each 20 ms that are recorded."""

    def stop(self) -> None:
        self._stopped.set()

    def discard(self) -> None:
        self.discarded = True
        self._stopped.set()

    async def segments(self) -> AsyncIterator[bytes]:
        """Opens the microphone. It closes by itself after MAX_SECONDS."""
        encoder, cut = Encoder(), Cut()
        outlet = self._voice.attach(SLACK)
        try:
            while not self._full(cut) and (spoken := await self._until_stopped(outlet.get())) is not None:
                ready = cut.add(encoder.add(spoken.samples))
                self.seconds, self.size = encoder.seconds, cut.size
                self.grown()
                for segment in ready:
                    yield segment
        finally:
            self._voice.detach(outlet)
        if self.discarded:
            return
        for segment in cut.add(encoder.finish()):
            yield segment
        self.size = cut.size
        yield cut.last()

    async def _until_stopped(self, hearing: Coroutine[Any, Any, Spoken]) -> Spoken | None:
        """What is heard next; None if somebody stops first."""
        heard, stopped = asyncio.create_task(hearing), asyncio.create_task(self._stopped.wait())
        try:
            await asyncio.wait({heard, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return heard.result() if heard.done() else None
        finally:
            heard.cancel()
            stopped.cancel()

    def _full(self, cut: Cut) -> bool:
        """What is not encoded yet, and the last page, still have to fit."""
        return self._stopped.is_set() or self.seconds >= MAX_SECONDS or cut.size > MAX_BYTES - SEGMENT


def pieces(ogg: bytes) -> list[bytes]:
    """A whole recording as segments."""
    cut = Cut()
    return [*cut.add(ogg), cut.last()]
