"""Values inside messages. Pure."""

from kith.core.capabilities import Capabilities
from kith.core.news import NewsKind
from kith.core.trust.grants import Mode
from signaling.call import CallKind, Phase, Role
from signaling.protocol.activity import ActivityView
from signaling.protocol.contacts import OwnProfile
from signaling.protocol.drop_in import GrantedView
from signaling.protocol.envelope import Part
from signaling.protocol.fields import (
    CallRef,
    Credential,
    EndpointRef,
    HouseholdRef,
    Key,
    PersonRef,
    Seq,
    SessionRef,
)
from signaling.protocol.group import GroupView
from signaling.protocol.identity import Keys
from signaling.protocol.policy import BlockView


class PersonView(Part, frozen=True, kw_only=True):
    """A person as another one sees them. Never a number."""

    id: PersonRef
    name: str
    household: HouseholdRef
    own: bool = False


class EndpointView(Part, frozen=True, kw_only=True):
    """An endpoint that the viewer may call directly: an own one, or a shared one of the own household. `quiet`: Do Not
    Disturb is on there."""

    id: EndpointRef
    name: str
    shared: bool
    online: bool
    capabilities: Capabilities
    own: bool = False
    quiet: bool = False


class EnrolledEndpoint(Part, frozen=True, kw_only=True):
    """An own endpoint, or a shared one of the household, as whoever may sign it out sees it.

    `added` and `seen`, which is true to the hour, are absent where nobody kept them. `current`: the viewer.
    `identity` is what a signed removal names.
    """

    id: EndpointRef
    identity: Key
    name: str
    shared: bool
    online: bool
    current: bool
    added: float | None = None
    seen: float | None = None


class WaitingEndpoint(Part, frozen=True, kw_only=True):
    """An endpoint with its keys, as its server has them, which prove nothing."""

    id: EndpointRef
    name: str
    shared: bool
    keys: Keys


class PeerEndpoint(Part, frozen=True, kw_only=True):
    """The endpoint at the other end of an answered call."""

    id: EndpointRef
    name: str
    keys: Keys
    capabilities: Capabilities


class MediaView(Part, frozen=True, kw_only=True):
    """The session's media lines, seen from the endpoint that this is sent to (policy.media)."""

    send_audio: bool
    receive_audio: bool
    send_video: bool
    receive_video: bool


class CallView(Part, frozen=True, kw_only=True):
    """A call as one endpoint in it sees it.

    `peer_name` is the caller's name for a callee, what was called for a caller. `called_name` is for
    shared devices: who is wanted. `endpoint` and `media` are there once the call is answered;
    before that `media` is what an answer here would give. `epoch` counts peer connections.
    `ends` is when the server ends an answered call because it is long enough.
    `kind` is whether somebody calls or drops in; in a drop in `mode` says whether a person lets the caller in or the
    endpoint does so by itself.
    `own_person` and `peer_person` are for whom this endpoint and the one at the other end speak; absent where a
    shared endpoint, called by itself, speaks for its household.
    """

    id: CallRef
    kind: CallKind = CallKind.CALL
    mode: Mode | None = None
    role: Role
    phase: Phase
    peer_name: str
    peer_person: PersonRef | None = None
    own_person: PersonRef | None = None
    called_name: str = ""
    video: bool
    media: MediaView
    endpoint: PeerEndpoint | None = None
    epoch: int = 0
    created: float
    answered: float | None = None
    ends: float | None = None


class PasskeyView(Part, frozen=True, kw_only=True):
    """A passkey of the viewer's. `used`: when a browser last came in with it, absent if none has."""

    credential: Credential
    name: str
    added: float
    used: float | None = None


class MissedCall(Part, frozen=True, kw_only=True):
    call: CallRef
    person: PersonRef
    name: str
    at: float
    video: bool
    silenced: bool = False


class NewsItem(Part, frozen=True, kw_only=True):
    """Something that every adult of a household is told. `name` is whose doing or whose device it is,
    `own` whether that is the viewer. `other` is whom, or which other device, it concerns."""

    number: int
    kind: NewsKind
    at: float
    name: str
    own: bool
    device: str
    shared: bool
    other: str = ""


class OngoingCall(Part, frozen=True, kw_only=True):
    """A call of the same person's at another of their endpoints, which `move` brings here. `at` is what that one is
    called, `name` who is on the other side."""

    call: CallRef
    name: str
    at: str
    video: bool


class Resume(Part, frozen=True, kw_only=True):
    """The session to take up again and the last event that arrived."""

    session: SessionRef
    seq: Seq


class Snapshot(Part, frozen=True, kw_only=True):
    """Everything an endpoint needs to start from nothing."""

    person: PersonView | None
    endpoint: EndpointView
    registered: bool
    people: tuple[PersonView, ...]
    endpoints: tuple[EndpointView, ...]
    calls: tuple[CallView, ...]
    missed: tuple[MissedCall, ...]
    elsewhere: tuple[OngoingCall, ...]
    news: tuple[NewsItem, ...] = ()
    own: OwnProfile | None = None
    blocks: tuple[BlockView, ...] = ()
    granted: tuple[GrantedView, ...] = ()
    activity: tuple[ActivityView, ...] = ()
    groups: tuple[GroupView, ...] = ()


class IceServer(Part, frozen=True, kw_only=True):
    """One entry of an RTCConfiguration's `iceServers`: STUN has no credential, TURN has."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None
