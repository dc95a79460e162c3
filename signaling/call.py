"""One call, from invite to end. Pure and total: every event in every phase has an answer, none raises.

Theory of operation

    call   ringing -> answering -> active <-> recovering -> ended(reason)

    leg    acceptance    pending, offered, alerting -> won | lost | declined | busy
                         | unreachable | timed_out | cancelled | silenced
           connectivity  none -> connecting -> connected <-> reconnecting -> left

A leg is one endpoint's side. The caller's leg has `won` from the start; on the callee's side
every endpoint has a leg and the first to answer wins. Acceptance says who is in the call,
connectivity whether the connection stands: they are two fields, so that neither multiplies the other.

Media flows between the two endpoints directly. Signaling may come and go without touching it:
a leg whose signaling is away is `reconnecting` and has GRACE seconds to come back.

A peer connection has an epoch. Lost media, a changed network or a move to another endpoint opens
epoch + 1 under the same call; the old connection stays until the new one is up. The caller's side
is the only offerer in every epoch, so negotiation cannot glare.

A drop in (policy.drop_in) is a call that somebody was allowed beforehand. It rings softly at those endpoints at which
a person may let the caller in, or at one that opens by itself. Nobody joins it later, it does not move, it is not
missed, and until it is answered the caller learns nothing but that nobody let them in.

`step` returns the next call and its effects. The next call is saved before the effects leave.
Times are Unix seconds, because deadlines outlive the process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.trust.grants import Mode

RING_TIMEOUT = 45.0
"""How long an unanswered call rings. Shorter and a grandparent does not reach the door frame;
longer and the caller, who hears only ringing, has given up anyway."""

KNOCK_TIMEOUT = 20.0
"""How long somebody knocks. Half of what a call rings: it is soft, and for who is near; who knocks on is a nuisance."""

OPENING_TIMEOUT = 10.0
"""How long an endpoint that opens by itself may take to say so. It needs nobody's hand, only the network's two ways."""

CONNECT_TIMEOUT = 15.0
"""From answer to media on both sides. ICE through a relay on a bad network takes up to 10 s; where there is no
way through, this is how long two people look at "connecting"."""

RECOVERY_TIMEOUT = 30.0
"""From loss of media to media on both sides. As long as GRACE: a network that is away takes both with it, and media
cannot be back before signaling is."""

LONGEST = 8 * 3600.0
"""From answer to end at most, where the operator sets nothing else. A night of a baby monitor fits; a line that was
forgotten, or that somebody keeps open to wear others out, ends."""

GRACE = 30.0
"""How long signaling may be away before the leg is given up: a phone changing from Wi-Fi to mobile,
or the server being restarted. Media flows meanwhile, so long costs little; the other side of a call whose
peer really died would see the lack of media much sooner."""


class CallKind(StrEnum):
    CALL = "call"  # Somebody calls, and somebody answers.
    DROP_IN = "drop_in"  # Somebody who was granted it looks in.


class Phase(StrEnum):
    RINGING = "ringing"  # Nobody has answered yet.
    ANSWERING = "answering"  # Somebody answered; media is not up on both sides yet.
    ACTIVE = "active"  # Both sides have media and signaling.
    RECOVERING = "recovering"  # The call was active; a side lost its signaling or its media.
    ENDED = "ended"  # Over, for the reason that stands beside it.


class Acceptance(StrEnum):
    PENDING = "pending"  # Should ring, but its signaling is away for a moment.
    OFFERED = "offered"  # The ring is on its way to the endpoint.
    ALERTING = "alerting"  # The endpoint says that it rings.
    WON = "won"  # This endpoint speaks for its side.
    LOST = "lost"  # Another endpoint of the same side answered, or declined for all.
    DECLINED = "declined"  # Somebody at this endpoint said no.
    BUSY = "busy"  # This endpoint is in another call.
    UNREACHABLE = "unreachable"  # It was not connected, or did not come back in time.
    TIMED_OUT = "timed_out"  # It rang and nobody came.
    CANCELLED = "cancelled"  # The caller gave up while it rang.
    SILENCED = "silenced"  # Somebody there is not to be disturbed.


OPEN = frozenset({Acceptance.PENDING, Acceptance.OFFERED, Acceptance.ALERTING})


class Connectivity(StrEnum):
    NONE = "none"  # Nothing to connect yet.
    CONNECTING = "connecting"  # The current epoch's media is not up here.
    CONNECTED = "connected"  # The current epoch's media is up here.
    RECONNECTING = "reconnecting"  # Signaling is away; media may well flow.
    LEFT = "left"  # This endpoint has no more part in the call.


class Role(StrEnum):
    CALLER = "caller"
    CALLEE = "callee"


class EndReason(StrEnum):
    """Why an endpoint's part is over. Each is one true sentence (`SENTENCES`)."""

    HUNG_UP = "hung_up"
    DECLINED = "declined"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    CONNECT_FAILED = "connect_failed"
    LOST = "lost"
    MOVED = "moved"
    TIME_LIMIT = "time_limit"
    NOT_LET_IN = "not_let_in"
    SILENCE = "silence"
    REMOVED = "removed"


SENTENCES: Mapping[EndReason, str] = {
    EndReason.HUNG_UP: "One of the two hung up.",
    EndReason.DECLINED: "The call was declined.",
    EndReason.BUSY: "Every device that could answer was in another call.",
    EndReason.NO_ANSWER: "Nobody answered.",
    EndReason.CANCELLED: "The caller gave up before anybody answered.",
    EndReason.ANSWERED_ELSEWHERE: "Another device answered first.",
    EndReason.CONNECT_FAILED: "The call was answered but the two devices could not reach each other.",
    EndReason.LOST: "The connection was lost and did not come back.",
    EndReason.MOVED: "The call goes on at another device.",
    EndReason.TIME_LIMIT: "The call was as long as it may be.",
    EndReason.NOT_LET_IN: "Nobody let the one in who wanted to drop in.",
    EndReason.SILENCE: "Nobody had spoken for a long while.",
    EndReason.REMOVED: "Whoever started the group took this device out of it.",
}


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """`confirmed` is the last epoch whose media this endpoint reported up, -1 for none.
    `away_until` is the deadline of an absence of signaling. A `personal` endpoint's
    decline holds everywhere, a shared one's only for itself."""

    endpoint: EndpointId
    role: Role
    personal: bool
    acceptance: Acceptance
    connectivity: Connectivity = Connectivity.NONE
    confirmed: int = -1
    away_until: float | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of a call. `target` is what was called: a person, or one endpoint.

    `video` is whether video may flow: the caller asked for it and the answer did not exclude it.
    `aliases` are ids of invites that became the answer to this call: a retry of one means this call.
    `moving` is the endpoint that is taking over a side in the current epoch, until its media is up.
    `longest` is how many seconds it may last from its answer on, `limit` when it ends for that.
    `silent`: it rings out at the caller alone. Nobody on the other side is told, not even that it was missed.
    `mode` is how a drop in begins, and absent for any other call.
    """

    id: CallId
    caller_person: PersonId
    callee_person: PersonId | None
    callee_household: HouseholdId
    target: str
    video: bool
    phase: Phase
    caller: EndpointId
    legs: dict[EndpointId, Leg]
    created: float
    winner: EndpointId | None = None
    answered: float | None = None
    epoch: int = 0
    moving: EndpointId | None = None
    deadline: float | None = None
    ended: float | None = None
    aliases: tuple[CallId, ...] = ()
    reason: EndReason | None = None
    longest: float = LONGEST
    limit: float | None = None
    silent: bool = False
    kind: CallKind = CallKind.CALL
    mode: Mode | None = None

    @property
    def over(self) -> bool:
        return self.phase is Phase.ENDED

    def party(self, role: Role, epoch: int) -> EndpointId | None:
        """The endpoint that speaks for a side in `epoch`: during a move the old and the new one differ."""
        if self.moving is not None and epoch == self.epoch and self.legs[self.moving].role is role:
            return self.moving
        return self.caller if role is Role.CALLER else self.winner

    def peer_of(self, endpoint: EndpointId, epoch: int) -> EndpointId | None:
        """Whom `endpoint`'s signals of `epoch` go to; None if it does not speak for its side then."""
        leg = self.legs.get(endpoint)
        if leg is None or self.over or self.winner is None or epoch > self.epoch:
            return None
        if self.party(leg.role, epoch) != endpoint:
            return None
        return self.party(Role.CALLEE if leg.role is Role.CALLER else Role.CALLER, epoch)

    def talking(self) -> dict[EndpointId, EndpointId]:
        """`peer_of` in the current epoch, for every endpoint that has one then."""
        peers = ((one, self.peer_of(one, self.epoch)) for one in self.legs)
        return {one: peer for one, peer in peers if peer is not None}


# -- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """An endpoint of the callee connected while the call rings and policy lets it ring; or Do Not Disturb was switched
    off there. `quiet`: it is on there, so it does not ring."""

    endpoint: EndpointId
    personal: bool
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Hushed:
    """Do Not Disturb was switched on at an endpoint of the callee while the call rings. The caller must not notice."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class SignalingLost:
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class SignalingBack:
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Alerting:
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Answered:
    """`instead_of`: the id of the endpoint's own invite, where that is the answer (glare)."""

    endpoint: EndpointId
    video: bool
    instead_of: CallId | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Busy:
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class HungUp:
    """Cancel, decline and hang up are one wish, "I want out": what it means depends on the phase. `why` is for who was
    dropped in on: HUNG_UP, SILENCE, or NOT_LET_IN by an endpoint that believes the caller less than the server does."""

    endpoint: EndpointId
    why: EndReason = EndReason.HUNG_UP


@dataclass(frozen=True, slots=True)
class MediaUp:
    endpoint: EndpointId
    epoch: int


@dataclass(frozen=True, slots=True)
class MediaLost:
    endpoint: EndpointId
    epoch: int


@dataclass(frozen=True, slots=True)
class Moved:
    """`endpoint`, another one of the same person, takes over the side of `source`."""

    endpoint: EndpointId
    source: EndpointId


@dataclass(frozen=True, slots=True)
class Barred:
    """A drop in may not go on at this endpoint, nor begin."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """One side may have no part in the call any more, because of a block or a suspension. Where that is the side
    that is called, and it rings, the caller must not notice."""

    role: Role


@dataclass(frozen=True, slots=True)
class Restarted:
    """The server was killed and has loaded this call: nobody's signaling is there yet."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """Time has reached what was `next_deadline(call)`: `due`, whatever a wall clock that was set back says."""

    due: float = 0.0


Event = (
    Joined
    | Hushed
    | SignalingLost
    | SignalingBack
    | Alerting
    | Answered
    | Declined
    | Busy
    | HungUp
    | MediaUp
    | MediaLost
    | Moved
    | Barred
    | Withdrawn
    | Restarted
    | DeadlinePassed
)

# -- effects ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell a callee's endpoint that the call rings."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Update:
    """Tell an endpoint in the call what the call now is."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class End:
    """Tell an endpoint that its part is over. Sent exactly once to each endpoint that knew of the call."""

    endpoint: EndpointId
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Finished:
    """The call as a whole is over: history, missed calls. Exactly once a call."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class Ignored:
    """Late, foreign or repeated: counted, never fatal."""

    event: Event
    phase: Phase


Effect = Ring | Update | End | Finished | Ignored
Effects = tuple[Effect, ...]
Step = tuple[Call, Effects]

# -- questions -------------------------------------------------------------------------------------


def next_deadline(call: Call) -> float | None:
    """When `DeadlinePassed` is due, in Unix seconds; None for never."""
    if call.over:
        return None
    times = [leg.away_until for leg in call.legs.values()]
    return min((time for time in (*times, call.deadline, call.limit) if time is not None), default=None)


def silenced(call: Call) -> bool:
    """Whether nobody heard of it because they were not to be disturbed, wherever it could have rung."""
    theirs = [leg.acceptance for leg in call.legs.values() if leg.role is Role.CALLEE]
    unheard = (Acceptance.SILENCED, Acceptance.UNREACHABLE)
    return Acceptance.SILENCED in theirs and all(one in unheard for one in theirs)


def missed_by(call: Call) -> PersonId | None:
    """Who missed a call that is over: the person called, if nobody answered and nobody said no.

    A call to one device is missed by nobody: it was for whoever stood there. Nor is one that was silent, nor a drop in.
    """
    if (
        not call.over
        or call.silent
        or call.kind is not CallKind.CALL
        or call.winner is not None
        or call.reason is EndReason.DECLINED
    ):
        return None
    return call.callee_person if call.target == call.callee_person else None
