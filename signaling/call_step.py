"""How a call goes from one state to the next: `start` and `step`. Pure and total.

The states, events and effects, and the theory of them, are in `signaling.call`. Here is every answer to
every event: none raises, and what is late, foreign or repeated is `Ignored`.
"""

from collections.abc import Mapping

import msgspec

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.trust.grants import Mode
from signaling.call import (
    CONNECT_TIMEOUT,
    GRACE,
    LONGEST,
    OPEN,
    RING_TIMEOUT,
    Acceptance,
    Alerting,
    Answered,
    Barred,
    Busy,
    Call,
    CallKind,
    Connectivity,
    DeadlinePassed,
    Declined,
    Effects,
    End,
    EndReason,
    Event,
    HungUp,
    Hushed,
    Joined,
    Leg,
    MediaLost,
    MediaUp,
    Moved,
    Phase,
    Restarted,
    Ring,
    Role,
    SignalingBack,
    SignalingLost,
    Step,
    Update,
    Withdrawn,
)
from signaling.call_legs import finished, ignored, new_epoch, opening, parties_of, with_legs
from signaling.call_moves import abandoned, moved, retired

# -- the beginning ----------------------------------------------------------------------------------


def start(
    *,
    call: CallId,
    caller: EndpointId,
    caller_person: PersonId,
    caller_personal: bool,
    callee_person: PersonId | None,
    callee_household: HouseholdId,
    target: str,
    video: bool,
    ring: Mapping[EndpointId, bool],
    online: frozenset[EndpointId],
    now: float,
    silent: bool = False,
    ringing: float = RING_TIMEOUT,
    longest: float = LONGEST,
    mode: Mode | None = None,
    quiet: frozenset[EndpointId] = frozenset(),
) -> Step:
    """A new call. `ring` maps each endpoint that may ring to whether it is personal; it rings for `ringing` seconds.

    An empty `ring`, or one with nobody online, rings out: the caller learns nothing from it. So does a `silent` call,
    for which `ring` is empty, and nobody else learns of it either. At those that are `quiet` it does not ring, which
    the caller does not notice. With a `mode` it is a drop in.
    """
    legs = {
        caller: Leg(endpoint=caller, role=Role.CALLER, personal=caller_personal, acceptance=Acceptance.WON)
    } | {
        endpoint: Leg(
            endpoint=endpoint,
            role=Role.CALLEE,
            personal=personal,
            acceptance=_at_first(endpoint, online, quiet),
        )
        for endpoint, personal in sorted(ring.items())
    }
    new = Call(
        id=call,
        caller_person=caller_person,
        callee_person=callee_person,
        callee_household=callee_household,
        target=target,
        video=video,
        phase=Phase.RINGING,
        caller=caller,
        legs=legs,
        created=now,
        deadline=now + ringing,
        longest=longest,
        silent=silent,
        kind=CallKind.CALL if mode is None else CallKind.DROP_IN,
        mode=mode,
    )
    return new, tuple(Ring(leg.endpoint) for leg in legs.values() if leg.acceptance is Acceptance.OFFERED)


def _at_first(
    endpoint: EndpointId, online: frozenset[EndpointId], quiet: frozenset[EndpointId]
) -> Acceptance:
    if endpoint in quiet:
        return Acceptance.SILENCED
    return Acceptance.OFFERED if endpoint in online else Acceptance.UNREACHABLE


# -- one step ---------------------------------------------------------------------------------------


def step(call: Call, event: Event, now: float) -> Step:
    """The next call and what must be told to whom."""
    if call.over:
        return ignored(call, event)
    match event:
        case DeadlinePassed():
            return _deadline(call, event, max(now, event.due))
        case Restarted():
            return _restarted(call, now)
        case Joined():
            return _joined(call, event)
        case Hushed():
            return _hushed(call, event)
        case Moved():
            return moved(call, event, now)
        case Barred():
            return _barred(call, event, now)
        case Withdrawn():
            return _withdrawn(call, event, now)
    leg = call.legs.get(event.endpoint)
    if leg is None:
        return ignored(call, event)
    if leg.acceptance is Acceptance.WON and leg.connectivity is not Connectivity.LEFT:
        return _in_call(call, leg, event, now)
    if call.phase is Phase.RINGING:
        return _ringing(call, leg, event, now)
    return ignored(call, event)


def _joined(call: Call, event: Joined) -> Step:
    leg = call.legs.get(event.endpoint)
    before = None if leg is None else leg.acceptance
    new = call.kind is CallKind.CALL and before in (None, Acceptance.UNREACHABLE, Acceptance.SILENCED)
    acceptance = Acceptance.SILENCED if event.quiet else Acceptance.OFFERED
    if call.phase is not Phase.RINGING or call.silent or not new or before is acceptance:
        return ignored(call, event)
    fresh = Leg(endpoint=event.endpoint, role=Role.CALLEE, personal=event.personal, acceptance=acceptance)
    return with_legs(call, fresh), () if event.quiet else (Ring(event.endpoint),)


def _hushed(call: Call, event: Hushed) -> Step:
    """It falls silent there, and rings on elsewhere; where that is nowhere, it rings out."""
    leg = call.legs.get(event.endpoint)
    if call.kind is not CallKind.CALL or call.phase is not Phase.RINGING or call.silent or leg is None:
        return ignored(call, event)
    if leg.acceptance not in (*OPEN, Acceptance.UNREACHABLE):
        return ignored(call, event)
    quiet = msgspec.structs.replace(leg, acceptance=Acceptance.SILENCED, away_until=None)
    told = (End(leg.endpoint, EndReason.NO_ANSWER),) if leg.acceptance in OPEN else ()
    return with_legs(call, quiet), told


def _withdrawn(call: Call, event: Withdrawn, now: float) -> Step:
    if call.winner is not None:
        return finished(call, EndReason.HUNG_UP, now)
    if event.role is Role.CALLER:
        return finished(call, EndReason.CANCELLED, now)
    if call.kind is CallKind.DROP_IN:
        return finished(call, EndReason.NOT_LET_IN, now)
    return ignored(call, event) if call.silent else _silenced(call)


def _barred(call: Call, event: Barred, now: float) -> Step:
    leg = call.legs.get(event.endpoint)
    if call.kind is not CallKind.DROP_IN or leg is None:
        return ignored(call, event)
    if event.endpoint in (call.winner, call.caller):
        return finished(call, EndReason.CANCELLED if call.winner is None else EndReason.HUNG_UP, now)
    return _close_leg(call, leg, Acceptance.LOST, now) if leg.acceptance in OPEN else ignored(call, event)


def _silenced(call: Call) -> Step:
    """What rings stops, and none may ring or answer any more; the caller goes on hearing what there was to hear."""
    quiet = [
        msgspec.structs.replace(leg, acceptance=Acceptance.LOST, away_until=None)
        for leg in call.legs.values()
        if leg.acceptance in OPEN or leg.acceptance is Acceptance.UNREACHABLE
    ]
    rang = [leg.endpoint for leg in quiet if call.legs[leg.endpoint].acceptance in OPEN]
    told = tuple(End(endpoint, EndReason.NO_ANSWER) for endpoint in rang)
    return msgspec.structs.replace(with_legs(call, *quiet), silent=True), told


# -- a callee's endpoint while the call rings --------------------------------------------------------


def _ringing(call: Call, leg: Leg, event: Event, now: float) -> Step:
    open_ = leg.acceptance in OPEN
    match event:
        case Answered() if open_ or leg.acceptance is Acceptance.UNREACHABLE:
            return _won(call, leg, event, now)
        case Declined() | HungUp() if open_ and leg.personal:
            declined = msgspec.structs.replace(leg, acceptance=Acceptance.DECLINED, away_until=None)
            return finished(with_legs(call, declined), EndReason.DECLINED, now)
        case Declined() | HungUp() if open_:
            return _close_leg(call, leg, Acceptance.DECLINED, now)
        case Busy() if open_:
            return _close_leg(call, leg, Acceptance.BUSY, now)
        case Alerting() if leg.acceptance in (Acceptance.OFFERED, Acceptance.PENDING):
            alerting = msgspec.structs.replace(leg, acceptance=Acceptance.ALERTING, away_until=None)
            return with_legs(call, alerting), ()
        case SignalingLost() if leg.acceptance in (Acceptance.OFFERED, Acceptance.ALERTING):
            away = msgspec.structs.replace(leg, acceptance=Acceptance.PENDING, away_until=now + GRACE)
            return with_legs(call, away), ()
        case SignalingBack() if leg.acceptance is Acceptance.PENDING:
            back = msgspec.structs.replace(leg, acceptance=Acceptance.OFFERED, away_until=None)
            return with_legs(call, back), (Ring(leg.endpoint),)
    return ignored(call, event)


_LEG_ENDS = {
    Acceptance.BUSY: EndReason.BUSY,
    Acceptance.DECLINED: EndReason.DECLINED,
    Acceptance.LOST: EndReason.CANCELLED,
}


def _close_leg(call: Call, leg: Leg, acceptance: Acceptance, now: float) -> Step:
    """One leg says no for itself; the call ends only when no other can still say yes."""
    closed = msgspec.structs.replace(leg, acceptance=acceptance, away_until=None)
    reason = _LEG_ENDS[acceptance]
    call, effects = _settle_ringing(with_legs(call, closed), now)
    return call, (End(leg.endpoint, reason), *effects)


def _settle_ringing(call: Call, now: float) -> Step:
    """Nobody left who could answer: busy if one was, else declined if one did, else ring on.

    To ring on where nobody is reachable is deliberate: the caller must not learn it. Who drops in does not learn why.
    """
    legs = [leg.acceptance for leg in call.legs.values() if leg.role is Role.CALLEE]
    if any(acceptance in OPEN for acceptance in legs):
        return call, ()
    if Acceptance.BUSY in legs:
        return finished(call, EndReason.BUSY, now)
    if Acceptance.DECLINED in legs or call.kind is CallKind.DROP_IN:
        return finished(call, EndReason.DECLINED, now)
    return call, ()


def _won(call: Call, leg: Leg, answer: Answered, now: float) -> Step:
    winner = msgspec.structs.replace(
        leg, acceptance=Acceptance.WON, connectivity=Connectivity.CONNECTING, away_until=None
    )
    caller = call.legs[call.caller]
    caller = msgspec.structs.replace(caller, connectivity=opening(caller))
    losers = [
        other
        for other in call.legs.values()
        if other.role is Role.CALLEE and other.endpoint != leg.endpoint and other.acceptance in OPEN
    ]
    lost = [msgspec.structs.replace(other, acceptance=Acceptance.LOST, away_until=None) for other in losers]
    answered = msgspec.structs.replace(
        with_legs(call, winner, caller, *lost),
        phase=Phase.ANSWERING,
        winner=leg.endpoint,
        answered=now,
        video=call.video and answer.video,
        aliases=call.aliases if answer.instead_of is None else (*call.aliases, answer.instead_of),
        deadline=now + CONNECT_TIMEOUT,
        limit=now + call.longest,
    )
    silenced = tuple(End(other.endpoint, EndReason.ANSWERED_ELSEWHERE) for other in losers)
    return answered, (Update(call.caller), Update(leg.endpoint), *silenced)


# -- the endpoints that speak for a side -------------------------------------------------------------


def _in_call(call: Call, leg: Leg, event: Event, now: float) -> Step:
    match event:
        case HungUp() | Declined():
            return _out(call, leg, event, now)
        case SignalingLost() if leg.away_until is None:
            if leg.endpoint == call.moving:
                return abandoned(call, EndReason.LOST, now)
            away = msgspec.structs.replace(
                leg,
                connectivity=leg.connectivity if call.winner is None else Connectivity.RECONNECTING,
                away_until=now + GRACE,
            )
            return _settle_connected(with_legs(call, away), tell=_others(call, leg))
        case SignalingBack() if leg.away_until is not None:
            back = msgspec.structs.replace(leg, connectivity=_standing(call, leg), away_until=None)
            return _settle_connected(with_legs(call, back), tell=(leg.endpoint, *_others(call, leg)))
        case MediaUp(epoch=epoch) if _speaks(call, leg) and epoch == call.epoch != leg.confirmed:
            up = msgspec.structs.replace(
                leg,
                confirmed=epoch,
                connectivity=Connectivity.CONNECTED if leg.away_until is None else leg.connectivity,
            )
            return _settle_connected(with_legs(call, up), tell=())
        case MediaLost(epoch=epoch) if _speaks(call, leg) and epoch == call.epoch:
            return new_epoch(call, now)
    return ignored(call, event)


def _standing(call: Call, leg: Leg) -> Connectivity:
    """Connectivity of a leg whose signaling is there."""
    if call.winner is None:
        return Connectivity.NONE
    return Connectivity.CONNECTED if leg.confirmed == call.epoch else Connectivity.CONNECTING


def _speaks(call: Call, leg: Leg) -> bool:
    """Whether the current epoch's media is this endpoint's. It is not before an answer, nor during a
    move for the endpoint that is being replaced."""
    return call.winner is not None and call.party(leg.role, call.epoch) == leg.endpoint


def _others(call: Call, leg: Leg) -> tuple[EndpointId, ...]:
    """The endpoints on the other side, once there is one."""
    if call.winner is None:
        return ()
    role = Role.CALLEE if leg.role is Role.CALLER else Role.CALLER
    peer = call.party(role, call.epoch)
    return () if peer is None else (peer,)


def _out(call: Call, leg: Leg, event: HungUp | Declined, now: float) -> Step:
    if leg.endpoint == call.moving:
        return abandoned(call, EndReason.HUNG_UP, now)
    if call.winner is None:
        return finished(call, EndReason.CANCELLED, now)
    why = event.why if isinstance(event, HungUp) and call.kind is CallKind.DROP_IN else EndReason.HUNG_UP
    own = why is EndReason.SILENCE or leg.role is Role.CALLEE
    return finished(call, why if own else EndReason.HUNG_UP, now)


def _settle_connected(call: Call, *, tell: tuple[EndpointId, ...]) -> Step:
    """Derive the phase from the legs; retire the old leg of a move that has succeeded."""
    if call.winner is None:
        return call, ()
    parties = parties_of(call)
    media = all(leg.confirmed == call.epoch for leg in parties)
    effects: Effects = ()
    if media and call.moving is not None:
        call, effects = retired(call)
    if media:
        call = msgspec.structs.replace(call, deadline=None)
    here = all(leg.away_until is None for leg in parties)
    been_active = call.phase in (Phase.ACTIVE, Phase.RECOVERING)
    phase = Phase.ACTIVE if media and here else Phase.RECOVERING if media or been_active else Phase.ANSWERING
    if phase is not call.phase:
        call = msgspec.structs.replace(call, phase=phase)
        tell = tuple(leg.endpoint for leg in parties)
    return call, (*(Update(endpoint) for endpoint in tell), *effects)


# -- time, restart, end -----------------------------------------------------------------------------


def _deadline(call: Call, event: DeadlinePassed, now: float) -> Step:
    if call.limit is not None and call.limit <= now:
        return finished(call, EndReason.TIME_LIMIT, now)
    late = [leg for leg in call.legs.values() if leg.away_until is not None and leg.away_until <= now]
    if any(leg.acceptance is Acceptance.WON and leg.endpoint != call.moving for leg in late):
        return finished(call, EndReason.CANCELLED if call.winner is None else EndReason.LOST, now)
    if any(leg.endpoint == call.moving for leg in late):
        return abandoned(call, EndReason.LOST, now)
    if call.deadline is not None and call.deadline <= now:
        if call.moving is not None:
            return abandoned(call, EndReason.CONNECT_FAILED, now)
        reasons = {Phase.RINGING: EndReason.NO_ANSWER, Phase.ANSWERING: EndReason.CONNECT_FAILED}
        return finished(call, reasons.get(call.phase, EndReason.LOST), now)
    if late:
        gone = [
            msgspec.structs.replace(leg, acceptance=Acceptance.UNREACHABLE, away_until=None) for leg in late
        ]
        call, effects = _settle_ringing(with_legs(call, *gone), now)
        return call, (*(End(leg.endpoint, EndReason.NO_ANSWER) for leg in late), *effects)
    return ignored(call, event)


def _restarted(call: Call, now: float) -> Step:
    legs = []
    for leg in call.legs.values():
        if leg.acceptance is Acceptance.WON and leg.connectivity is not Connectivity.LEFT:
            legs.append(
                msgspec.structs.replace(
                    leg,
                    connectivity=Connectivity.NONE if call.winner is None else Connectivity.RECONNECTING,
                    away_until=now + GRACE,
                )
            )
        elif leg.acceptance in OPEN:
            legs.append(msgspec.structs.replace(leg, acceptance=Acceptance.PENDING, away_until=now + GRACE))
    deadline = None if call.deadline is None else max(call.deadline, now + CONNECT_TIMEOUT)
    call = msgspec.structs.replace(with_legs(call, *legs), deadline=deadline)
    return _settle_connected(call, tell=())
