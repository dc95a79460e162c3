"""Frosted glass, as arithmetic: a picture is scaled down to a few cells and up again, before anything encodes it. Pure.

What is finer than a cell is gone for good: the cells are whole 8-bit values, each the mean of its pixels, and the
large picture is made of nothing else, by straight lines from the middle of one cell to the middle of the next. A
browser does the same by drawing onto a canvas of that many pixels and back. Brightness and the two colours are scaled
to equally many cells, as there.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
_Floats = NDArray[np.float32]


def frosted(picture: Plane, width: int) -> Plane:
    """A picture as if it had been `width` pixels wide, in the same shape: planes one above the other (YUV 4:2:0, 3/2 as
    many rows as it is high). Both its sides are even."""
    height, columns = picture.shape[0] * 2 // 3, picture.shape[1]
    cells = max(1, round(height * width / columns)), width
    brightness = _through(picture[:height], cells)
    colours = picture[height:].reshape(2, height // 2, columns // 2)
    both = np.stack([_through(colour, cells) for colour in colours])
    return np.concatenate((brightness, both.reshape(height // 2, columns)))


def _through(plane: Plane, cells: tuple[int, int]) -> Plane:
    """One plane, down to `cells` (rows, columns) and up again."""
    down, across = _cells(plane.shape[0], cells[0]), _cells(plane.shape[1], cells[1])
    sums = np.add.reduceat(plane, down.edges, axis=0, dtype=np.uint32)
    sums = np.add.reduceat(sums, across.edges, axis=1)
    kept = np.rint(sums / (down.sizes[:, None] * across.sizes)).astype(np.uint8).astype(np.float32)
    wide = kept[:, across.lower] * (1 - across.share) + kept[:, across.upper] * across.share
    share = down.share[:, None]
    large = wide[down.lower] * (1 - share) + wide[down.upper] * share
    smooth: Plane = np.rint(large).astype(np.uint8)
    return smooth


class _Cells:
    """Where the cells lie on one side of a picture, and between which two of them each pixel is."""

    def __init__(self, pixels: int, cells: int) -> None:
        cells = min(cells, pixels)
        self.edges = np.arange(cells) * pixels // cells
        self.sizes = np.diff(self.edges, append=pixels)
        middle = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
        self.lower = middle.astype(int)
        self.upper = np.minimum(self.lower + 1, cells - 1)
        self.share: _Floats = (middle - self.lower).astype(np.float32)


@lru_cache(maxsize=64)
def _cells(pixels: int, cells: int) -> _Cells:
    return _Cells(pixels, cells)
