"""What every step of a group is made of: places and members that change, and how it is settled. Pure and total."""

import dataclasses
from collections.abc import Iterable

from msgspec.structs import replace

from kith.core.ids import EndpointId
from policy.group import Path
from signaling.call import (
    CONNECT_TIMEOUT,
    OPEN,
    RECOVERY_TIMEOUT,
    Acceptance,
    CallKind,
    EndReason,
)
from signaling.group import (
    MIXER,
    Effects,
    End,
    Finished,
    Group,
    GroupPhase,
    Member,
    Place,
    PlaceState,
    RangOut,
    Ring,
    RingAt,
    Turned,
    Unseat,
    Update,
)

EPOCHS_AHEAD = 256
"""By so many epochs a member's own tries may be ahead of those of its group."""

LAST_EPOCH = 65_535
"""What fits into a message (signaling.protocol.fields)."""


def with_places(group: Group, *places: Place) -> Group:
    """The group with these places in the place of those of the same targets."""
    return replace(group, places=group.places | {one.target: one for one in places})


def with_members(group: Group, *members: Member) -> Group:
    return replace(group, members=group.members | {one.endpoint: one for one in members})


def with_rings(place: Place, *rings: RingAt) -> Place:
    return replace(place, rings=place.rings | {one.endpoint: one for one in rings})


def closed(place: Place, acceptance: Acceptance, state: PlaceState | None = None) -> Place:
    """It rings nowhere any more; `state` is what becomes of the place, if anything does."""
    rings = [
        replace(ring, acceptance=acceptance, away_until=None)
        for ring in place.rings.values()
        if ring.acceptance in OPEN
    ]
    place = with_rings(place, *rings)
    return place if state is None else replace(place, state=state, until=None)


def said(place: Place, ring: RingAt, acceptance: Acceptance) -> Place:
    """One endpoint says no for itself. The place is over only where no other can still say yes, and one said no: to
    ring on where nobody is reachable is deliberate, nobody is to learn it."""
    place = with_rings(place, replace(ring, acceptance=acceptance, away_until=None))
    now = {one.acceptance for one in place.rings.values()}
    if now & OPEN:
        return place
    if Acceptance.BUSY in now or Acceptance.LOST in now:
        return closed(place, Acceptance.TIMED_OUT, PlaceState.NO_ANSWER)
    return closed(place, Acceptance.TIMED_OUT, PlaceState.DECLINED) if Acceptance.DECLINED in now else place


def without(group: Group, endpoint: EndpointId) -> Group:
    """The member is out. Its place is left, unless another endpoint is there for it."""
    gone = group.members[endpoint]
    members = {
        each: replace(
            one,
            up=one.up - {endpoint},
            replaces=None if one.replaces == endpoint else one.replaces,
        )
        for each, one in group.members.items()
        if each != endpoint
    }
    group = replace(group, members=members)
    place = group.places[gone.place]
    if group.member_at(gone.place) is None and place.state is PlaceState.JOINED:
        group = with_places(group, replace(place, state=PlaceState.LEFT))
    return group


def all_without(group: Group, endpoints: Iterable[EndpointId]) -> Group:
    for endpoint in endpoints:
        group = without(group, endpoint)
    return group


def others_than(group: Group, member: Member) -> set[EndpointId]:
    """The members with which it has to be connected in a mesh."""
    return {each for each, one in group.members.items() if one.place != member.place}


# -- settling ---------------------------------------------------------------------------------------


def settled(before: Group, turned: Turned, now: float) -> tuple[Group, Effects]:
    """The next group, ended where it is over, and what must be told to whom."""
    over = _moved_over(turned.group)
    turned = dataclasses.replace(turned, why={**turned.why, **dict.fromkeys(over, EndReason.MOVED)})
    group = _awaiting(_begun(all_without(turned.group, over), now), now)
    reason = turned.final or _reason(group, turned.otherwise)
    if reason is not None:
        group = finished(group, reason, now)
    return group, _effects(before, group, turned)


def _begun(group: Group, now: float) -> Group:
    if group.answered is not None or len({one.place for one in group.members.values()}) < 2:
        return group
    return replace(group, phase=GroupPhase.ACTIVE, answered=now, limit=now + group.longest)


def _moved_over(group: Group) -> list[EndpointId]:
    """Those in whose place another endpoint has arrived, which is connected now."""
    return [
        one.replaces
        for one in group.members.values()
        if one.replaces is not None and one.replaces in group.members and _arrived(group, one)
    ]


def _arrived(group: Group, member: Member) -> bool:
    if group.path is Path.MIXER:
        return MIXER in member.up
    here = {each for each in others_than(group, member) if group.members[each].away_until is None}
    return here <= member.up


def _awaiting(group: Group, now: float) -> Group:
    """Who should be connected and is not has so much time."""
    changed = []
    for member in group.members.values():
        lonely = group.path is Path.MESH and not others_than(group, member)
        due = None if member.up or lonely else now + (RECOVERY_TIMEOUT if member.been else CONNECT_TIMEOUT)
        if due is None or member.connect_by is None:
            changed.append(replace(member, connect_by=due))
    return with_members(group, *changed)


def _reason(group: Group, otherwise: EndReason) -> EndReason | None:
    """Why the group is over, if it is."""
    places = {one.place for one in group.members.values()}
    ringing = any(one.state is PlaceState.RINGING for one in group.places.values())
    if group.answered is None:
        if group.home not in places:
            return EndReason.CANCELLED
        return None if ringing else _nobody_came(group)
    if group.kind is CallKind.DROP_IN and group.home not in places:
        return otherwise
    return None if len(places) > 1 or (places and ringing) else otherwise


def _nobody_came(group: Group) -> EndReason:
    if group.kind is CallKind.DROP_IN:
        return EndReason.NOT_LET_IN
    asked = [one for one in group.places.values() if one.asked]
    if any(ring.acceptance is Acceptance.BUSY for one in asked for ring in one.rings.values()):
        return EndReason.BUSY
    declined = any(one.state is PlaceState.DECLINED for one in asked)
    return EndReason.DECLINED if declined else EndReason.NO_ANSWER


def finished(group: Group, reason: EndReason, now: float) -> Group:
    """Over for everybody: nobody takes part, and it rings nowhere."""
    after = {PlaceState.RINGING: PlaceState.NO_ANSWER, PlaceState.JOINED: PlaceState.LEFT}
    places = [
        closed(one, Acceptance.TIMED_OUT, after.get(one.state, one.state)) for one in group.places.values()
    ]
    return replace(
        with_places(group, *places),
        members={},
        phase=GroupPhase.ENDED,
        reason=reason,
        ended=now,
        limit=None,
    )


# -- effects ----------------------------------------------------------------------------------------


def _effects(before: Group, after: Group, turned: Turned) -> Effects:
    """What has changed for whom. The end of a part is told whether or not the group goes on."""
    gone = [one for one in sorted(before.endpoints()) if before.concerns(one) and not after.concerns(one)]
    otherwise = turned.otherwise if after.reason is None else after.reason
    out = [End(one, turned.why.get(one, otherwise)) for one in gone]
    mixed = Path.MIXER in (before.path, after.path)
    unseated = [Unseat(one) for one in sorted(before.members) if mixed and one not in after.members]
    silent = [
        RangOut(target)
        for target, place in after.places.items()
        if place.state is PlaceState.NO_ANSWER
        and not place.silent
        and target in before.places
        and before.places[target].state is PlaceState.RINGING
    ]
    if after.reason is not None:
        return (*out, *unseated, *silent, Finished(after.reason))
    return (*out, *unseated, *silent, *_rung(before, after), Update())


def _rung(before: Group | None, after: Group) -> list[Ring]:
    """Where it rings now and did not, or where it is not known whether that was heard."""
    offered = {
        ring.endpoint
        for place in after.places.values()
        if place.state is PlaceState.RINGING and not place.silent
        for ring in place.rings.values()
        if ring.acceptance is Acceptance.OFFERED and not _offered(before, place.target, ring.endpoint)
    }
    return [Ring(one) for one in sorted(offered - after.members.keys())]


def _offered(before: Group | None, target: str, endpoint: EndpointId) -> bool:
    place = None if before is None else before.places.get(target)
    if place is None or place.state is not PlaceState.RINGING or place.silent:
        return False
    return endpoint in place.rings and place.rings[endpoint].acceptance is Acceptance.OFFERED


def first_rings(group: Group) -> Effects:
    """Where it rings as it begins."""
    return tuple(_rung(None, group))
