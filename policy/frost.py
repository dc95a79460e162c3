"""How frosted the picture of whoever is dropped in on is: from outlines to clear. Pure.

A frame is scaled down to so few pixels, and up again, before it is encoded, which *discards* what is not to be seen; a
blur could be undone. The clock starts with the first frame of the call and belongs to the call: a new connection, or
another camera, starts nothing anew and shortens nothing.
"""

from dataclasses import dataclass, replace

OUTLINES = 20
"""Pixels of width in the first half. In 20 pixels one sees that somebody is there; not who, nor what they wear."""

SHAPES = 40
"""The most in the second half: twice as many, so that the face is still no more than a light spot."""

SHORTEST = 3
"""Seconds that each device keeps, whatever anybody signed: the time in which one can say "not now"."""


def width(elapsed: float, seconds: float) -> int | None:
    """The pixels of width that a frame keeps so long after the first one; None: all, as it is clear."""
    clear = max(seconds, SHORTEST)
    if elapsed >= clear:
        return None
    half = clear / 2
    if elapsed < half:
        return OUTLINES
    return min(SHAPES, OUTLINES + int((SHAPES - OUTLINES) * (elapsed - half) / half))


@dataclass(frozen=True, slots=True)
class Frost:
    """The clock of one call. `seconds` until it is clear, `began`: when the first frame was taken, by any clock that
    never goes back."""

    seconds: float
    began: float | None = None

    def begin(self, now: float) -> "Frost":
        """A frame is taken. Only the first one starts the clock."""
        return self if self.began is not None else replace(self, began=now)

    def size(self, now: float, frame: tuple[int, int]) -> tuple[int, int] | None:
        """To how many pixels, wide and high, the frame is scaled down; None if it is clear."""
        wide, high = frame
        keeps = width(0.0 if self.began is None else now - self.began, self.seconds)
        if keeps is None:
            return None
        keeps = min(keeps, wide)
        return keeps, max(1, keeps * high // max(wide, 1))
