"""Percentiles of what was measured. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `share` of all values do not exceed.

    `share` is in (0, 1]. Raises ValueError without values: there is no honest number for nothing.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)  # ceiling
    return ordered[max(0, min(len(ordered), rank) - 1)]


@dataclass(frozen=True, slots=True)
class Summary:
    """What is shown of a set of durations; in the unit of the values."""

    count: int
    p50: float
    p95: float
    p99: float
    longest: float


def summarise(values: Sequence[float]) -> Summary | None:
    """None without values."""
    if not values:
        return None
    return Summary(
        count=len(values),
        p50=percentile(values, 0.5),
        p95=percentile(values, 0.95),
        p99=percentile(values, 0.99),
        longest=max(values),
    )
