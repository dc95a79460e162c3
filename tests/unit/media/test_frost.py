"""Frosted glass: what is finer than a cell is gone, the rest stays where it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.frost import frosted

Picture = NDArray[np.uint8]


def picture(height: int, width: int, seed: int = 1) -> Picture:
    noise = np.random.default_rng(seed)
    return noise.integers(0, 256, (height * 3 // 2, width), dtype=np.uint8)


def steepest(plane: Picture) -> int:
    """The largest step between two neighbours."""
    across, down = (np.abs(np.diff(plane.astype(int), axis=axis)).max() for axis in (0, 1))
    return int(max(across, down))


@pytest.mark.parametrize("width", [20, 40])
def test_no_edge_is_left_of_the_sharpest_picture(width: int) -> None:
    sharp = np.zeros((540, 640), np.uint8)
    sharp[:360, ::2] = 255
    sharp[100:200, 100:200] = 255
    seen = frosted(sharp, width)
    assert seen.shape == sharp.shape and seen.dtype == np.uint8
    assert steepest(sharp[:360]) == 255 and steepest(seen[:360]) <= 255 * width // 640 + 2


def test_what_is_large_stays_where_it_was() -> None:
    halves = np.full((540, 640), 128, np.uint8)
    halves[:360, :320] = 20
    halves[:360, 320:] = 220
    seen = frosted(halves, 20)
    assert np.all(seen[:360, :280] == 20) and np.all(seen[:360, 360:] == 220) and np.all(seen[360:] == 128)


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 20).map(lambda half: half * 2),
    columns=st.integers(1, 40).map(lambda half: half * 2),
    width=st.integers(1, 60),
    seed=st.integers(0, 5),
)
def test_two_pictures_of_the_same_cells_are_the_same(
    height: int, columns: int, width: int, seed: int
) -> None:
    """Whoever sees the frosted picture learns the cells and nothing else; every size has an answer."""
    seen = frosted(picture(height, columns, seed), width)
    assert seen.shape == (height * 3 // 2, columns)
    flat = np.full((height * 3 // 2, columns), 77, np.uint8)
    assert np.array_equal(frosted(flat, width), flat)


def test_detail_within_a_cell_changes_nothing() -> None:
    first = picture(360, 640)
    second = first.copy()
    second[0, 0], second[1, 1] = first[1, 1], first[0, 0]
    assert not np.array_equal(first, second)
    assert np.array_equal(frosted(first, 20), frosted(second, 20))
