"""Times that come again each week, by the clock on the wall somewhere. Pure.

A time begins and ends at moments, and lasts in between whatever the clock on the wall does meanwhile: a night in which
it is put forward is an hour shorter. A clock time that comes twice is meant the first time, and one that never comes
is counted with the offset before the change, so half past two is half past three that night (RFC 5545, section
3.3.5).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

WEEK = 7

LATEST = 2.0**37
"""Unix seconds, in the year 6325: what claims to be later is taken for that, as calendars end somewhere."""


class Window(Protocol):
    """`days` are bits, Monday 1; `begin` and `end` minutes of the day. An end that is not after its beginning is on the
    next day."""

    @property
    def days(self) -> int: ...
    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of this name, None if nobody here knows it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name; a folder of names
        return None


def begun(window: Window, zone: ZoneInfo, now: float) -> float | None:
    """When that began which lasts now; None if nothing does. Unix seconds."""
    moment = min(now, LATEST)
    began = [begin for begin, end in _around(window, zone, moment, days=1) if begin <= moment < end]
    return max(began, default=None)


def turns(window: Window, zone: ZoneInfo, now: float) -> Iterator[float]:
    """The moments within the next week at which it begins or ends, in no order."""
    for begin, end in _around(window, zone, min(now, LATEST), days=WEEK):
        yield from (moment for moment in (begin, end) if moment > now)


def _around(window: Window, zone: ZoneInfo, now: float, *, days: int) -> Iterator[tuple[float, float]]:
    """Each time it comes, from yesterday on, as that may have passed midnight."""
    today = datetime.fromtimestamp(now, zone).date()
    for ahead in range(-1, days + 1):
        day = today + timedelta(days=ahead)
        if window.days >> day.weekday() & 1:
            last = day if window.end > window.begin else day + timedelta(days=1)
            yield _moment(day, window.begin, zone), _moment(last, window.end, zone)


def _moment(day: date, minute: int, zone: ZoneInfo) -> float:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - becomes aware below, after the minutes are added
    return (midnight + timedelta(minutes=minute)).replace(tzinfo=zone).timestamp()
