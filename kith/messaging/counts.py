"""How many messages each person has sent lately. Pure bookkeeping: time is passed in.

What was sent in the last minute is forgotten when the server starts; what was sent today is read from the store.
"""

from collections import OrderedDict, deque
from typing import NamedTuple

from kith.core.ids import PersonId
from policy.message import BYTES, MESSAGES, TO_STRANGERS
from policy.quota import DAY

MOST = 20_000
"""Persons of whom it is remembered: some 10 MB at worst. Of the others it is read again."""


def day_of(now: float) -> int:
    """Days since 1970, UTC."""
    return int(now // DAY)


class Today(NamedTuple):
    """What one person has sent today: how many messages, how many of these to whom they are strange, how many bytes."""

    sent: int = 0
    strange: int = 0
    size: int = 0


class _Count:
    """`minute` are the times of the last ones, the latest last."""

    __slots__ = ("day", "minute", "sent", "size", "strange")

    def __init__(self, day: int, today: Today) -> None:
        self.minute: deque[float] = deque(maxlen=MESSAGES[0].most)
        self.day = day
        self.sent, self.strange, self.size = today


class Counts:
    """To be asked before each message, and told after it."""

    def __init__(self) -> None:
        self._counts: OrderedDict[PersonId, _Count] = OrderedDict()

    def knows(self, person: PersonId) -> bool:
        """Whether it is known how many the person has sent today."""
        return person in self._counts

    def load(self, person: PersonId, now: float, today: Today) -> None:
        """So much was sent today, as it was written down; what came meanwhile is counted already."""
        if person not in self._counts:
            self._counts[person] = _Count(day_of(now), today)
            while len(self._counts) > MOST:
                self._counts.popitem(last=False)

    def wait(self, person: PersonId, now: float, *, strange: bool, size: int) -> float:
        """In how many seconds the person may send the next one, of so many bytes; 0 for now."""
        count = self._counts[person]
        per_minute, per_day = MESSAGES
        if len(count.minute) == per_minute.most and now - count.minute[0] < per_minute.span:
            return count.minute[0] + per_minute.span - now
        if count.day != day_of(now):
            return 0.0
        used_up = (
            count.sent >= per_day.most
            or count.size + size > BYTES.most
            or (strange and count.strange >= TO_STRANGERS.most)
        )
        return (count.day + 1) * DAY - now if used_up else 0.0

    def take_back(self, person: PersonId, at: float, *, strange: bool, size: int) -> None:
        """One that was noted was none: it was there before, or could not be stored."""
        count = self._counts.get(person)
        if count is None or count.day != day_of(at):
            return
        if at in count.minute:
            count.minute.remove(at)
        count.sent -= 1
        count.strange -= strange
        count.size -= size

    def note(self, person: PersonId, now: float, *, strange: bool, size: int) -> None:
        """One more is about to be stored. Of whom nothing is remembered any more it will be read again."""
        count = self._counts.get(person)
        if count is None:
            return
        self._counts.move_to_end(person)
        if count.day != day_of(now):
            count.day, count.sent, count.strange, count.size = day_of(now), 0, 0, 0
        count.minute.append(now)
        count.sent += 1
        count.strange += strange
        count.size += size
