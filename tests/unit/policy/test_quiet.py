"""Do Not Disturb at a device: who says so, and what was said last."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kith.core.trust.grants import EVERYWHERE, Grants, Quiet, Schedule
from policy.quiet import AT_DEVICE, Switch, next_turn, quiet_by
from tests.support.grants import ANNA, BEN, HALL, KITCHEN, PHONE, set_of

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC).timestamp()  # Monday, 13:00 in Madrid
LUNCH = Schedule(days=127, begin=13 * 60, end=14 * 60)


def entry(*, on: bool, changed: int, identity: bytes = EVERYWHERE) -> Quiet:
    return Quiet(identity=identity, on=on, changed=changed)


def saying(
    switch: Switch | None = None, *, identity: bytes = KITCHEN, now: float = NOW, **said: Any
) -> frozenset[bytes]:
    return quiet_by([set_of(ANNA, version=5, zone="Europe/Madrid", **said)], identity, switch, now)


def off(heard: int | None = None, at: float = NOW) -> Switch:
    return Switch(on=False, at=at, heard={} if heard is None else {ANNA: heard})


def on(heard: int | None = None) -> Switch:
    return Switch(on=True, at=NOW, heard={} if heard is None else {ANNA: heard})


def test_nobody_says_so() -> None:
    assert saying() == frozenset()
    assert quiet_by([], KITCHEN, None, NOW) == frozenset()


def test_one_device_or_all() -> None:
    one = (entry(on=True, changed=1, identity=KITCHEN),)
    assert [saying(quiet=one, identity=each) for each in (KITCHEN, HALL)] == [{ANNA}, frozenset()]
    everywhere = (entry(on=True, changed=1),)
    assert [saying(quiet=everywhere, identity=each) for each in (KITCHEN, HALL, PHONE)] == [{ANNA}] * 3


def test_what_was_said_last_counts_be_it_of_one_or_of_all() -> None:
    assert (
        saying(quiet=(entry(on=True, changed=1), entry(on=False, changed=2, identity=KITCHEN))) == frozenset()
    )
    assert saying(quiet=(entry(on=True, changed=3), entry(on=False, changed=2, identity=KITCHEN))) == {ANNA}
    assert saying(quiet=(entry(on=True, changed=2), entry(on=False, changed=2, identity=KITCHEN))) == {ANNA}


def test_off_at_the_device_overrides_what_it_had_heard_and_nothing_later() -> None:
    for changed, heard, quiet in ((2, 2, False), (2, 3, False), (3, 2, True), (0, None, True)):
        assert saying(off(heard), quiet=(entry(on=True, changed=changed),)) == (
            {ANNA} if quiet else frozenset()
        )


def test_off_by_the_owner_ends_what_was_switched_on_at_the_device_before() -> None:
    assert saying(on(2)) == {AT_DEVICE}
    assert saying(on(2), quiet=(entry(on=False, changed=2),)) == {AT_DEVICE}
    assert saying(on(2), quiet=(entry(on=False, changed=3),)) == frozenset()
    assert saying(on(2), quiet=(entry(on=True, changed=3),)) == {AT_DEVICE, ANNA}


def test_anybody_of_a_household_can_say_so_at_a_shared_device() -> None:
    sets = [
        set_of(ANNA, quiet=(entry(on=False, changed=0),)),
        set_of(BEN, quiet=(entry(on=True, changed=0),)),
    ]
    assert quiet_by(sets, KITCHEN, None, NOW) == {BEN}
    assert quiet_by(sets, KITCHEN, Switch(on=False, at=NOW, heard={ANNA: 5}), NOW) == {BEN}
    assert quiet_by(sets, KITCHEN, Switch(on=False, at=NOW, heard={BEN: 0}), NOW) == frozenset()


def test_a_schedule_goes_by_the_clock_of_its_own_zone() -> None:
    assert saying(schedules=(LUNCH,)) == {ANNA}
    assert saying(schedules=(LUNCH,), now=NOW + 3600) == frozenset()
    assert quiet_by([set_of(ANNA, schedules=(LUNCH,), zone="UTC")], KITCHEN, None, NOW) == frozenset()


def test_a_schedule_of_some_devices_leaves_the_others_alone() -> None:
    kitchen = (Schedule(devices=(KITCHEN,), days=127, begin=13 * 60, end=14 * 60),)
    assert [saying(schedules=kitchen, identity=each) for each in (KITCHEN, HALL)] == [{ANNA}, frozenset()]


def test_off_at_the_device_suspends_a_schedule_until_it_begins_again() -> None:
    suspended = off(at=NOW + 60)
    assert saying(suspended, schedules=(LUNCH,), now=NOW + 120) == frozenset()
    assert saying(suspended, schedules=(LUNCH,), now=NOW + 86_400) == {ANNA}
    assert saying(off(at=NOW - 1), schedules=(LUNCH,)) == {ANNA}


def test_in_a_zone_that_nobody_knows_it_is_always_time() -> None:
    assert quiet_by([set_of(ANNA, schedules=(LUNCH,), zone="Nowhere/Land")], KITCHEN, None, NOW) == {ANNA}


def test_when_to_look_again() -> None:
    with_lunch: list[Grants] = [set_of(ANNA, schedules=(LUNCH,), zone="Europe/Madrid"), set_of(BEN)]
    assert next_turn(with_lunch, KITCHEN, NOW) == NOW + 3600
    assert next_turn(with_lunch, KITCHEN, NOW + 3600) == NOW + 86_400
    assert next_turn([set_of(BEN)], KITCHEN, NOW) is None


@pytest.mark.parametrize("heard", [0, 4, 9])
def test_at_the_server_a_report_counts_as_a_switch(heard: int) -> None:
    """What the owner signed since the device last heard counts until it has; what it had heard, it decides about."""
    told = Switch(on=False, at=NOW - 600, heard={ANNA: heard})
    assert saying(told, quiet=(entry(on=True, changed=5),)) == ({ANNA} if heard < 5 else frozenset())
