"""Times that come again each week, where clocks are put forward and back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kith.core.trust.grants import Hours
from policy.hours import begun, turns, zone_of

EVERY_DAY = 127
MADRID, NEW_YORK, LORD_HOWE = (
    ZoneInfo(name) for name in ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe")
)


def at(text: str) -> float:
    """A moment, written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def lasts(window: Hours, zone: ZoneInfo, text: str) -> bool:
    return begun(window, zone, at(text)) is not None


def between(begin: str, end: str, days: int = EVERY_DAY) -> Hours:
    def minutes(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    return Hours(days=days, begin=minutes(begin), end=minutes(end))


def test_it_begins_and_ends_to_the_second() -> None:
    office = between("09:00", "17:00")
    moments = ("2026-01-12T07:59:59", "2026-01-12T08:00:00", "2026-01-12T15:59:59", "2026-01-12T16:00:00")
    assert [lasts(office, MADRID, moment) for moment in moments] == [False, True, True, False]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    saturday = between("22:00", "07:00", days=32)
    assert lasts(saturday, MADRID, "2026-01-10T22:00")  # Saturday, 23:00
    assert lasts(saturday, MADRID, "2026-01-11T05:59")  # Sunday, 06:59
    assert not lasts(saturday, MADRID, "2026-01-11T06:00")
    assert not lasts(saturday, MADRID, "2026-01-10T05:00")  # Saturday morning, after Friday's night
    assert not lasts(saturday, MADRID, "2026-01-11T22:00")


@pytest.mark.parametrize(
    ("zone", "inside", "outside"),
    [
        # Spain: 01:00 UTC on 29 March 2026 and on 25 October 2026.
        (MADRID, ("2026-03-28T21:00", "2026-03-29T04:59"), ("2026-03-28T20:59", "2026-03-29T05:00")),
        (MADRID, ("2026-10-24T20:00", "2026-10-25T05:59"), ("2026-10-24T19:59", "2026-10-25T06:00")),
        # New York: 07:00 UTC on 8 March, 06:00 UTC on 1 November.
        (NEW_YORK, ("2026-03-08T03:00", "2026-03-08T10:59"), ("2026-03-08T02:59", "2026-03-08T11:00")),
        (NEW_YORK, ("2026-11-01T02:00", "2026-11-01T11:59"), ("2026-11-01T01:59", "2026-11-01T12:00")),
        # Lord Howe: half an hour, 15:30 UTC on 3 October and 15:00 UTC on 4 April.
        (LORD_HOWE, ("2026-10-03T11:30", "2026-10-03T19:59"), ("2026-10-03T11:29", "2026-10-03T20:00")),
        (LORD_HOWE, ("2026-04-04T11:00", "2026-04-04T20:29"), ("2026-04-04T10:59", "2026-04-04T20:30")),
    ],
)
def test_ten_at_night_is_ten_at_night_and_seven_is_seven(
    zone: ZoneInfo, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    night = between("22:00", "07:00")
    assert all(lasts(night, zone, moment) for moment in inside)
    assert not any(lasts(night, zone, moment) for moment in outside)


def test_what_never_comes_is_an_hour_later_and_what_comes_twice_is_meant_once() -> None:
    half_past_two = between("02:30", "02:45")
    assert begun(half_past_two, MADRID, at("2026-03-29T01:35")) == at(
        "2026-03-29T01:30"
    )  # 03:30, by the clock
    assert lasts(half_past_two, MADRID, "2026-10-25T00:30")
    assert not lasts(half_past_two, MADRID, "2026-10-25T01:30")  # the same clock time, an hour later


def test_a_whole_day_has_no_gap_at_midnight() -> None:
    always = between("00:00", "24:00")
    start = at("2026-03-27T00:00")
    assert all(begun(always, MADRID, start + step * 601) is not None for step in range(600))


def test_when_it_began_tells_one_time_from_the_next() -> None:
    always = between("08:00", "20:00")
    assert begun(always, MADRID, at("2026-01-12T12:00")) == at("2026-01-12T07:00")
    assert begun(always, MADRID, at("2026-01-13T12:00")) == at("2026-01-13T07:00")


def test_the_next_turn_is_found_within_a_week() -> None:
    monday = between("09:00", "10:00", days=1)
    now = at("2026-01-12T08:30")  # Monday, 09:30
    assert sorted(turns(monday, MADRID, now))[:2] == [at("2026-01-12T09:00"), at("2026-01-19T08:00")]


def test_a_clock_beyond_all_calendars_breaks_nothing() -> None:
    window = between("00:00", "24:00")
    for now in (2.0**53, 2.0**40):
        assert begun(window, MADRID, now) is not None
        assert list(turns(window, MADRID, now)) == []


def test_zones() -> None:
    assert zone_of("Europe/Madrid") is not None
    assert [zone_of(name) for name in ("Nowhere/Land", "Europe", "/etc/localtime", "../etc", "x" * 64)] == [
        None
    ] * 5
