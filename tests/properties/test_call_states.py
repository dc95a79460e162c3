"""Every state that a few events can reach, and every event in each of them: no sample, all of it.

A small world: Mum calls; Dad's phone and the kitchen ring; the hall is off at first. States that
differ only in the clock are one.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from kith.core.trust.grants import Mode
from signaling.call import (
    Alerting,
    Answered,
    Barred,
    Busy,
    Call,
    CallKind,
    DeadlinePassed,
    Declined,
    Effects,
    End,
    EndReason,
    Event,
    Finished,
    HungUp,
    Joined,
    MediaLost,
    MediaUp,
    Moved,
    Phase,
    Restarted,
    Ring,
    Role,
    SignalingBack,
    SignalingLost,
    Update,
    Withdrawn,
    next_deadline,
)
from signaling.call_step import step
from tests.properties.call_laws import check, check_change, part
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, Bench

WORLD = (CALLER, PHONE, KITCHEN, HALL)
EVENTS_DEEP = {None: 6, Mode.KNOCK: 5, Mode.INSTANT: 4}
"""A drop in goes through the same states but for a few: what is its own shows after few events."""


def possible(call: Call) -> Iterator[Event]:
    """Every event that anybody in the small world can cause."""
    yield DeadlinePassed()
    yield Restarted()
    if call.limit is not None:
        yield DeadlinePassed(call.limit)
    yield from (Withdrawn(role) for role in Role)
    for endpoint in WORLD:
        yield from (
            kind(endpoint)
            for kind in (Alerting, Declined, Busy, HungUp, Barred, SignalingLost, SignalingBack)
        )
        if call.kind is CallKind.DROP_IN:
            yield from (HungUp(endpoint, why) for why in (EndReason.SILENCE, EndReason.NOT_LET_IN))
        yield from (Answered(endpoint, video) for video in (False, True))
        yield from (Joined(endpoint, personal) for personal in (False, True))
        yield from (Moved(endpoint, source) for source in WORLD)
        for epoch in {max(0, call.epoch - 1), call.epoch, call.epoch + 1}:
            yield MediaUp(endpoint, epoch)
            yield MediaLost(endpoint, epoch)


def at_zero(call: Call, now: float) -> Call:
    """The same call with `now` as the beginning of time, so that states can be compared."""

    def earlier(moment: float | None) -> float | None:
        return None if moment is None else moment - now

    legs = {
        endpoint: msgspec.structs.replace(leg, away_until=earlier(leg.away_until))
        for endpoint, leg in call.legs.items()
    }
    return msgspec.structs.replace(
        call,
        legs=legs,
        created=0.0,
        answered=None if call.answered is None else 0.0,
        ended=None if call.ended is None else 0.0,
        deadline=earlier(call.deadline),
        limit=None if call.limit is None else call.longest,  # so far away that it may as well stay there
    )


def check_step(before: Call, after: Call, effects: Effects) -> None:
    """Who gained a part was told so, who lost it was told of the end, once; nobody else was."""
    ends = Counter(effect.endpoint for effect in effects if isinstance(effect, End))
    told = {effect.endpoint for effect in effects if isinstance(effect, Ring | Update)}
    assert ends == Counter(part(before) - part(after)), (
        "an end for each who lost its part, and for nobody else"
    )
    assert part(after) - part(before) <= told, "somebody has a part and does not know"
    assert told <= part(after), "told of a call in which it has no part"
    finished = sum(isinstance(effect, Finished) for effect in effects)
    assert finished == (after.over and not before.over)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [None, *Mode])
def test_every_event_in_every_state_within_reach(mode: Mode | None) -> None:
    ring = {PHONE: PERSONAL, KITCHEN: SHARED, HALL: SHARED}
    first = at_zero(Bench.calling(ring, offline=frozenset({HALL}), now=0.0, mode=mode).call, 0.0)
    encode = msgspec.msgpack.Encoder(order="deterministic").encode
    seen = {encode(first)}
    frontier = [first]
    phases = Counter({first.phase: 1})
    for _ in range(EVENTS_DEEP[mode]):
        reached: list[Call] = []
        for call in frontier:
            for event in possible(call):
                now = (next_deadline(call) or 0.0) if isinstance(event, DeadlinePassed) else 0.0
                after, effects = step(call, event, now)
                check_step(call, after, effects)
                check_change(call, after, event)
                if after is call:
                    continue
                after = at_zero(after, now)
                key = encode(after)
                if key not in seen:
                    seen.add(key)
                    check(after)
                    phases[after.phase] += 1
                    if not after.over:
                        reached.append(after)
        frontier = reached
    assert all(phases[phase] for phase in Phase), "some phase was never reached"
    assert any(call.moving for call in frontier) == (mode is None)
