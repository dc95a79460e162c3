"""What every step of a call is made of: legs that change, an epoch that opens, the end. Pure and total."""

import msgspec

from signaling.call import (
    CONNECT_TIMEOUT,
    OPEN,
    RECOVERY_TIMEOUT,
    Acceptance,
    Call,
    CallKind,
    Connectivity,
    End,
    EndReason,
    Event,
    Finished,
    Ignored,
    Leg,
    Phase,
    Role,
    Step,
    Update,
)

_NOT_LET_IN = (EndReason.DECLINED, EndReason.BUSY, EndReason.NO_ANSWER)
"""Why a drop in is not answered, which is nobody's business but theirs on whom it was."""


def ignored(call: Call, event: Event) -> Step:
    """Late, foreign or repeated: nothing changes."""
    return call, (Ignored(event, call.phase),)


def with_legs(call: Call, *legs: Leg) -> Call:
    """The call with these legs in the place of those of the same endpoints."""
    return msgspec.structs.replace(call, legs=call.legs | {leg.endpoint: leg for leg in legs})


def opening(leg: Leg) -> Connectivity:
    """Connectivity of a leg that has a new peer connection to make."""
    return Connectivity.CONNECTING if leg.away_until is None else Connectivity.RECONNECTING


def parties_of(call: Call) -> list[Leg]:
    """The two legs that must have media in the current epoch."""
    endpoints = (call.party(Role.CALLER, call.epoch), call.party(Role.CALLEE, call.epoch))
    return [call.legs[endpoint] for endpoint in endpoints if endpoint is not None]


def new_epoch(call: Call, now: float) -> Step:
    """Open epoch + 1: both parties must report media again in time. A try that did not succeed (the network changed
    again meanwhile) does not buy the next one more of it."""
    answering = call.phase is Phase.ANSWERING
    fresh = now + (CONNECT_TIMEOUT if answering or call.moving is not None else RECOVERY_TIMEOUT)
    legs = [msgspec.structs.replace(leg, connectivity=opening(leg)) for leg in parties_of(call)]
    opened = msgspec.structs.replace(
        with_legs(call, *legs),
        epoch=call.epoch + 1,
        phase=Phase.ANSWERING if answering else Phase.RECOVERING,
        deadline=fresh if call.deadline is None else call.deadline,
    )
    return opened, tuple(Update(leg.endpoint) for leg in legs)


def finished(call: Call, reason: EndReason, now: float) -> Step:
    """End for everyone who still has a part, exactly once."""
    closing = {
        EndReason.NO_ANSWER: Acceptance.TIMED_OUT,
        EndReason.CANCELLED: Acceptance.CANCELLED,
    }
    acceptance = closing.get(reason, Acceptance.LOST)
    if call.kind is CallKind.DROP_IN and reason in _NOT_LET_IN:
        reason = EndReason.NOT_LET_IN
    legs: list[Leg] = []
    told: list[End] = []
    for leg in call.legs.values():
        in_call = leg.acceptance is Acceptance.WON and leg.connectivity is not Connectivity.LEFT
        declined_now = leg.acceptance is Acceptance.DECLINED and leg.personal
        if in_call:
            legs.append(msgspec.structs.replace(leg, connectivity=Connectivity.LEFT, away_until=None))
        elif leg.acceptance in OPEN:
            legs.append(msgspec.structs.replace(leg, acceptance=acceptance, away_until=None))
        if in_call or declined_now or leg.acceptance in OPEN:
            told.append(End(leg.endpoint, reason))
    call = msgspec.structs.replace(
        with_legs(call, *legs), phase=Phase.ENDED, reason=reason, ended=now, deadline=None, moving=None
    )
    return call, (*told, Finished(reason))
