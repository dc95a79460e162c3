"""What an endpoint is shown of persons, endpoints and calls. Pure."""

from dataclasses import dataclass

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, PersonId
from kith.core.keys import PublicKeys
from kith.directory.blocks import Block
from kith.directory.model import Endpoint, Missed, Person
from policy.media import negotiate
from signaling.call import Call, Role
from signaling.protocol import (
    BlockView,
    CallView,
    EndpointView,
    Keys,
    MediaView,
    MissedCall,
    PeerEndpoint,
    PersonView,
)

_ANYBODY = Capabilities(camera=True, screen=True)
"""Who will answer is not known yet: assume that they can do everything."""


@dataclass(slots=True)
class Faces:
    """The names and endpoints of a call, as they were when they joined it."""

    endpoints: dict[EndpointId, Endpoint]
    people: dict[PersonId, str]


def person_view(person: Person, *, own: bool = False) -> PersonView:
    return PersonView(id=person.id, name=person.name, household=person.household, own=own)


def endpoint_view(endpoint: Endpoint, *, online: bool, own: bool, quiet: bool = False) -> EndpointView:
    return EndpointView(
        id=endpoint.id,
        name=endpoint.name,
        shared=endpoint.shared,
        online=online,
        capabilities=endpoint.capabilities,
        own=own,
        quiet=quiet,
    )


def missed_view(missed: Missed) -> MissedCall:
    return MissedCall(
        call=missed.call,
        person=missed.caller,
        name=missed.name,
        at=missed.at,
        video=missed.video,
        silenced=missed.silenced,
    )


def block_view(block: Block) -> BlockView:
    return BlockView(
        id=block.id, name=block.name, person=block.person, contact=block.contact, since=block.since
    )


def keys_view(keys: PublicKeys) -> Keys:
    return Keys(identity=keys.identity, sealing=keys.sealing, sealing_signature=keys.sealing_signature)


def public_keys(keys: Keys) -> PublicKeys:
    return PublicKeys(keys.identity, keys.sealing, keys.sealing_signature)


def call_view(call: Call, viewer: EndpointId, faces: Faces) -> CallView:
    """The call as `viewer`, which has a leg in it, sees it."""
    role = call.legs[viewer].role
    caller = role is Role.CALLER
    # The one that a move leaves behind is shown whom it still talks to: the peer of the epoch before.
    peer = call.peer_of(viewer, call.epoch) or call.peer_of(viewer, call.epoch - 1)
    facing = peer if peer is not None else None if caller else call.caller
    theirs = _ANYBODY if facing is None else faces.endpoints[facing].capabilities
    media = negotiate(faces.endpoints[viewer].capabilities, theirs, video=call.video)
    return CallView(
        id=call.id,
        kind=call.kind,
        mode=call.mode,
        role=role,
        phase=call.phase,
        peer_name=_called_name(call, faces) if caller else _caller_name(call, faces),
        peer_person=call.callee_person if caller else call.caller_person,
        own_person=call.caller_person if caller else call.callee_person,
        called_name=_called_name(call, faces),
        video=call.video,
        media=MediaView(
            send_audio=media.send_audio,
            receive_audio=media.receive_audio,
            send_video=media.send_video,
            receive_video=media.receive_video,
        ),
        endpoint=None if peer is None else _peer_view(faces.endpoints[peer]),
        epoch=call.epoch,
        created=call.created,
        answered=call.answered,
        ends=call.limit,
    )


def _caller_name(call: Call, faces: Faces) -> str:
    """The person who calls; the device, where it calls the person that it acts for."""
    if call.caller_person == call.callee_person:
        return faces.endpoints[call.caller].name
    return faces.people.get(call.caller_person, "")


def _called_name(call: Call, faces: Faces) -> str:
    if call.callee_person is not None and call.target == call.callee_person:
        return faces.people.get(call.callee_person, "")
    target = faces.endpoints.get(EndpointId(call.target))
    return "" if target is None else target.name


def _peer_view(endpoint: Endpoint) -> PeerEndpoint:
    return PeerEndpoint(
        id=endpoint.id,
        name=endpoint.name,
        keys=keys_view(endpoint.keys),
        capabilities=endpoint.capabilities,
    )
