"""Recently active, locked endpoints and enhanced features."""

import pytest

from kith.core.trust.grants import DropInTerm
from policy.activity import WINDOW, Source, next_turn, recent
from policy.enhanced import may_use
from policy.lock import GRACE, Lock, hides

MINUTE = 60.0
NOON = 1_790_500_020.0 // MINUTE * MINUTE


def test_it_decays() -> None:
    source = [Source(NOON)]
    shown = [recent(source, NOON + minutes * MINUTE) for minutes in range(-1, 8)]
    assert shown == [False, True, True, True, True, True, False, False, False]


def test_it_turns_at_whole_minutes_only_so_that_no_moment_can_be_read_from_it() -> None:
    for seconds in range(1, 60):
        source = [Source(NOON + seconds)]
        turns = [at for at in range(600) if recent(source, NOON + at) != recent(source, NOON + at - 1)]
        assert turns == [60, 60 + WINDOW]
        assert [next_turn(source, NOON + at) for at in (seconds, 60, 60 + WINDOW)] == [
            NOON + 60,
            NOON + 60 + WINDOW,
            None,
        ]


def test_a_person_is_recently_active_at_any_device() -> None:
    assert recent([Source(None), Source(NOON - 600), Source(NOON)], NOON)
    assert not recent([Source(None), Source(NOON - 600)], NOON)
    assert not recent([], NOON)


def test_a_device_that_is_to_be_quiet_gives_nobody_away() -> None:
    for silent in (
        Source(NOON, quiet=True),
        Source(NOON, microphone_off=True),
        Source(NOON, drop_in=DropInTerm.OFF),
    ):
        assert not recent([silent], NOON)
        assert next_turn([silent], NOON) is None
        assert recent([silent, Source(NOON)], NOON)
    assert recent([Source(NOON, drop_in=DropInTerm.HOUSEHOLD)], NOON)


def test_the_own_switch_hides_it() -> None:
    assert not recent([Source(NOON)], NOON, shown=False)


def test_a_locked_endpoint_hides_contacts_after_its_grace() -> None:
    assert not hides(Lock(None), NOON)
    assert [hides(Lock(NOON), NOON + after) for after in (0, GRACE - 1, GRACE)] == [False, False, True]
    assert not hides(Lock(NOON, rule=False), NOON + 31 * MINUTE)


@pytest.mark.row("R91")
def test_one_who_has_not_opted_in_keeps_all_out_of_enhanced_features() -> None:
    assert may_use([True, True])
    assert not may_use([True, False, True])
    assert not may_use([])
