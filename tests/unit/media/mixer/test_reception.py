"""The numbers of a reception report, against a stream of which the test knows what was lost."""

import pytest

from media.mixer.reception import Reception, Report


def run(lost: set[int], count: int, *, authentic: int = 1, first: int = 65_500) -> Reception:
    """`count` packets 20 ms apart of which some are lost and one in `authentic` is authenticated."""
    reception, arrived = Reception(), 0
    for number in range(count):
        if number not in lost:
            arrived += 1
            if number % authentic == 0:
                reception.note(
                    (first + number) & 0xFFFF, (number * 960) & 0xFFFF_FFFF, arrived, number * 0.02
                )
    return reception


def test_nothing_came_nothing_is_said() -> None:
    assert Reception().report() is None


def test_a_perfect_stream() -> None:
    reception = run(set(), 200)
    assert reception.report() == Report(0, 0, 65_500 + 199, 0)
    assert reception.report() == Report(0, 0, 65_500 + 199, 0), "nothing came since: nothing was lost since"


def test_losses_are_counted_once_and_as_a_share_since_the_last_report() -> None:
    reception = run({10, 11}, 100)
    assert reception.report() == Report(256 * 2 // 100, 2, 65_599, 0)
    arrived = 98
    for number in range(100, 200):
        if number % 4:
            arrived += 1
            reception.note((65_500 + number) & 0xFFFF, number * 960, arrived, number * 0.02)
    report = reception.report()
    assert report is not None and report.fraction == 64 and report.lost == 27


def test_packets_that_are_not_authenticated_still_count_as_come() -> None:
    report = run({5, 70, 71}, 129, authentic=64).report()
    assert report is not None and report.lost == 3 and report.highest == 65_500 + 128


def test_duplicates_never_make_a_negative_loss() -> None:
    reception = Reception()
    for arrived in range(1, 50):
        reception.note(7, 0, arrived, 0.0)
    assert reception.lost == 0 and reception.report() == Report(0, 0, 7, 0)


def test_jitter_is_what_rfc_3550_says() -> None:
    reception = Reception()
    for number in range(400):
        reception.note(number, number * 960, number + 1, number * 0.02 + (0.01 if number % 2 else 0.0))
    assert reception.jitter == pytest.approx(0.01, rel=0.01)


def test_a_pause_is_no_jitter() -> None:
    reception = Reception()
    reception.note(1, 0, 1, 0.0)
    reception.note(2, 960, 2, 60.0)
    assert reception.jitter == 0.0
