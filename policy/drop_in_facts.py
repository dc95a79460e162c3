"""The facts of a drop in as far as signed sets and the device itself give them. Pure.

The server and the device gather them alike, each from what it holds; the server then adds what only it knows:

    decide(replace(gather(sets, place, caller, here, now), blocked=..., quota_wait=...))
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kith.core.trust.grants import DropInTerm, Grants
from policy.drop_in import Bounds, DropInFacts
from policy.grants import Claim, Place, Void, standing, strictest, term, timely
from policy.quiet import Switch, next_turn, quiet_by


@dataclass(frozen=True, slots=True)
class Here:
    """What the device says of itself: its own switches, and whether it is ready. The server has it from its reports."""

    switch: Switch | None = None
    drop_in: DropInTerm = DropInTerm.ON
    microphone_off: bool = False
    ready: bool = True


def gather(
    sets: Iterable[Grants],
    place: Place,
    caller: Claim,
    here: Here,
    now: float,
    void: frozenset[Void] = frozenset(),
) -> DropInFacts:
    """What decides, by the sets that count at this place. `now` is in Unix seconds, by a clock that never goes back: an
    endpoint's own does not run behind the newest time of what its people have signed, over a restart neither."""
    every = timely(sets, now)
    time = not_behind(every, now)
    return DropInFacts(
        standing=standing(every, place, caller, time, void),
        term=strictest((here.drop_in, term(every, place.identity))),
        closed=any(each.closed for each in every),
        quiet_by=quiet_by(every, place.identity, here.switch, time),
        one_persons=place.one_persons,
        microphone_off=here.microphone_off,
        ready=here.ready,
        bounds=bounds(every),
    )


def bounds(sets: Collection[Grants]) -> Bounds:
    """The strictest of all: the longest frost, the shortest of the times, of which 0 is never."""
    if not sets:
        return Bounds()
    return Bounds(
        frost=max(each.frost for each in sets),
        longest=min(each.longest for each in sets),
        silence=min((each.silence for each in sets if each.silence), default=0),
        chime=min((each.chime for each in sets if each.chime), default=0),
    )


def not_behind(sets: Iterable[Grants], now: float) -> float:
    """The time by a clock that never runs behind anything signed."""
    return max((now, *(float(each.time) for each in sets)))


def next_change(sets: Iterable[Grants], place: Place, caller: Claim, now: float) -> float | None:
    """When to decide anew about a drop in that goes on, if nothing else happens: hours, expiries and schedules."""
    every = timely(sets, now)
    time = not_behind(every, now)
    moments = (standing(every, place, caller, time).ends, next_turn(every, place.identity, time))
    return min((each for each in moments if each is not None), default=None)
