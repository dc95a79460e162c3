"""How sharp the pictures are that arrive, and whether they were frosted until they might be clear."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import numpy as np
from playwright.async_api import Page

BLURRED = 45
"""Of 255: the steepest step between two pixels of a row that a frosted picture has, with what a codec adds."""

SHARP = 70
"""What the browsers' test pictures have at least, once they are clear."""

ENOUGH = 8
"""Frosted frames without which nothing is shown."""

GENEROUS = 20.0

LOOK = """
() => {
  const video = document.querySelector('kith-call .remote');
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const before = window.looking;
  window.pictures = [];
  const look = () => {
    video.requestVideoFrameCallback(look);
    const at = (performance.timeOrigin + performance.now()) / 1000;
    const { videoWidth: width, videoHeight: height } = video;
    if (width === 0) return;
    canvas.width = width;
    canvas.height = height;
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let steepest = 0;
    for (let row = 0; row < height; row += 2) {
      for (let column = 1; column < width; column += 1) {
        const place = 4 * (row * width + column) + 1;
        steepest = Math.max(steepest, Math.abs(data[place] - data[place - 4]));
      }
    }
    window.pictures.push([at, steepest]);
  };
  if (!before) look();
  window.looking = true;
}
"""


class Picture(NamedTuple):
    at: float
    """When it was decoded, in Unix seconds."""
    sharpness: float


def sharpness(gray: "np.ndarray[Any, Any]") -> float:
    """The steepest step between neighbours in a row."""
    return float(np.abs(np.diff(gray.astype(np.int16), axis=1)).max())


class Gallery:
    """What an endpoint in the test's own process was shown."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self._grown = asyncio.Condition()

    async def show(self, gray: "np.ndarray[Any, Any]") -> None:
        async with self._grown:
            self.pictures.append(Picture(time.time(), sharpness(gray)))
            self._grown.notify_all()

    async def until_sharp(self, clear: float) -> list[Picture]:
        """Everything that was seen until a sharp one came after `clear`."""
        async with self._grown, asyncio.timeout(GENEROUS):
            await self._grown.wait_for(lambda: any(_is_sharp(one, clear) for one in self.pictures))
        return self.pictures


async def look_at(page: Page) -> Callable[[float], Awaitable[list[Picture]]]:
    """Watch what a page shows of the other side from now on. Returns what waits as `Gallery.until_sharp` does."""
    await page.evaluate(LOOK)

    async def until_sharp(clear: float) -> list[Picture]:
        await page.wait_for_function(
            "([clear, sharp]) => window.pictures.some(([at, steepest]) => at > clear && steepest >= sharp)",
            arg=[clear, SHARP],
        )
        return [Picture(*one) for one in await page.evaluate("() => window.pictures")]

    return until_sharp


def was_frosted(pictures: list[Picture], clear: float) -> None:
    """None was sharp until then, and there were enough to tell."""
    before = [one for one in pictures if one.at <= clear]
    assert len(before) >= ENOUGH
    assert max(one.sharpness for one in before) < BLURRED


def _is_sharp(picture: Picture, clear: float) -> bool:
    return picture.at > clear and picture.sharpness >= SHARP
