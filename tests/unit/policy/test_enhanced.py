"""Whether a device may take part in what the server decrypts: by the sets of all whose device it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.enhanced import may_use, opted_in
from policy.grants import DAY
from tests.support.grants import ANNA, BEN, CARLA, NOW, set_of


def test_it_is_off_unless_somebody_has_switched_it_on() -> None:
    assert not opted_in([set_of(ANNA)], [ANNA], NOW)
    assert opted_in([set_of(ANNA, enhanced=True)], [ANNA], NOW)


@pytest.mark.parametrize(
    ("sets", "owners"),
    [
        ([], [ANNA]),
        ([set_of(ANNA, enhanced=True)], []),
        ([set_of(BEN, enhanced=True)], [ANNA]),
        ([set_of(ANNA, enhanced=True), set_of(BEN)], [ANNA, BEN]),
        ([set_of(ANNA, enhanced=True)], [ANNA, BEN]),  # who has never signed a set has not opted in
        ([set_of(ANNA, enhanced=True, closed=True)], [ANNA]),
        ([set_of(ANNA, enhanced=True, time=NOW - 8 * DAY)], [ANNA]),
        ([set_of(ANNA, enhanced=True, time=NOW + DAY)], [ANNA]),
    ],
)
def test_it_needs_the_fresh_word_of_everybody_whose_device_it_is(
    sets: list[object], owners: list[bytes]
) -> None:
    assert not opted_in(sets, owners, NOW)  # type: ignore[arg-type]


def test_whoever_does_not_live_here_is_not_asked() -> None:
    assert opted_in([set_of(ANNA, enhanced=True), set_of(CARLA)], [ANNA], NOW)


@given(st.lists(st.booleans(), max_size=40))
def test_one_who_has_not_opted_in_keeps_all_out(opted: list[bool]) -> None:
    assert may_use(opted) == (bool(opted) and False not in opted)
