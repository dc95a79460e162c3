"""From presses of one button to clicks. Pure: `now` is passed in, and the next deadline comes back.

A second press within WINDOW makes a double click, which counts at once; a press alone counts when WINDOW is over. While
a finger trembles (BOUNCE) nothing counts.
"""

WINDOW = 0.4
"""Seconds. Shorter, and slow fingers hang up where they meant to call; longer, and hanging up feels late."""

BOUNCE = 0.03


class Clicks:
    """Of one button."""

    def __init__(self) -> None:
        self._pressed: float | None = None
        self._last: float | None = None

    @property
    def deadline(self) -> float | None:
        """When `passed` is to be asked; None while nothing waits."""
        return None if self._pressed is None else self._pressed + WINDOW

    def pressed(self, now: float, *, bounces: bool = True) -> int:
        """How many clicks this press completes: 2, or 0 for none yet."""
        bounced = bounces and self._last is not None and now - self._last < BOUNCE
        self._last = now
        if bounced:
            return 0
        if self._pressed is not None and now < self._pressed + WINDOW:
            self._pressed = None
            return 2
        self._pressed = now
        return 0

    def passed(self, now: float) -> int:
        """How many clicks the time that has passed completes: 1, or 0 for none."""
        if self._pressed is None or now < self._pressed + WINDOW:
            return 0
        self._pressed = None
        return 1
