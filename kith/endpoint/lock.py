"""The phone to which a wearable belongs is locked: after a while nobody is found by it (R130)."""

import time
from collections.abc import Callable

from policy.lock import Lock, hides


class Locked(Exception):
    """Contacts, and whom one calls by name, are hidden as long as the phone is locked."""


def steady() -> float:
    """Seconds of a clock that nobody sets and, where the system has such a one, that runs on while the phone sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class PhoneLock:
    """`clock` gives seconds and never goes back; `changed` hears of each turn."""

    def __init__(self, *, clock: Callable[[], float] = steady, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._lock = Lock(None)

    @property
    def locked(self) -> bool:
        """Whether it is locked, for however short a time."""
        return self._lock.since is not None

    @property
    def hides(self) -> bool:
        """Whether it has been for so long that contacts are hidden, if its owner has not switched that off."""
        return hides(self._lock, self._clock())

    def turn(self, *, locked: bool) -> None:
        """Who owns it has locked or unlocked it."""
        if locked != self.locked:
            self._lock = Lock(self._clock() if locked else None, self._lock.rule)
            self._changed()

    def rule(self, *, on: bool) -> None:
        """Whether a lock hides anything at all."""
        self._lock = Lock(self._lock.since, on)

    def check(self) -> None:
        """Raises Locked while contacts are hidden."""
        if self.hides:
            raise Locked("the phone is locked")
