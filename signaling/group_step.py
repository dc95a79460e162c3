"""How a group goes from one state to the next: `start` and `step`. Pure and total.

The states, events and effects, and the theory of them, are in `signaling.group`. Here is every answer to every event:
none raises, and what is late, foreign or repeated is `Ignored`. What an event changes is here; what follows from that
for the whole, and who is told, is the same whatever happened (signaling.group_parts).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from kith.core.ids import CallId, EndpointId
from kith.core.trust.group import GroupRoster, hash_of
from policy.group import MESH_MOST, MIXER_MOST, Path
from signaling.call import (
    CONNECT_TIMEOUT,
    GRACE,
    LONGEST,
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
from signaling.group import (
    MIXER,
    Asks,
    Connected,
    Disconnected,
    Event,
    Group,
    Ignored,
    Joins,
    Leaves,
    Member,
    MixerMoved,
    Offers,
    Place,
    PlaceState,
    Removes,
    RingAt,
    Rings,
    Signs,
    Step,
    Turned,
    Withdraws,
    rings_at,
)
from signaling.group_going import barred, declines, hushed, leaves, removes, withdraws
from signaling.group_parts import (
    EPOCHS_AHEAD,
    LAST_EPOCH,
    all_without,
    closed,
    first_rings,
    others_than,
    settled,
    with_members,
    with_places,
    with_rings,
)


def place_of(
    target: str,
    ring: Mapping[EndpointId, bool],
    online: frozenset[EndpointId],
    quiet: frozenset[EndpointId] = frozenset(),
    **fields: Any,
) -> Place:
    """Somebody who is asked. `ring` are the endpoints at which it rings, and whether each is personal; those not in
    `online` may still come, those in `quiet` are not to disturb."""

    def at_first(endpoint: EndpointId) -> Acceptance:
        if endpoint in quiet:
            return Acceptance.SILENCED
        return Acceptance.OFFERED if endpoint in online else Acceptance.UNREACHABLE

    rings = {
        one: RingAt(endpoint=one, personal=personal, acceptance=at_first(one))
        for one, personal in sorted(ring.items())
    }
    return Place(target=target, rings=rings, **fields)


def start(
    *,
    group: CallId,
    kind: CallKind,
    path: Path,
    video: bool,
    starter: Member,
    home: Place,
    places: Iterable[Place],
    roster: GroupRoster,
    now: float,
    longest: float = LONGEST,
    largest: int = MIXER_MOST,
) -> Step:
    """A new group: the starter takes part, and the others are asked. There must be another one."""
    joined = replace(home, state=PlaceState.JOINED, asked=False, until=None)
    new = Group(
        id=group,
        kind=kind,
        path=path,
        video=video,
        starter=starter.endpoint,
        home=home.target,
        places={one.target: one for one in (joined, *places)},
        members={starter.endpoint: replace(starter, place=home.target, order=0)},
        created=now,
        roster=roster,
        longest=longest,
        largest=largest,
    )
    return new, first_rings(new)


def step(group: Group, event: Event, now: float) -> Step:
    """The next group and what must be told to whom."""
    if group.over:
        return group, (Ignored(event),)
    if isinstance(event, DeadlinePassed):
        now = max(now, event.due)
    turned = _TURNS[type(event)](group, event, now)
    if turned is None or (turned.group == group and turned.final is None):
        return group, (Ignored(event),)
    return settled(group, turned, now)


# -- coming -----------------------------------------------------------------------------------------


def _joins(group: Group, event: Joins, now: float) -> Turned | None:
    del now
    place = group.places.get(event.place)
    if place is None or event.endpoint in group.members or not may_join(group, place):
        return None
    there = group.taking_part()
    if event.among is not None and place.target not in there and not there <= event.among:
        return None
    former = [one for one in group.members.values() if one.place == place.target]
    newest = max(former, key=lambda one: one.order, default=None)
    newcomer = Member(
        endpoint=event.endpoint,
        place=place.target,
        order=group.next_order,
        personal=event.personal,
        replaces=None if newest is None else newest.endpoint,
    )
    crowded = group.path is Path.MESH and len(group.members) >= MESH_MOST
    # Nobody to be connected with first, or no room for both: the former one is out at once.
    at_once = crowded or not others_than(group, newcomer)
    gone = [one.endpoint for one in former if at_once or one is not newest]
    why = dict.fromkeys(gone, EndReason.MOVED)
    joined = replace(closed(place, Acceptance.LOST), state=PlaceState.JOINED, until=None)
    group = with_places(_rings_no_more(group, event.endpoint), joined)
    group = replace(with_members(group, newcomer), next_order=group.next_order + 1)
    return Turned(all_without(group, gone), EndReason.ANSWERED_ELSEWHERE, why)


def may_join(group: Group, place: Place) -> bool:
    """Whether anybody may take part at this place now. A drop in is for who is asked, while they are."""
    if place.silent or place.state is PlaceState.REMOVED:
        return False
    if group.kind is CallKind.DROP_IN:
        return place.state is PlaceState.RINGING
    most = MESH_MOST if group.path is Path.MESH else group.largest
    return len(group.taking_part() | {place.target}) <= most


def _rings_no_more(group: Group, endpoint: EndpointId) -> Group:
    """Whoever takes part here is asked here for nobody else."""
    lost = [
        with_rings(place, replace(place.rings[endpoint], acceptance=Acceptance.LOST, away_until=None))
        for place in group.ringing_at(endpoint)
    ]
    return with_places(group, *lost)


def _rings(group: Group, event: Rings, now: float) -> Turned | None:
    del now
    place = group.places.get(event.place)
    if place is None or group.kind is not CallKind.CALL or event.endpoint in group.members:
        return None
    before = place.rings.get(event.endpoint)
    new = before is None or before.acceptance in (Acceptance.UNREACHABLE, Acceptance.SILENCED)
    if place.state is not PlaceState.RINGING or place.silent or not new:
        return None
    acceptance = Acceptance.SILENCED if event.quiet else Acceptance.OFFERED
    ring = RingAt(endpoint=event.endpoint, personal=event.personal, acceptance=acceptance)
    return Turned(with_places(group, with_rings(place, ring)))


def _asks(group: Group, event: Asks, now: float) -> Turned | None:
    del now
    if group.kind is not CallKind.CALL or event.by not in group.members:
        return None
    if event.roster is not None and not _follows(group, event.roster):
        return None
    again = (PlaceState.LEFT, PlaceState.NO_ANSWER, PlaceState.DECLINED)
    known = group.places
    new = [
        one
        for one in event.places
        if one.target not in known or (known[one.target].state in again and not known[one.target].silent)
    ]
    asked = with_places(group, *(replace(one, asked=one.target != group.home) for one in new))
    return Turned(asked if event.roster is None else replace(asked, roster=event.roster))


# -- signaling and media ----------------------------------------------------------------------------


def _signaling(group: Group, event: SignalingLost | SignalingBack, now: float) -> Turned | None:
    lost = isinstance(event, SignalingLost)
    member = group.members.get(event.endpoint)
    if member is not None:
        if lost == (member.away_until is not None):
            return None
        away = replace(member, away_until=now + GRACE if lost else None)
        return Turned(with_members(group, away))
    changed = []
    for place in group.ringing_at(event.endpoint):
        ring = place.rings[event.endpoint]
        if lost and ring.acceptance is not Acceptance.PENDING:
            ring = replace(ring, acceptance=Acceptance.PENDING, away_until=now + GRACE)
        elif not lost and ring.acceptance is Acceptance.PENDING:
            ring = replace(ring, acceptance=Acceptance.OFFERED, away_until=None)
        changed.append(with_rings(place, ring))
    return Turned(with_places(group, *changed))


def _media(group: Group, event: Connected | Disconnected, now: float) -> Turned | None:
    del now
    member = group.members.get(event.endpoint)
    expected = {MIXER} if group.path is Path.MIXER else group.members.keys() - {event.endpoint}
    if member is None or event.peer not in expected:
        return None
    if isinstance(event, Connected):
        member = replace(member, up=member.up | {event.peer}, been=True)
    else:
        member = replace(member, up=member.up - {event.peer})
    return Turned(with_members(group, member))


def _offers(group: Group, event: Offers, now: float) -> Turned | None:
    del now
    mine = group.path is Path.MIXER and event.endpoint in group.members
    if not mine or not may_offer(group, event.epoch):
        return None
    return Turned(replace(group, offered=max(group.offered, event.epoch)))


def may_offer(group: Group, epoch: int) -> bool:
    """Whether a member may offer the mixer a connection in this epoch: what it offers in all the others go above."""
    return group.epoch <= epoch <= group.epoch + EPOCHS_AHEAD


def _mixer_moved(group: Group, event: MixerMoved, now: float) -> Turned | None:
    del event, now
    return _anew(group) if group.path is Path.MIXER else None


def _anew(group: Group) -> Turned:
    """All members offer the mixer anew: above whatever anybody has offered in. Where no epoch is left it is over."""
    epoch = max(group.epoch, group.offered) + 1
    if epoch > LAST_EPOCH:
        return Turned(group, final=EndReason.LOST)
    members = [replace(one, up=frozenset()) for one in group.members.values()]
    return Turned(replace(with_members(group, *members), epoch=epoch))


def _signs(group: Group, event: Signs, now: float) -> Turned | None:
    del now
    return Turned(replace(group, roster=event.roster)) if _follows(group, event.roster) else None


def _follows(group: Group, roster: GroupRoster) -> bool:
    """Whether nobody's roster was faster: of two that follow the same one, the first stands for everybody."""
    return roster.version == group.roster.version + 1 and roster.previous == hash_of(group.roster)


# -- time and restart -------------------------------------------------------------------------------


def _deadline(group: Group, event: DeadlinePassed, now: float) -> Turned | None:
    del event
    if group.limit is not None and group.limit <= now:
        return Turned(group, final=EndReason.TIME_LIMIT)
    why: dict[EndpointId, EndReason] = {}
    for each, one in group.members.items():
        if _due(one.away_until, now):
            why[each] = EndReason.LOST
        elif _due(one.connect_by, now):
            why[each] = EndReason.LOST if one.been else EndReason.CONNECT_FAILED
    otherwise = next(iter(why.values()), EndReason.NO_ANSWER)
    changed = [_place_in_time(one, now) for one in group.places.values() if one.state is PlaceState.RINGING]
    return Turned(all_without(with_places(group, *changed), why), otherwise, why | _unrung(group, changed))


def _unrung(before: Group, changed: Iterable[Place]) -> dict[EndpointId, EndReason]:
    """Where it rings no more, because of the time."""
    return {
        one: EndReason.NO_ANSWER
        for place in changed
        for one in place.rings
        if rings_at(before.places[place.target], one) and not rings_at(place, one)
    }


def _place_in_time(place: Place, now: float) -> Place:
    if _due(place.until, now):
        return closed(place, Acceptance.TIMED_OUT, PlaceState.NO_ANSWER)
    late = [ring for ring in place.rings.values() if _due(ring.away_until, now)]
    return with_rings(
        place, *(replace(ring, acceptance=Acceptance.UNREACHABLE, away_until=None) for ring in late)
    )


def _due(when: float | None, now: float) -> bool:
    return when is not None and when <= now


def _restarted(group: Group, event: Restarted, now: float) -> Turned:
    """Nobody's signaling is there, and no mixer. What is due is not yet: nobody could have done anything."""
    del event

    def later(when: float | None) -> float | None:
        return None if when is None else max(when, now + CONNECT_TIMEOUT)

    members = [
        replace(one, away_until=now + GRACE, connect_by=later(one.connect_by))
        for one in group.members.values()
    ]
    places = []
    for place in group.places.values():
        pending = [
            replace(ring, acceptance=Acceptance.PENDING, away_until=now + GRACE)
            for ring in place.rings.values()
            if rings_at(place, ring.endpoint)
        ]
        places.append(replace(with_rings(place, *pending), until=later(place.until)))
    group = with_members(with_places(group, *places), *members)
    return _anew(group) if group.path is Path.MIXER else Turned(group)


_TURNS: Mapping[type[Event], Callable[[Group, Any, float], Turned | None]] = {
    Joins: _joins,
    Rings: _rings,
    Asks: _asks,
    Declined: declines,
    Busy: declines,
    Leaves: leaves,
    Removes: removes,
    Barred: barred,
    Withdraws: withdraws,
    Hushed: hushed,
    SignalingLost: _signaling,
    SignalingBack: _signaling,
    Connected: _media,
    Disconnected: _media,
    Offers: _offers,
    MixerMoved: _mixer_moved,
    Signs: _signs,
    DeadlinePassed: _deadline,
    Restarted: _restarted,
}
"""Every event there is; a test holds this against `Event`."""
