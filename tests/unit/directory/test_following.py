"""When a book is looked at again."""

from kith.core.problem import Code
from kith.directory.following import Pace

NOW = 1_000_000.0
PACE = Pace()
EVERY = PACE.every


def _waits(problem: Code | None, failures: int) -> tuple[float, float]:
    return PACE.after(NOW, problem, failures, 0.0) - NOW, PACE.after(NOW, problem, failures, 1.0) - NOW


def test_every_hour_where_nothing_is_wrong() -> None:
    least, most = _waits(None, 0)
    assert 0.8 * EVERY < least < EVERY < most < 1.2 * EVERY


def test_less_and_less_often_where_something_is() -> None:
    waits = [_waits(Code.BOOK_UNREACHABLE, failures)[0] for failures in range(1, 60)]
    assert waits[0] < 600 and waits[1] > 1.5 * waits[0]
    assert waits == sorted(waits) and waits[-1] <= 86_400


def test_a_wrong_password_is_not_tried_again_soon() -> None:
    assert _waits(Code.BOOK_REFUSED, 1)[0] > 3600 * 5
    assert _waits(Code.BOOK_REFUSED, 50)[1] < 86_400 * 1.2


def test_a_start_goes_on_where_the_last_one_stopped() -> None:
    assert PACE.at_start(NOW, None, 0.5) == NOW + 60
    assert PACE.at_start(NOW, NOW - 10 * EVERY, 0.5) == NOW + 60
    assert PACE.at_start(NOW, NOW - 60, 0.5) == NOW - 60 + EVERY
    assert PACE.at_start(NOW, NOW + EVERY, 0.5) == NOW + 60, "the clock was set back"
