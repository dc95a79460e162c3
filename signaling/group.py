"""One group, from the first ring to the end. Pure and total: every event has an answer, none raises.

Theory of operation

    group    ringing -> active -> ended(reason)
    place    ringing -> joined <-> left | declined | no_answer | removed
    ring     one endpoint at which a place rings (signaling.call.Acceptance)
    member   an endpoint that takes part

A place is somebody who was asked: a person, who may come at any of their endpoints, or one endpoint. The starter has
one as well, which never rings. A place has one member at most, but for a move: then the newcomer `replaces` the former
one, which is out as soon as the newcomer is connected.

Members join and leave; the group is there as long as two take part, or one waits for somebody who is being asked. A
drop in ends with its starter. Media flows between members, or between each and the mixer, and signaling may come and go
without touching it: a member whose signaling is away has GRACE seconds to come back.

Members say how their connections stand (`up`). Who is connected with nobody though others are there is out after a
time, so that a group is not held open by somebody who is gone. A mixer's `epoch` rises when all have to offer it anew.

`group_step.step` returns the next group and its effects. The next group is saved before the effects leave.
Times are Unix seconds, because deadlines outlive the process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.trust.grants import Mode
from kith.core.trust.group import GroupRoster
from policy.group import MIXER_MOST, Path
from signaling.call import (
    LONGEST,
    OPEN,
    Acceptance,
    Barred,
    Busy,
    CallKind,
    DeadlinePassed,
    Declined,
    EndReason,
    Hushed,
    Restarted,
    SignalingBack,
    SignalingLost,
)

MIXER = "mixer"
"""With whom a member of a mixed group is connected."""


class GroupPhase(StrEnum):
    RINGING = "ringing"  # Nobody has joined who was asked.
    ACTIVE = "active"  # Somebody has.
    ENDED = "ended"  # Over, for the reason that stands beside it.


class PlaceState(StrEnum):
    RINGING = "ringing"  # They are being asked.
    JOINED = "joined"  # They take part.
    LEFT = "left"  # They did, and may come back.
    DECLINED = "declined"  # They said no.
    NO_ANSWER = "no_answer"  # Nobody came.
    REMOVED = "removed"  # Whoever started the group took them out.


class RingAt(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint at which a place rings. A `personal` one's decline holds for the whole place."""

    endpoint: EndpointId
    personal: bool
    acceptance: Acceptance
    away_until: float | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was asked, by `target`: a person or one endpoint. `person` is for whom an endpoint speaks there,
    None for its household. `until` is when it stops ringing. `silent`: nobody there is told, and nobody may join there.
    `mode` is how a drop in begins. `asked` is false for the starter's own."""

    target: str
    person: PersonId | None
    household: HouseholdId
    state: PlaceState = PlaceState.RINGING
    rings: dict[EndpointId, RingAt] = {}
    until: float | None = None
    silent: bool = False
    mode: Mode | None = None
    asked: bool = True


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that takes part, at the place with that target. `up`: with whom its media stands, as it says itself,
    or as the mixer does; `been`: whether it ever did. `connect_by` is until when it has to stand with anybody."""

    endpoint: EndpointId
    place: str
    order: int
    personal: bool
    up: frozenset[str] = frozenset()
    been: bool = False
    connect_by: float | None = None
    away_until: float | None = None
    replaces: EndpointId | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of a group.

    `starter` is the endpoint at which it was started, `home` the starter's place. `next_order` is what the next one who
    joins gets. `epoch` is the mixer's, `offered` the highest one that anybody offered in. `longest` is how many
    seconds it may last once somebody has joined, `limit` when it ends for that. `largest` bounds those who take
    part where it is mixed.
    """

    id: CallId
    kind: CallKind
    path: Path
    video: bool
    starter: EndpointId
    home: str
    places: dict[str, Place]
    members: dict[EndpointId, Member]
    created: float
    roster: GroupRoster
    next_order: int = 1
    phase: GroupPhase = GroupPhase.RINGING
    answered: float | None = None
    longest: float = LONGEST
    largest: int = MIXER_MOST
    limit: float | None = None
    epoch: int = 0
    offered: int = -1
    ended: float | None = None
    reason: EndReason | None = None

    @property
    def over(self) -> bool:
        return self.phase is GroupPhase.ENDED

    @property
    def starting_place(self) -> Place:
        return self.places[self.home]

    def member_at(self, place: str) -> Member | None:
        """Who takes part there: during a move the one who came last."""
        return max(
            (one for one in self.members.values() if one.place == place),
            key=lambda one: one.order,
            default=None,
        )

    def ringing_at(self, endpoint: EndpointId) -> list[Place]:
        """The places that ring at this endpoint, or would if its signaling was there."""
        return [one for one in self.places.values() if rings_at(one, endpoint)]

    def concerns(self, endpoint: EndpointId) -> bool:
        """Whether the endpoint takes part, or it rings there."""
        return not self.over and (endpoint in self.members or bool(self.ringing_at(endpoint)))

    def taking_part(self) -> frozenset[str]:
        """The targets of the places at which somebody is there."""
        return frozenset(one.place for one in self.members.values())

    def people(self) -> set[PersonId]:
        """Everybody who was asked, and the starter."""
        return {one.person for one in self.places.values() if one.person is not None}

    def endpoints(self) -> set[EndpointId]:
        """All that have or had a part in it."""
        return {*self.members, self.starter, *(one for place in self.places.values() for one in place.rings)}


def rings_at(place: Place, endpoint: EndpointId) -> bool:
    ring = place.rings.get(endpoint)
    return (
        place.state is PlaceState.RINGING
        and not place.silent
        and ring is not None
        and ring.acceptance in OPEN
    )


# -- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joins:
    """Somebody takes part at this endpoint, at the place with that target: they answer, let in, come late or back, or
    go on here with what they had at another endpoint. `among` are the places whose people they may meet: where anybody
    else has arrived, that has to be looked at once more. None where nobody has to look."""

    endpoint: EndpointId
    place: str
    personal: bool
    among: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Rings:
    """An endpoint of a place that rings has connected, or is to be disturbed again. `quiet`: it is not."""

    endpoint: EndpointId
    place: str
    personal: bool
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Leaves:
    """`why` is for who was dropped in on: HUNG_UP, SILENCE, or NOT_LET_IN by an endpoint that believes the starter less
    than the server does. At an endpoint at which it rings, a way to decline."""

    endpoint: EndpointId
    why: EndReason = EndReason.HUNG_UP


@dataclass(frozen=True, slots=True)
class Removes:
    """The starter takes the place of this member out for good."""

    by: EndpointId
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Asks:
    """More are asked. A place that is there already is asked again, unless it takes part or was taken out."""

    by: EndpointId
    places: tuple[Place, ...]
    roster: GroupRoster | None = None


@dataclass(frozen=True, slots=True)
class Signs:
    """A member has signed the next roster, which was checked. One that follows another than the newest is late."""

    roster: GroupRoster


@dataclass(frozen=True, slots=True)
class Connected:
    """Media stands between this member and another one, or the mixer."""

    endpoint: EndpointId
    peer: str = MIXER


@dataclass(frozen=True, slots=True)
class Disconnected:
    endpoint: EndpointId
    peer: str = MIXER


@dataclass(frozen=True, slots=True)
class Offers:
    """A member offers the mixer a connection in this epoch."""

    endpoint: EndpointId
    epoch: int


@dataclass(frozen=True, slots=True)
class MixerMoved:
    """The mixer was lost, and another one waits."""


@dataclass(frozen=True, slots=True)
class Withdraws:
    """These places may have no part in it any more, because of a block or a suspension. Where one rings nobody is to
    notice."""

    places: frozenset[str]


Event = (
    Joins
    | Rings
    | Leaves
    | Removes
    | Asks
    | Signs
    | Connected
    | Disconnected
    | Offers
    | MixerMoved
    | Withdraws
    | Hushed
    | Declined
    | Busy
    | Barred
    | SignalingLost
    | SignalingBack
    | Restarted
    | DeadlinePassed
)

# -- effects ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell an endpoint that it is asked."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Update:
    """Everybody who has a part may have to be shown it anew."""


@dataclass(frozen=True, slots=True)
class End:
    """Tell an endpoint that its part is over. Exactly once for each time that it had one."""

    endpoint: EndpointId
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Unseat:
    """This member's connection with the mixer is to be closed."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class RangOut:
    """Nobody came at this place, which is over for it."""

    place: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The group is over. Exactly once a group."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class Ignored:
    """Late, foreign or repeated: counted, never fatal."""

    event: Event


Effect = Ring | Update | End | Unseat | RangOut | Finished | Ignored
Effects = tuple[Effect, ...]
Step = tuple[Group, Effects]


@dataclass(frozen=True, slots=True)
class Turned:
    """What an event makes of a group, before it is settled. `why` is for endpoints whose part is over, `otherwise` for
    all that are not in it, `final` where the whole group is over."""

    group: Group
    otherwise: EndReason = EndReason.HUNG_UP
    why: Mapping[EndpointId, EndReason] = field(default_factory=dict)
    final: EndReason | None = None


# -- questions -------------------------------------------------------------------------------------


def next_deadline(group: Group) -> float | None:
    """When `DeadlinePassed` is due, in Unix seconds; None for never."""
    if group.over:
        return None
    times = [group.limit]
    times += [time for one in group.members.values() for time in (one.connect_by, one.away_until)]
    for place in group.places.values():
        if place.state is PlaceState.RINGING:
            times += [place.until, *(ring.away_until for ring in place.rings.values())]
    return min((time for time in times if time is not None), default=None)


def missed_at(before: Group, after: Group) -> frozenset[PersonId]:
    """Who has missed a call by this step: persons who were asked, could be told, and did not come."""
    if after.kind is not CallKind.CALL:
        return frozenset()
    return frozenset(
        place.person
        for target, place in after.places.items()
        if place.person is not None
        and place.target == place.person
        and not place.silent
        and place.state is PlaceState.NO_ANSWER
        and target in before.places
        and before.places[target].state is PlaceState.RINGING
    )


def silenced(place: Place) -> bool:
    """Whether nobody heard it because they were not to be disturbed, wherever it could have rung."""
    unheard = (Acceptance.SILENCED, Acceptance.UNREACHABLE)
    said = [ring.acceptance for ring in place.rings.values()]
    return Acceptance.SILENCED in said and all(one in unheard for one in said)
