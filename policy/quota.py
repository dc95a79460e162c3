"""How often one person may do something. Pure: when it was done goes in, how long to wait comes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HOUR = 3_600.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `most` in any `span` seconds."""

    most: int
    span: float


CALLS = (Quota(60, HOUR), Quota(300, DAY))
"""Calls that one person may place, where the operator sets nothing else. Whoever organises a party by telephone stays
below; a machine that calls one number after another does not get through a street."""


def wait(done: Sequence[float], quotas: Iterable[Quota], now: float) -> float:
    """In how many seconds it may be done again, 0 for now. `done` are the times at which it was, the latest first."""
    waits = (done[quota.most - 1] + quota.span - now for quota in quotas if len(done) >= quota.most)
    return max(0.0, *waits, 0.0)


def look_back(quotas: Iterable[Quota]) -> tuple[int, float]:
    """How many of the latest times, and from how many seconds back, are all that `wait` asks for."""
    most, span = 0, 0.0
    for quota in quotas:
        most, span = max(most, quota.most), max(span, quota.span)
    return most, span
