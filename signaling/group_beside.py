"""Who has no part in a group and may take one: people come late or back, and go on at another device of theirs. Pure.

Their endpoints are shown how the group is for as long as that holds, as its members are.
"""

from collections.abc import Mapping

from kith.core.ids import EndpointId
from signaling.call import CallKind
from signaling.group import Group, Place
from signaling.group_step import may_join


def joinable(group: Group, target: str) -> Place | None:
    """The place at which an endpoint of a person may come late or back, or go on from another one. It is none of a drop
    in, nor of a group that has not begun, nor at a device that was asked as such."""
    place = group.places.get(target)
    if group.over or group.kind is not CallKind.CALL or group.answered is None or place is None:
        return None
    return place if place.person == place.target and may_join(group, place) else None


def beside(group: Group, known: Mapping[EndpointId, str]) -> dict[EndpointId, Place]:
    """The endpoints that may: those at which it has rung, and those `known` to be of a person who was asked, by the
    target of their place."""
    rang = {
        ring.endpoint: place.target
        for place in group.places.values()
        for ring in place.rings.values()
        if ring.personal
    }
    found = {one: joinable(group, target) for one, target in {**rang, **known}.items()}
    return {one: place for one, place in found.items() if place is not None and not group.concerns(one)}
