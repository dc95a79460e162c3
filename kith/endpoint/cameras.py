"""Where an endpoint's picture comes from: a moving pattern or a video file."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av import VideoFrame

from kith.endpoint.metronome import Metronome

WIDTH, HEIGHT = 640, 360
RATE = 15
"""Frames a second. Twice as many cost twice the processor time; a kitchen speaker has little of it."""


class Camera(Protocol):
    async def read(self) -> VideoFrame:
        """The next frame, as soon as it has been seen. Its timestamp does not matter."""
        ...

    def close(self) -> None: ...


class PatternCamera:
    """Eight coloured bars and a bright square that moves over them: any frozen or torn picture shows."""

    def __init__(self) -> None:
        self._metronome = Metronome(1 / RATE)
        self._count = 0
        bars = np.arange(WIDTH) * 8 // WIDTH
        luma = np.tile((200 - bars * 20).astype(np.uint8), (HEIGHT, 1))
        half = bars[::2]
        chroma = [
            np.tile((v + half * s).astype(np.uint8), (HEIGHT // 2, 1)) for v, s in ((40, 25), (215, -25))
        ]
        self._background = np.concatenate(
            (luma.reshape(-1), chroma[0].reshape(-1), chroma[1].reshape(-1))
        ).reshape(HEIGHT * 3 // 2, WIDTH)

    async def read(self) -> VideoFrame:
        await self._metronome.tick()
        picture = self._background.copy()
        left, top = (self._count * 8) % (WIDTH - 64), (self._count * 4) % (HEIGHT - 64)
        picture[top : top + 64, left : left + 64] = 235
        self._count += 1
        return VideoFrame.from_ndarray(picture, format="yuv420p")

    def close(self) -> None:
        """Nothing was opened."""


class FileCamera:
    """A video file of any format that FFmpeg reads, over and over, at its own pace."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        if not self._container.streams.video:
            self._container.close()
            raise ValueError(f"{path} holds no video")
        rate = self._container.streams.video[0].average_rate
        self._metronome = Metronome(1 / float(rate) if rate else 1 / RATE)
        self._frames = self._decode()

    async def read(self) -> VideoFrame:
        await self._metronome.tick()
        frame = await asyncio.get_running_loop().run_in_executor(None, next, self._frames, None)
        if frame is None:
            raise OSError("the video file holds no frame")
        return frame

    def close(self) -> None:
        self._container.close()

    def _decode(self) -> Iterator[VideoFrame]:
        while True:
            found = False
            for frame in self._container.decode(video=0):
                found = True
                yield frame.reformat(format="yuv420p")
            if not found:
                return
            self._container.seek(0)
