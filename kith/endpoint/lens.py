"""What stands between the camera and everybody who sees its picture, the person in front of it included.

While it is frosted, nothing clear passes: not to an encoder, not to the self-view. The clock of the frost starts with
the first picture that passes and belongs to the call, so neither a new connection nor another camera makes it shorter.
"""

import asyncio
from collections.abc import Callable

import numpy as np
from av import VideoFrame

from media.frost import frosted

Curve = Callable[[float], int | None]
"""How many pixels wide a picture may seem, so many seconds after the first; None: as wide as it is."""


class Lens:
    """Clear until `frost` says otherwise."""

    def __init__(self) -> None:
        self._curve: Curve | None = None
        self._began: float | None = None

    @property
    def clear(self) -> bool:
        return self._curve is None

    def frost(self, curve: Curve | None) -> None:
        """Frosted by this curve, from the next picture on; None: clear."""
        self._curve, self._began = curve, None

    async def through(self, frame: VideoFrame, now: float) -> VideoFrame:
        """The picture as it may be seen at `now`, in seconds on the loop's clock."""
        if self._curve is None:
            return frame
        if self._began is None:
            self._began = now
        width = self._curve(now - self._began)
        return frame if width is None else await asyncio.to_thread(_frosted, frame, width)


def _frosted(frame: VideoFrame, width: int) -> VideoFrame:
    even = frame.reformat(width=frame.width & ~1, height=frame.height & ~1, format="yuv420p")
    pixels = np.asarray(even.to_ndarray(), np.uint8)
    return VideoFrame.from_ndarray(frosted(pixels, width), format="yuv420p")
