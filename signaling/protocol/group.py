"""The messages of groups: calls and drop ins of more than two endpoints. Pure.

A group goes one of two ways, which is settled before it begins and said in all that is shown of it: a `mesh`, in which
each endpoint is connected with each other, end to end; or the `mixer`, which is the server's, and hears everything.
"""

from typing import Annotated, Literal

from msgspec import Meta

from kith.core.capabilities import Capabilities
from kith.core.trust.grants import Mode
from kith.core.trust.group import GroupRoster
from policy.group import Path, Wish
from signaling.call import CallKind, EndReason
from signaling.group import GroupPhase, PlaceState
from signaling.protocol.drop_in import WhyOut
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import MAX_SIGNAL, Body, CallRef, EndpointRef, Epoch, Key, PersonRef, Signature
from signaling.protocol.identity import Keys

EVERYONE = "everyone"
"""Who is dropped in on where all other devices of the own household are meant that may be."""

GroupTarget = Annotated[
    str,
    Meta(
        pattern=r"^([pe]_[0-9a-z]{20}|everyone)$",
        max_length=22,
        description="A person, one endpoint, or `everyone` and nothing else.",
    ),
]
Asked = Annotated[tuple[GroupTarget, ...], Meta(min_length=1, max_length=31)]
Sdp = Annotated[str, Meta(min_length=1, max_length=MAX_SIGNAL)]


# -- what is shown ----------------------------------------------------------------------------------


class MemberView(Part, frozen=True, kw_only=True):
    """An endpoint that takes part. `person`, named `name`, is for whom it speaks; absent where a shared one speaks for
    its household. `device` is what the endpoint is called. `order` rises with every joining."""

    endpoint: EndpointRef
    order: int
    name: str
    device: str
    shared: bool
    keys: Keys
    capabilities: Capabilities
    connected: bool
    starter: bool
    person: PersonRef | None = None


class PlaceView(Part, frozen=True, kw_only=True):
    """Somebody who was asked: a person, or one endpoint."""

    name: str
    state: PlaceState
    person: PersonRef | None = None
    endpoint: EndpointRef | None = None


class StarterView(Part, frozen=True, kw_only=True):
    """Who started the group, and with which endpoint, whose key `identity` is."""

    endpoint: EndpointRef
    name: str
    device: str
    identity: Key
    person: PersonRef | None = None


class GroupView(Part, frozen=True, kw_only=True):
    """A group as one endpoint sees it: one that is in it, that it rings at, or that could still join.

    `mode` is how a drop in begins at this endpoint. `epoch` is the mixer's: when it changes, every member offers anew.
    `own` and `own_person` are this endpoint, and for whom it speaks or would.
    """

    id: CallRef
    kind: CallKind
    path: Path
    e2ee: bool
    epoch: Epoch
    video: bool
    phase: GroupPhase
    started_by: StarterView
    created: float
    own: EndpointRef
    members: tuple[MemberView, ...]
    places: tuple[PlaceView, ...]
    mode: Mode | None = None
    own_person: PersonRef | None = None
    answered: float | None = None
    ends: float | None = None
    roster: GroupRoster | None = None


# -- commands ---------------------------------------------------------------------------------------


class PlanGroup(Command, frozen=True, kw_only=True, tag="plan_group"):
    """What would become of such a group. Nothing rings, and nobody is told."""

    kind: CallKind
    to: Asked
    video: bool = False
    path: Wish = "any"


class StartGroup(Command, frozen=True, kw_only=True, tag="start_group"):
    """Call several, or drop in on several. `path` is the one that was planned and that the person was shown before they
    tapped: where it is another one by now, nothing begins. The starter names the group, so a retry is the same one.
    `roster` is its version 0, with the roots of all who are asked."""

    call: CallRef
    kind: CallKind
    to: Asked
    path: Path
    roster: GroupRoster
    video: bool = False


class JoinGroup(Command, frozen=True, kw_only=True, tag="join_group"):
    """Take part from here: answer, let in, come late or come back. Where another own endpoint takes part already, this
    one takes its place as soon as it is connected."""

    call: CallRef


class DeclineGroup(Command, frozen=True, kw_only=True, tag="decline_group"):
    """Do not take part. From a personal endpoint that is so everywhere, but for `busy`: this one is in another call."""

    call: CallRef
    why: Literal["no", "busy"] = "no"


class LeaveGroup(Command, frozen=True, kw_only=True, tag="leave_group"):
    """Take part no more. As the starter of one that nobody has joined: give it up."""

    call: CallRef
    why: WhyOut = "done"


class RemoveFromGroup(Command, frozen=True, kw_only=True, tag="remove_from_group"):
    """Take somebody out for good: whoever speaks there, at any of their endpoints. For the starter."""

    call: CallRef
    endpoint: EndpointRef


class AskIntoGroup(Command, frozen=True, kw_only=True, tag="ask_into_group"):
    """Ask more people into a call. In a mesh with the next `roster`, in which they are invited."""

    call: CallRef
    to: Asked
    roster: GroupRoster | None = None


class SignalGroup(Command, frozen=True, kw_only=True, tag="signal_group"):
    """A blob for another member of a mesh. The server does not read it. On the WebSocket it is answered by a problem or
    not at all (`welcome.signals` counts it)."""

    call: CallRef
    to: EndpointRef
    epoch: Epoch
    body: Body


class SignGroup(Command, frozen=True, kw_only=True, tag="sign_group"):
    """The next roster of a mesh, by the connected member with the lowest order, once others joined or left."""

    call: CallRef
    roster: GroupRoster


class OfferMixer(Command, frozen=True, kw_only=True, tag="offer_mixer"):
    """Offer the mixer a connection. `epoch` is that of the group, or higher where this endpoint has offered in it
    already; the former connection stays until the new one does."""

    call: CallRef
    epoch: Epoch
    sdp: Sdp
    nonce: Key


class GroupMedia(
    Command, frozen=True, kw_only=True, tag="group_media", rename={"as_person": "as", "peer": "with"}
):
    """Whether the connection with another member stands here; with the mixer where nobody is named."""

    call: CallRef
    up: bool
    peer: EndpointRef | None = None


# -- replies ----------------------------------------------------------------------------------------


class GroupPlan(Reply, frozen=True, kw_only=True, tag="group_plan"):
    """`places`: how many would be asked."""

    path: Path
    e2ee: bool
    places: int


class GroupState(Reply, frozen=True, kw_only=True, tag="group_state"):
    """The group as it is after the command."""

    group: GroupView


class GroupOver(Reply, frozen=True, kw_only=True, tag="group_over"):
    """The group is over, or this endpoint's part is (it may have been before the command)."""

    call: CallRef
    reason: EndReason


class MixerAnswer(Reply, frozen=True, kw_only=True, tag="mixer_answer"):
    """`fingerprint` is that of the mixer's certificate (SHA-256), which the server vouches for by `statement`, its
    signature: see kith.core.trust.mixer for what is signed."""

    sdp: str
    fingerprint: Key
    statement: Signature


# -- events -----------------------------------------------------------------------------------------


class GroupRings(Event, frozen=True, kw_only=True, tag="group_rings"):
    """This endpoint is asked. May come again for a group that rings already."""

    group: GroupView


class GroupChanged(Event, frozen=True, kw_only=True, tag="group_changed"):
    """A group that this endpoint is in, or that rings here, is not as it was shown."""

    group: GroupView


class GroupSignal(Event, frozen=True, kw_only=True, tag="group_signal"):
    """From another member of a mesh, `endpoint`."""

    call: CallRef
    endpoint: EndpointRef
    epoch: Epoch
    body: Body


class GroupSpeaking(Event, frozen=True, kw_only=True, tag="group_speaking"):
    """Who speaks now, in a group that is mixed; it replaces the old list."""

    call: CallRef
    endpoints: tuple[EndpointRef, ...]


class GroupEnded(Event, frozen=True, kw_only=True, tag="group_ended"):
    """This endpoint's part is over. Exactly once for each time that it had one."""

    call: CallRef
    reason: EndReason
