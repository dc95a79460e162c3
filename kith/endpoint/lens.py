"""What stands between the camera and everybody who sees its picture, the person in front of it included.

While it is frosted, nothing clear passes: not to an encoder, not to the self-view. The clock of the frost starts with
the first picture that passes and belongs to the call, so neither a new connection nor another camera makes it shorter.
"""

import asyncio

import numpy as np
from av import VideoFrame

from media.frost import frosted
from policy.frost import Frost


class Lens:
    """Clear until `frost` says otherwise."""

    def __init__(self) -> None:
        self._frost: Frost | None = None

    @property
    def clear(self) -> bool:
        return self._frost is None

    def frost(self, seconds: float | None) -> None:
        """Frosted for so long from the next picture on; None: clear."""
        self._frost = None if seconds is None else Frost(seconds)

    async def through(self, frame: VideoFrame, now: float) -> VideoFrame:
        """The picture as it may be seen at `now`, in seconds on the loop's clock."""
        if self._frost is None:
            return frame
        self._frost = self._frost.begin(now)
        size = self._frost.size(now, (frame.width, frame.height))
        return frame if size is None else await asyncio.to_thread(_frosted, frame, size[0])


def _frosted(frame: VideoFrame, width: int) -> VideoFrame:
    even = frame.reformat(width=frame.width & ~1, height=frame.height & ~1, format="yuv420p")
    pixels = np.asarray(even.to_ndarray(), np.uint8)
    return VideoFrame.from_ndarray(frosted(pixels, width), format="yuv420p")
