"""What devices noticed, minute by minute."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kith.core.ids import EndpointId
from policy.activity import MINUTE, WINDOW, Source, recent
from presence.active import Active

KITCHEN, PHONE = EndpointId("e_kitchen"), EndpointId("e_phone")
NOON = 1_790_500_020.0 // MINUTE * MINUTE


def shown(active: Active, now: float) -> bool:
    return recent([Source(active.counts(KITCHEN, now))], now)


def test_a_touch_counts_from_the_next_minute_on_and_decays() -> None:
    active = Active()
    active.touch(KITCHEN, NOON + 10)
    assert active.next_turn() == NOON + 60
    assert not shown(active, NOON + 59)
    assert active.turn(NOON + 60) == {KITCHEN}
    assert shown(active, NOON + 60)
    assert active.next_turn() == NOON + 60 + WINDOW
    assert active.turn(NOON + 60 + WINDOW) == {KITCHEN}
    assert not shown(active, NOON + 60 + WINDOW)
    assert (len(active), active.next_turn(), active.last(KITCHEN)) == (0, None, None)


def test_who_is_there_all_the_time_is_shown_all_the_time() -> None:
    active = Active()
    for second in range(3, 1200, 7):
        now = NOON + second
        due = active.next_turn()
        if due is not None and due <= now:
            active.turn(now)
        active.touch(KITCHEN, now)
        assert shown(active, now) is (second >= 60), second


def test_what_is_no_longer_there_is_forgotten() -> None:
    active = Active()
    active.touch(KITCHEN, NOON)
    active.touch(PHONE, NOON)
    active.forget(KITCHEN)
    active.forget(KITCHEN)
    assert active.last(KITCHEN) is None and active.last(PHONE) == NOON
    assert active.turn(NOON + 3600) == {PHONE}
    assert len(active) == 0


STEP = 5


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 60), max_size=6))
def test_it_is_what_the_latest_touch_before_the_minute_says_and_turns_only_when_it_was_announced(
    gaps: list[int],
) -> None:
    """Against a list of all touches."""
    active, touches, now = Active(), list[float](), NOON
    times = [NOON + STEP * sum(gaps[: number + 1]) for number in range(len(gaps))]
    before = False
    while now < NOON + STEP * sum(gaps) + WINDOW + 3 * MINUTE:
        due = active.next_turn()
        turned = active.turn(now) if due is not None and due <= now else frozenset[EndpointId]()
        for time in [one for one in times if now - STEP < one <= now]:
            active.touch(KITCHEN, time)
            touches.append(time)
        minute = now // MINUTE * MINUTE
        expected = any(recent([Source(one)], now) for one in touches if one <= minute)
        assert shown(active, now) is expected
        if expected is not before and now % MINUTE == 0:
            assert KITCHEN in turned or now in touches
        before = expected
        now += STEP
