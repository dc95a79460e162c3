"""How long somebody must wait who has done something often."""

import pytest

from policy.quota import CALLS, DAY, HOUR, Quota, look_back, wait

NOW = 1_800_000_000.0


def test_the_last_one_that_fits_and_the_first_that_does_not() -> None:
    quotas = (Quota(3, 60.0),)
    assert wait([], quotas, NOW) == 0
    assert wait([NOW, NOW], quotas, NOW) == 0
    assert wait([NOW, NOW - 10, NOW - 20], quotas, NOW) == 40.0
    assert wait([NOW, NOW - 10, NOW - 60], quotas, NOW) == 0


def test_the_longest_wait_counts() -> None:
    done = [NOW - second for second in range(300)]
    assert wait(done, CALLS, NOW) == pytest.approx(DAY - 299)
    assert wait(done[:60], CALLS, NOW) == pytest.approx(HOUR - 59)


def test_who_waits_as_long_as_told_may_go_on() -> None:
    done = [NOW - 7 * number for number in range(60)]
    again = NOW + wait(done, CALLS, NOW)
    assert wait(done, CALLS, again) == 0
    assert wait(done, CALLS, again - 0.001) > 0


def test_as_much_is_looked_up_as_is_needed() -> None:
    assert look_back(CALLS) == (300, DAY)
    assert look_back(()) == (0, 0.0)
