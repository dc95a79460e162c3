"""How long a person keeps their own history."""

from typing import Literal

Months = Literal[0, 3, 18]

DEFAULT_MONTHS: Months = 18
"""Of whoever has not chosen: long enough to look up when one last spoke to somebody, and it ends."""

MONTH = 365.25 / 12 * 86_400.0
"""Seconds of a month, on average."""


def oldest_kept(months: int | None, now: float) -> float:
    """What happened before this (Unix seconds) is not kept by somebody who keeps so many months, None for ever."""
    return 0.0 if months is None else now - months * MONTH
