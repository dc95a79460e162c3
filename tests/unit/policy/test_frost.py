"""The curve from frosted to clear."""

from itertools import pairwise

import pytest

from policy.frost import OUTLINES, SHAPES, SHORTEST, Frost, width


@pytest.mark.parametrize("seconds", [3, 10, 60])
def test_outlines_then_shapes_then_clear(seconds: int) -> None:
    assert {width(seconds * part / 100, seconds) for part in range(50)} == {OUTLINES}
    later = [width(seconds * part / 100, seconds) for part in range(50, 100)]
    assert all(each is not None and OUTLINES <= each <= SHAPES for each in later)
    assert width(seconds - 1e-9, seconds) is not None
    assert width(seconds, seconds) is None and width(seconds + 3600, seconds) is None


def test_it_only_ever_gets_clearer() -> None:
    curve = [width(at / 50, 10) or 10_000 for at in range(600)]
    assert all(one <= later for one, later in pairwise(curve))


@pytest.mark.parametrize("seconds", [-1, 0, 0.5, 2.9])
def test_a_device_keeps_its_minimum(seconds: float) -> None:
    assert width(SHORTEST - 0.001, seconds) is not None
    assert width(SHORTEST, seconds) is None


def test_time_before_the_first_frame_is_frosted() -> None:
    assert width(-5, 10) == OUTLINES
    assert Frost(10).size(1e9, (640, 480)) == (20, 15)


def test_a_reconnect_or_another_camera_starts_nothing_anew() -> None:
    clock = Frost(10).begin(100)
    assert clock.begin(105) == clock.begin(50) == clock
    assert clock.size(109.9, (640, 480)) is not None
    assert clock.size(110, (640, 480)) is None


@pytest.mark.parametrize(
    ("frame", "small"),
    [((640, 480), (20, 15)), ((480, 640), (20, 26)), ((1280, 720), (20, 11)), ((8, 1), (8, 1))],
)
def test_a_frame_keeps_its_shape_and_is_never_scaled_up(
    frame: tuple[int, int], small: tuple[int, int]
) -> None:
    assert Frost(10).begin(0).size(1, frame) == small
