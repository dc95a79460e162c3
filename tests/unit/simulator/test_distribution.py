"""Percentiles by nearest rank."""

import pytest

from kith.simulator.distribution import percentile, summarise


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.5, 7.0),
        ([7.0], 0.99, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([4.0, 3.0, 2.0, 1.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 101)], 1.0, 100.0),
        ([float(n) for n in range(1, 1001)], 0.95, 950.0),
    ],
)
def test_the_nearest_rank_is_a_value_that_was_measured(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


def test_nothing_measured_gives_no_number() -> None:
    assert summarise([]) is None
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_summary_does_not_depend_on_the_order() -> None:
    values = [float(n) for n in range(200)]
    summary = summarise(values)
    assert summary == summarise(values[::-1])
    assert summary is not None
    assert (summary.count, summary.p50, summary.p95, summary.p99, summary.longest) == (200, 99, 189, 197, 199)
