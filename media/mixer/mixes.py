"""The arithmetic of mixes: which encode goes to whom. Pure.

With T people talking in a room of N, N - 1 mixing needs N mixes, but only few of them differ. Who does not talk hears
everybody who does: one mix, encoded once. Who talks hears all but itself: one mix each. Where nobody is heard a packet
of silence does, which was encoded long ago:

    talk   encodes  who hears what
    0      0        everyone silence
    1      1        the talker silence, the others the talker
    T < N  T + 1    each talker the others who talk, everybody else all who talk
    N      N        each all others

The price of talking is one encode, the price of listening none.
"""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Seat = TypeVar("Seat", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Mix(Generic[Seat]):
    """One sound. `without` is the talker who hears it, None if those who only listen do."""

    without: Seat | None
    voices: tuple[Seat, ...]
    listeners: tuple[Seat, ...]
    careful: bool
    """Whether somebody who hears it loses packets: it is worth in-band FEC."""


def plan(
    seats: Sequence[Seat], talkers: Collection[Seat], lossy: Collection[Seat] = frozenset()
) -> tuple[Mix[Seat], ...]:
    """The mixes of one room, the one for listeners first. Every seat hears exactly one, and never itself."""
    talking = tuple(seat for seat in seats if seat in talkers)
    listening = tuple(seat for seat in seats if seat not in talkers)
    careful = any(seat in lossy for seat in listening)
    shared = (Mix(None, talking, listening, careful),) if listening else ()
    return shared + tuple(
        Mix(seat, tuple(other for other in talking if other is not seat), (seat,), seat in lossy)
        for seat in talking
    )
