"""From a source to any number of tracks. The source is open exactly while somebody wants it and it is allowed.

That is the promise behind the indicator: `live` is true from before the first frame leaves the source until after
the last one, and a switched-off microphone or a closed shutter closes the source itself, not a flag behind it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Generic, NamedTuple, Protocol, TypeVar

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from av.packet import Packet
from av.stream import Stream

from kith.endpoint.cameras import Camera
from kith.endpoint.lens import Lens
from kith.endpoint.microphones import SAMPLES, Microphone
from media.level import announced
from media.opus import RATE, Encoder
from media.tones import Samples

log = logging.getLogger(__name__)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

VIDEO_CLOCK = 90_000
LONGEST_SLIP = 0.1
"""Seconds that a sound card's clock may be behind ours before it counts as a pause: its frames come unevenly."""


class Outlet(Generic[T]):
    """One track's end of a capture. `depth` frames wait at most; the oldest gives way."""

    def __init__(self, depth: int, changed: Callable[[], None]) -> None:
        self._waiting: deque[T] = deque(maxlen=depth)
        self._arrived = asyncio.Event()
        self._changed = changed
        self._enabled = True

    @property
    def enabled(self) -> bool:
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        if value != self._enabled:
            self._enabled = value
            self._changed()

    def put(self, item: T) -> None:
        if self._enabled:
            self._waiting.append(item)
            self._arrived.set()

    def clear(self) -> None:
        """Forget what waits: it was captured before a switch was turned."""
        self._waiting.clear()

    async def get(self) -> T:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()


class Source(Protocol[T_co]):
    """An open microphone or camera that gives what a track sends."""

    async def read(self) -> T_co: ...

    def close(self) -> None: ...


class Capture(Generic[T]):
    """`open_source` may raise OSError or ValueError: there is no such device now. `changed` hears when `live` did."""

    def __init__(self, open_source: Callable[[], Source[T]], depth: int, changed: Callable[[], None]) -> None:
        self._open = open_source
        self._depth = depth
        self._changed = changed
        self._outlets: set[Outlet[T]] = set()
        self._allowed = True
        self._task: asyncio.Task[None] | None = None
        self.live = False

    @property
    def allowed(self) -> bool:
        """Whether the person's switches let this source be open at all."""
        return self._allowed

    @allowed.setter
    def allowed(self, value: bool) -> None:
        self._allowed = value
        self._settle()

    def attach(self, depth: int | None = None) -> Outlet[T]:
        """`depth` for one in which more may wait, because nobody hears how late it is."""
        outlet: Outlet[T] = Outlet(depth or self._depth, self._settle)
        self._outlets.add(outlet)
        self._settle()
        return outlet

    def detach(self, outlet: Outlet[T]) -> None:
        self._outlets.discard(outlet)
        self._settle()

    def _settle(self) -> None:
        wanted = self._allowed and any(outlet.enabled for outlet in self._outlets)
        if wanted and self._task is None:
            self._task = asyncio.create_task(self._run())
        elif not wanted and self._task is not None:
            self._task.cancel()
            self._task = None
            for outlet in self._outlets:
                outlet.clear()
            self._became(live=False)

    async def _run(self) -> None:
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))  # a sound card may take 100 ms
        try:
            source = await asyncio.shield(opening)
        except (OSError, ValueError) as error:
            log.warning("a source could not be opened: %s", error)
            self._changed()
            return
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise
        self._became(live=True)
        try:
            while True:
                item = await source.read()
                for outlet in tuple(self._outlets):
                    outlet.put(item)
        except OSError as error:
            log.warning("a source failed: %s", error)
            self._became(live=False)
        finally:
            source.close()

    def _became(self, *, live: bool) -> None:
        if live != self.live:
            self.live = live
            self._changed()


def _close_unwanted(opening: "asyncio.Future[Source[T]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


class Timeline:
    """Timestamps of a voice: they follow the clock over pauses and count exactly, frame by frame, in between."""

    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._next = 0

    def stamp(self, at: float) -> int:
        """The timestamp of the frame captured at a time, a multiple of 960, always rising."""
        true = round((at - self._origin) * RATE / SAMPLES) * SAMPLES
        if true - self._next > LONGEST_SLIP * RATE:
            self._next = true
        stamp, self._next = self._next, self._next + SAMPLES
        return stamp


class Spoken(NamedTuple):
    """20 ms of a voice, encoded and as they are, and how loud they are (RFC 6464 section 3)."""

    packet: "Packet[Stream]"
    level: int
    samples: Samples


class VoiceSource:
    """A microphone's sound as Opus packets, encoded once for all who listen. `heard` is told of each 20 ms of it."""

    def __init__(self, microphone: Microphone, timeline: Timeline, heard: Callable[[Samples], None]) -> None:
        self._microphone, self._timeline, self._heard, self._encoder = microphone, timeline, heard, Encoder()

    async def read(self) -> Spoken:
        heard = await self._microphone.read()
        self._heard(heard.samples)
        packet = Packet(self._encoder.encode(heard.samples))
        packet.pts = self._timeline.stamp(heard.at)
        packet.time_base = Fraction(1, RATE)
        return Spoken(packet, announced(heard.samples), heard.samples)

    def close(self) -> None:
        self._microphone.close()


class PictureSource:
    """A camera's frames through the lens, with the time they were seen, counted from `origin` on the loop's clock.
    `seen` is shown each one: the self-view is what is sent."""

    def __init__(self, camera: Camera, lens: Lens, origin: float, seen: Callable[[VideoFrame], None]) -> None:
        self._camera, self._lens, self._origin, self._seen = camera, lens, origin, seen

    async def read(self) -> VideoFrame:
        captured = await self._camera.read()
        now = asyncio.get_running_loop().time()
        frame = await self._lens.through(captured, now)
        frame.pts = round((now - self._origin) * VIDEO_CLOCK)
        frame.time_base = Fraction(1, VIDEO_CLOCK)
        self._seen(frame)
        return frame

    def close(self) -> None:
        self._camera.close()


class OutletTrack(MediaStreamTrack):
    """What aiortc reads from. While nothing is captured it waits, and no packet leaves."""

    def __init__(self, kind: str, outlet: Outlet[Spoken] | Outlet[VideoFrame]) -> None:
        super().__init__()
        self.kind = kind
        self.outlet = outlet
        self.level = 127
        """How loud the voice is that was read last; 127 is silence."""

    async def recv(self) -> "Packet[Stream] | VideoFrame":
        if self.readyState != "live":
            raise MediaStreamError
        item = await self.outlet.get()
        if isinstance(item, Spoken):
            self.level = item.level
            return item.packet
        return item
