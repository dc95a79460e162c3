"""A locked endpoint does not show whom one knows. Pure."""

from dataclasses import dataclass

GRACE = 30 * 60
"""Seconds after locking in which all is as before: whoever wears it walked away from the phone, not from the house."""


@dataclass(frozen=True, slots=True)
class Lock:
    """`since`: when it was locked, by any clock that never goes back, None while it is not. `rule`: its owner has not
    switched this off."""

    since: float | None
    rule: bool = True


def hides(lock: Lock, now: float) -> bool:
    """Whether contacts, and calls to them, are to be refused."""
    return lock.rule and lock.since is not None and now - lock.since >= GRACE
