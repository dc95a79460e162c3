"""What an endpoint has to do with a group: whether it has a part in it, where it could take one, and why it cannot."""

from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from signaling import protocol as wire
from signaling.call import CallKind, EndReason
from signaling.group import Group, Place, PlaceState
from signaling.group_index import LiveGroups
from signaling.live_group import LiveGroup


def concerned(groups: LiveGroups, principal: Principal, call: str) -> LiveGroup:
    """A group that the endpoint takes part in, or that rings there. Raises Problem(unknown_call)."""
    live = groups.get(call)
    if live is None or not live.begun or not live.group.concerns(principal.endpoint):
        raise Problem(Code.UNKNOWN_CALL, path="call")
    return live


def taking_part(groups: LiveGroups, principal: Principal, call: str) -> LiveGroup:
    """One that it takes part in. Raises Problem(unknown_call)."""
    live = concerned(groups, principal, call)
    if principal.endpoint not in live.group.members:
        raise Problem(Code.UNKNOWN_CALL, path="call")
    return live


def place_for(group: Group, principal: Principal, as_person: str | None) -> Place | None:
    """Where this endpoint takes part: where it rings, or rang for it or its person. What several share speaks for a
    person whom it rang for only while it does, or where they say themselves that they are there (`as_person`)."""
    ringing = group.ringing_at(principal.endpoint)
    theirs = [one for one in ringing if one.person == principal.person]
    if ringing:
        return (theirs or ringing)[0]
    places = [one for one in group.places.values() if not one.silent]
    rang = [one for one in places if principal.endpoint in one.rings]
    if principal.shared:
        own = [one for one in rang if one.target == principal.endpoint or one.person == as_person is not None]
    else:
        own = rang + [one for one in places if one.person == principal.person == one.target]
    return next(iter(own), None)


def gone(group: Group, place: Place, command: wire.JoinGroup) -> wire.GroupOver:
    """There is nothing to join any more at this place. Raises Problem where there only is no room for one more."""
    full = not place.silent and place.state is not PlaceState.REMOVED
    if full and group.kind is CallKind.CALL and not group.over:
        raise Problem(Code.GROUP_NOT_AVAILABLE)
    removed = place.state is PlaceState.REMOVED
    reason = EndReason.REMOVED if removed else group.reason or EndReason.NO_ANSWER
    return wire.GroupOver(re=command.id, call=group.id, reason=reason)
