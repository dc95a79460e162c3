"""Who speaks in a group, from how loud each member is. Pure."""

from media.level import speaks
from media.tones import Samples

HOLD = 0.6
"""Seconds for which somebody counts as speaking after their last loud moment. Less flickers between two words; more
shows two people where one has just answered the other."""

PACE = 0.25
"""Seconds between two changes of what is shown: more often nobody can read."""


class Speaking:
    """`now` is the same for each `note` and for `changed` after them."""

    def __init__(self) -> None:
        self._loud: dict[str, float] = {}
        self._shown: frozenset[str] = frozenset()
        self._at = float("-inf")

    def note(self, member: str, samples: Samples, now: float) -> None:
        """20 ms of a member's voice."""
        if speaks(samples):
            self._loud[member] = now

    def forget(self, member: str) -> None:
        self._loud.pop(member, None)

    def changed(self, now: float) -> frozenset[str] | None:
        """Who speaks now; None where that was said already, or is too early to say."""
        speaking = frozenset(member for member, at in self._loud.items() if now - at <= HOLD)
        if speaking == self._shown or now - self._at < PACE:
            return None
        self._shown, self._at = speaking, now
        return speaking
