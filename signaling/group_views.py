"""What an endpoint is shown of a group. Pure."""

from kith.core.ids import EndpointId, PersonId
from signaling.call import CallKind
from signaling.group import Group, Member, Place, PlaceState
from signaling.protocol import GroupView, MemberView, PlaceView, StarterView
from signaling.views import Faces, keys_view


def group_view(group: Group, viewer: EndpointId, faces: Faces, place: Place | None = None) -> GroupView:
    """The group as `viewer` sees it: a member, an endpoint at which it rings, or one that could join at `place`."""
    member = group.members.get(viewer)
    ringing = group.ringing_at(viewer)
    if place is None:
        place = group.places[member.place] if member is not None else ringing[0] if ringing else None
    return GroupView(
        id=group.id,
        kind=group.kind,
        path=group.path,
        e2ee=group.path.e2ee,
        epoch=group.epoch,
        video=group.video,
        phase=group.phase,
        started_by=_starter_view(group, faces),
        created=group.created,
        own=viewer,
        members=tuple(
            _member_view(group, one, faces)
            for one in sorted(group.members.values(), key=lambda one: one.order)
            if one.endpoint in faces.endpoints
        ),
        places=tuple(
            PlaceView(
                name=_asked_name(one.target, faces),
                state=one.state,
                person=PersonId(one.target) if one.target.startswith("p_") else None,
                endpoint=EndpointId(one.target) if one.target.startswith("e_") else None,
            )
            for one in group.places.values()
            if one.asked and _is_shown(group, one, place)
        ),
        mode=None if place is None else place.mode,
        own_person=None if place is None else place.person,
        answered=group.answered,
        ends=group.limit,
        roster=group.roster,
    )


def _is_shown(group: Group, place: Place, viewers: Place | None) -> bool:
    """Whoever drops in learns of nobody who has not let them in; nor does anybody else there learn of the others."""
    mine = viewers is not None and viewers.target == place.target
    return group.kind is CallKind.CALL or place.state is PlaceState.JOINED or mine


def _starter_view(group: Group, faces: Faces) -> StarterView:
    endpoint, person = faces.endpoints[group.starter], group.starting_place.person
    return StarterView(
        endpoint=group.starter,
        name=_name(person, group.starter, faces),
        device=endpoint.name,
        identity=endpoint.keys.identity,
        person=person,
    )


def _member_view(group: Group, member: Member, faces: Faces) -> MemberView:
    endpoint, person = faces.endpoints[member.endpoint], group.places[member.place].person
    return MemberView(
        endpoint=member.endpoint,
        order=member.order,
        name=_name(person, member.endpoint, faces),
        device=endpoint.name,
        shared=endpoint.shared,
        keys=keys_view(endpoint.keys),
        capabilities=endpoint.capabilities,
        connected=bool(member.up),
        starter=member.place == group.home,
        person=person,
    )


def _name(person: PersonId | None, endpoint: EndpointId, faces: Faces) -> str:
    """The person's name; the device's, where it speaks for its household."""
    if person is not None and person in faces.people:
        return faces.people[person]
    return faces.endpoints[endpoint].name if endpoint in faces.endpoints else ""


def _asked_name(target: str, faces: Faces) -> str:
    """As what was asked is called: a person, or a device, whoever's it is."""
    if target.startswith("p_"):
        return faces.people.get(PersonId(target), "")
    return _name(None, EndpointId(target), faces)
