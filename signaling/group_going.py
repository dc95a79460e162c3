"""How somebody says no to a group, goes out of it, or is taken out. Pure and total."""

from msgspec.structs import replace

from kith.core.ids import EndpointId
from signaling.call import OPEN, Acceptance, Barred, Busy, CallKind, Declined, EndReason, Hushed
from signaling.group import Group, Leaves, PlaceState, Removes, Turned, Withdraws
from signaling.group_parts import all_without, closed, said, with_places, with_rings, without


def declines(group: Group, event: Declined | Busy, now: float) -> Turned | None:
    del now
    acceptance = Acceptance.BUSY if isinstance(event, Busy) else Acceptance.DECLINED
    return _says_no(group, event.endpoint, acceptance)


def _says_no(group: Group, endpoint: EndpointId, acceptance: Acceptance) -> Turned | None:
    reason = EndReason.BUSY if acceptance is Acceptance.BUSY else EndReason.DECLINED
    changed = []
    for place in group.ringing_at(endpoint):
        ring = place.rings[endpoint]
        if acceptance is Acceptance.DECLINED and ring.personal:
            over = with_rings(place, replace(ring, acceptance=acceptance, away_until=None))
            changed.append(closed(over, Acceptance.LOST, PlaceState.DECLINED))
        else:
            changed.append(said(place, ring, acceptance))
    return Turned(with_places(group, *changed), reason)


def leaves(group: Group, event: Leaves, now: float) -> Turned | None:
    del now
    member = group.members.get(event.endpoint)
    if member is None:
        return _says_no(group, event.endpoint, Acceptance.DECLINED)
    dropped_in = group.kind is CallKind.DROP_IN and member.place != group.home
    told = event.why if dropped_in or event.why is EndReason.SILENCE else EndReason.HUNG_UP
    why = {} if group.answered is None else {event.endpoint: told}  # giving it up is called by its name
    return Turned(without(group, event.endpoint), told, why)


def removes(group: Group, event: Removes, now: float) -> Turned | None:
    del now
    by, member = group.members.get(event.by), group.members.get(event.endpoint)
    if by is None or member is None or by.place != group.home or member.place == group.home:
        return None
    gone = [each for each, one in group.members.items() if one.place == member.place]
    out = all_without(group, gone)
    removed = replace(out.places[member.place], state=PlaceState.REMOVED)
    why = dict.fromkeys(gone, EndReason.REMOVED)
    return Turned(with_places(out, removed), EndReason.HUNG_UP, why)


def barred(group: Group, event: Barred, now: float) -> Turned | None:
    del now
    if group.kind is not CallKind.DROP_IN:
        return None
    if event.endpoint in group.members:
        return Turned(without(group, event.endpoint))
    ringing = group.ringing_at(event.endpoint)
    lost = [said(place, place.rings[event.endpoint], Acceptance.LOST) for place in ringing]
    return Turned(with_places(group, *lost), EndReason.CANCELLED)


def withdraws(group: Group, event: Withdraws, now: float) -> Turned | None:
    del now
    why: dict[EndpointId, EndReason] = {}
    for target in sorted(event.places & group.places.keys()):
        gone = [each for each, one in group.members.items() if one.place == target]
        why |= dict.fromkeys(gone, EndReason.HUNG_UP)
        group = all_without(group, gone)
        place = closed(group.places[target], Acceptance.LOST)
        group = with_places(group, replace(place, silent=True))
    return Turned(group, EndReason.NO_ANSWER if not why else EndReason.HUNG_UP, why)


def hushed(group: Group, event: Hushed, now: float) -> Turned | None:
    del now
    if group.kind is not CallKind.CALL:
        return None
    quiet = [
        with_rings(place, replace(ring, acceptance=Acceptance.SILENCED, away_until=None))
        for place in group.places.values()
        if place.state is PlaceState.RINGING
        and not place.silent
        and (ring := place.rings.get(event.endpoint)) is not None
        and ring.acceptance in (*OPEN, Acceptance.UNREACHABLE)
    ]
    return Turned(with_places(group, *quiet), EndReason.NO_ANSWER)
