"""How a side of a call goes over to another endpoint, or does not. Pure and total."""

import msgspec

from signaling.call import (
    Acceptance,
    Call,
    CallKind,
    Connectivity,
    End,
    EndReason,
    Leg,
    Moved,
    Phase,
    Role,
    Step,
)
from signaling.call_legs import ignored, new_epoch, with_legs


def moved(call: Call, event: Moved, now: float) -> Step:
    """A replacement leg in a new epoch; the old one keeps sounding until the new one does."""
    source = call.legs.get(event.source)
    if (
        call.kind is CallKind.DROP_IN
        or call.phase is not Phase.ACTIVE
        or call.moving is not None
        or source is None
        or event.source not in (call.caller, call.winner)
        or event.endpoint in (call.caller, call.winner)
    ):
        return ignored(call, event)
    replacement = Leg(
        endpoint=event.endpoint,
        role=source.role,
        personal=source.personal,
        acceptance=Acceptance.WON,
        connectivity=Connectivity.CONNECTING,
    )
    call = msgspec.structs.replace(with_legs(call, replacement), moving=event.endpoint)
    return new_epoch(call, now)


def retired(call: Call) -> Step:
    """The old leg has no more part in the call: the new one's media is up."""
    assert call.moving is not None
    role = call.legs[call.moving].role
    old = call.caller if role is Role.CALLER else call.winner
    assert old is not None
    left = msgspec.structs.replace(call.legs[old], connectivity=Connectivity.LEFT, away_until=None)
    call = with_legs(call, left)
    if role is Role.CALLER:
        call = msgspec.structs.replace(call, caller=call.moving, moving=None)
    else:
        call = msgspec.structs.replace(call, winner=call.moving, moving=None)
    return call, (End(old, EndReason.MOVED),)


def abandoned(call: Call, reason: EndReason, now: float) -> Step:
    """The call goes on where it was, in one epoch more: the one who stays may have closed the old
    connection already, because the new one stood on their side."""
    assert call.moving is not None
    gone = call.moving
    left = msgspec.structs.replace(call.legs[gone], connectivity=Connectivity.LEFT, away_until=None)
    call, effects = new_epoch(msgspec.structs.replace(with_legs(call, left), moving=None, deadline=None), now)
    return call, (End(gone, reason), *effects)
