"""What must hold of a call at every moment, whatever has happened to it.

`check` looks at the state alone. `Listeners` is the world outside: it hears the effects and keeps
what each endpoint believes, so that "exactly one end" and "no orphan ring" are said of what an
endpoint was told, not of what the call thinks.
"""

from collections.abc import Mapping

from kith.core.ids import EndpointId
from signaling.call import (
    OPEN,
    Acceptance,
    Call,
    CallKind,
    Connectivity,
    Effects,
    End,
    EndReason,
    Event,
    Finished,
    Hushed,
    Ignored,
    Joined,
    Leg,
    Moved,
    Phase,
    Restarted,
    Ring,
    Role,
    Update,
    missed_by,
    next_deadline,
)
from tests.support.bench import CALLER, stored


def takes_part(leg: Leg) -> bool:
    """Whether this endpoint rings or is in the call: what a snapshot shows it."""
    in_call = leg.acceptance is Acceptance.WON and leg.connectivity is not Connectivity.LEFT
    return in_call or leg.acceptance in OPEN


def part(call: Call) -> frozenset[EndpointId]:
    return frozenset(leg.endpoint for leg in call.legs.values() if takes_part(leg))


def check(call: Call) -> None:
    """The laws of one state. Raises AssertionError with the law that is broken."""
    assert stored(call) == call, "the store must give back the same call"
    assert all(endpoint == leg.endpoint for endpoint, leg in call.legs.items())
    _check_end(call)
    _check_winner(call)
    _check_time(call)
    _check_media(call)
    _check_drop_in(call)
    for leg in call.legs.values():
        assert call.peer_of(leg.endpoint, call.epoch + 1) is None, "no signal into an epoch to come"
        peer = call.peer_of(leg.endpoint, call.epoch)
        if peer is not None:
            assert peer != leg.endpoint
            assert call.peer_of(peer, call.epoch) == leg.endpoint, "whom I signal, signals me"


def _check_end(call: Call) -> None:
    assert call.over == (call.reason is not None) == (call.ended is not None)
    if call.over:
        assert not part(call), "somebody is left in a call that is over"
        assert all(leg.away_until is None for leg in call.legs.values())
        assert call.moving is None


def _check_winner(call: Call) -> None:
    winners = {
        leg.endpoint
        for leg in call.legs.values()
        if leg.role is Role.CALLEE and leg.acceptance is Acceptance.WON and takes_part(leg)
    }
    moving = (
        {call.moving} if call.moving is not None and call.legs[call.moving].role is Role.CALLEE else set()
    )
    if call.over:
        assert not winners
    else:
        assert winners - moving == ({call.winner} if call.winner else set()), "one winner, and no other"
    assert (call.winner is None) == (call.answered is None)
    if call.winner is not None:
        assert not [leg for leg in call.legs.values() if leg.acceptance in OPEN], "a ring after the answer"
        assert call.phase is not Phase.RINGING
    elif not call.over:
        assert call.phase is Phase.RINGING
    assert call.legs[call.caller].role is Role.CALLER
    if call.silent:
        assert call.winner is None, "answered, though it should have been heard by nobody"
        assert not any(leg.acceptance in OPEN for leg in call.legs.values()), "a silent call rings"


def _check_time(call: Call) -> None:
    """Nothing lasts for ever: what waits for people has a deadline, and what was answered a limit."""
    assert (next_deadline(call) is None) == call.over, "a call that could hang for ever"
    assert (call.limit is None) == (call.winner is None)
    for leg in call.legs.values():
        if leg.away_until is not None:
            assert takes_part(leg), "waiting for somebody who has no part"
        if leg.acceptance is Acceptance.PENDING:
            assert leg.away_until is not None


def _check_media(call: Call) -> None:
    if call.phase is Phase.ACTIVE:
        assert call.moving is None and call.winner is not None
        for endpoint in (call.caller, call.winner):
            leg = call.legs[endpoint]
            assert leg.confirmed == call.epoch and leg.away_until is None
            assert leg.connectivity is Connectivity.CONNECTED
    for leg in call.legs.values():
        assert leg.confirmed <= call.epoch
        if leg.connectivity is Connectivity.CONNECTED:
            assert leg.away_until is None
            being_replaced = call.moving is not None and call.legs[call.moving].role is leg.role
            assert leg.confirmed == call.epoch or (being_replaced and leg.endpoint != call.moving)


def _check_drop_in(call: Call) -> None:
    """A drop in stays where it is, and who is not let in does not learn why."""
    assert (call.kind is CallKind.DROP_IN) == (call.mode is not None)
    if call.kind is CallKind.DROP_IN:
        assert not call.silent and call.moving is None and call.caller == CALLER
        assert call.reason not in UNSAID, "the caller learns why nobody let them in"
        assert missed_by(call) is None
    else:
        assert call.reason not in (EndReason.NOT_LET_IN, EndReason.SILENCE)


UNSAID = (EndReason.DECLINED, EndReason.BUSY, EndReason.NO_ANSWER, EndReason.MOVED)

NEXT: Mapping[Acceptance, frozenset[Acceptance]] = {
    Acceptance.UNREACHABLE: frozenset(
        {Acceptance.OFFERED, Acceptance.WON, Acceptance.LOST, Acceptance.SILENCED}
    ),
    Acceptance.SILENCED: frozenset({Acceptance.OFFERED}),
    Acceptance.PENDING: frozenset(Acceptance),
    Acceptance.OFFERED: frozenset(Acceptance),
    Acceptance.ALERTING: frozenset(Acceptance) - {Acceptance.OFFERED},
}
"""What may become of a leg. All else is for good, but for an endpoint to which the call is moved."""


def check_hushed(before: Call, after: Call, effects: Effects, event: Event) -> None:
    """Whoever calls notices nothing of it that somebody is not to be disturbed."""
    if isinstance(event, Hushed) or (isinstance(event, Joined) and event.quiet):
        assert after.over is before.over and after.legs[after.caller] == before.legs[before.caller]
        told = [one.endpoint for one in effects if isinstance(one, Ring | Update | End)]
        assert before.caller not in told and not any(isinstance(one, Finished) for one in effects)
        assert (after.phase, after.deadline) == (before.phase, before.deadline)


def check_change(before: Call, after: Call, event: Event) -> None:
    """The laws of one step. Raises AssertionError with the law that is broken."""
    if before.over:
        assert after == before, "the dead do not rise"
    assert after.epoch in (before.epoch, before.epoch + 1)
    assert (after.id, after.created, after.target) == (before.id, before.created, before.target)
    assert after.silent >= before.silent, "what was silenced is heard again"
    assert set(before.legs) <= set(after.legs), "no leg is forgotten"
    moved_to = event.endpoint if isinstance(event, Moved) else None
    for endpoint, leg in before.legs.items():
        now = after.legs[endpoint].acceptance
        if now is not leg.acceptance and endpoint != moved_to:
            assert now in NEXT.get(leg.acceptance, frozenset()), f"{leg.acceptance} became {now}"
    if isinstance(event, Restarted) and not after.over:
        away = {leg.endpoint for leg in after.legs.values() if leg.away_until is not None}
        assert away == part(after), "after a restart nobody is there yet, and everybody is waited for"


class Listeners:
    """All endpoints of the world: who believes to be ringing or in the call.

    After a crash an endpoint that has not come back is `stale`: what is sent to it is lost, until its
    snapshot replaces what it believed.
    """

    def __init__(self, caller: EndpointId) -> None:
        self.believes: set[EndpointId] = {caller}
        self.stale: set[EndpointId] = set()
        self.finished = 0
        self.may_miss_finish = False

    def hear(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Ring(endpoint) | Update(endpoint) if endpoint not in self.stale:
                    self.believes.add(endpoint)
                case End(endpoint) if endpoint not in self.stale:
                    assert endpoint in self.believes, f"{endpoint} is told of an end it knows already"
                    self.believes.discard(endpoint)
                case Finished():
                    self.finished += 1
                case Ring() | Update() | End() | Ignored():
                    pass

    def crash(self, everybody: frozenset[EndpointId], *, over: bool) -> None:
        """The server dies after saving. If it had just saved the end, that may be all that is left of it."""
        self.stale = set(everybody)
        self.may_miss_finish = over and not self.finished

    def sync(self, endpoint: EndpointId, call: Call) -> None:
        """The endpoint is back and has been shown what it takes part in."""
        self.stale.discard(endpoint)
        if endpoint in part(call):
            self.believes.add(endpoint)
        else:
            self.believes.discard(endpoint)

    def check(self, call: Call) -> None:
        believes = self.believes - self.stale
        assert believes == part(call) - self.stale, "an endpoint rings or talks and the call does not know it"
        if call.over:
            assert self.finished == 1 or (self.may_miss_finish and self.finished == 0)
        else:
            assert self.finished == 0
