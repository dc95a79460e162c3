"""Into which mixer a room goes, and how long a lost one stays away."""

import pytest

from kith.server.mixer_places import BUSY, LONGEST_PAUSE, STEADY, Pauses, Work, place

EMPTY = Work(0, 0.0, 0)


@pytest.mark.parametrize(
    ("works", "most", "chosen"),
    [
        ([], 2, None),
        ([EMPTY], 2, 0),
        ([Work(3, 0.3, 0), EMPTY], 2, 0),
        ([Work(3, BUSY, 0), EMPTY], 2, 1),
        ([Work(3, BUSY, 0), EMPTY], 1, 0),
        ([Work(3, BUSY, 0)], 2, 0),
        ([Work(3, 0.5, 0), Work(1, 0.4, 0), EMPTY], 3, 1),
        ([Work(3, 0.5, 0), Work(9, 0.1, 30), EMPTY], 3, 1),
        ([Work(3, 0.5, 0), Work(9, 0.1, 60), EMPTY], 3, 0),
        ([Work(3, 0.9, 0), Work(9, 0.8, 0), EMPTY], 3, 2),
        ([Work(3, 0.9, 0), Work(9, 0.8, 0), EMPTY], 2, 1),
    ],
    ids=[
        "nobody there",
        "the first",
        "rooms share one",
        "until it is busy",
        "though it is busy, where there may be one only",
        "though it is busy, where there is no other",
        "the one with the least to do",
        "of which those are counted who came since its report",
        "and may make the other one the better",
        "all are busy, and there may be more",
        "all are busy, and there may be no more",
    ],
)
def test_where_a_room_goes(works: list[Work], most: int, chosen: int | None) -> None:
    assert place(works, most) == chosen


def test_two_losses_cost_no_pause_and_the_next_ones_more_and_more() -> None:
    pauses, found, now = Pauses(), [], 1_000.0
    for _ in range(12):
        pauses.lost(now)
        found.append(max(0.0, pauses.until - now))
        now = max(now, pauses.until)
    assert found[:6] == [0.0, 0.0, 1.0, 2.0, 4.0, 8.0]
    assert found[-1] == LONGEST_PAUSE
    now += STEADY
    pauses.lost(now)
    assert pauses.until <= now, "what is long ago is forgotten"
