"""Enhanced features: those for which the server decrypts what is said. Pure."""

from collections.abc import Collection, Iterable

from kith.core.trust.grants import Grants
from policy.drop_in_facts import not_behind
from policy.grants import stale, timely


def may_use(opted_in: Collection[bool]) -> bool:
    """Whether all who take part have opted in. One who has not keeps all of them out."""
    return len(opted_in) > 0 and all(opted_in)


def opted_in(sets: Iterable[Grants], owners: Collection[bytes], now: float) -> bool:
    """Whether all whose device it is have, by the sets in force there. `owners` are their roots.

    A set that is not fresh does not count: a newer one that opts out may have been held back. Whoever has closed
    everything has closed this, too. `now` is in Unix seconds.
    """
    every = timely(sets, now)
    time = not_behind(every, now)
    on = {one.person for one in every if one.enhanced and not one.closed and not stale(one, time)}
    return may_use([owner in on for owner in owners])
