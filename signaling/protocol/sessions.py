"""The messages of a connection and of the session that outlives it. Pure."""

from typing import ClassVar, Literal

from msgspec import Struct

from kith.core.capabilities import Capabilities
from kith.core.standing import DeviceStanding
from signaling.protocol.activity import ActivityView
from signaling.protocol.calls import CallView, MissedCall, OngoingCall
from signaling.protocol.contacts import OwnProfile
from signaling.protocol.directory import EndpointView, NewsItem, PersonView
from signaling.protocol.drop_in import GrantedView
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import EndpointRef, Key, Nonce, Seq, SessionRef, Signature
from signaling.protocol.group import GroupView
from signaling.protocol.policy import BlockView


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


# -- commands ---------------------------------------------------------------------------------------


class Challenge(Command, frozen=True, kw_only=True, tag="challenge"):
    """Ask for a nonce to sign in with over HTTP. (On the WebSocket, `hello` brings one.)"""

    open: ClassVar[bool] = True


class SignIn(Command, frozen=True, kw_only=True, tag="sign_in"):
    """Prove the endpoint's identity key: see kith.core.keys.sign_in_statement for what is signed."""

    endpoint: EndpointRef
    nonce: Nonce
    signature: Signature
    capabilities: Capabilities | None = None
    standing: DeviceStanding | None = None
    resume: Resume | None = None

    open: ClassVar[bool] = True


class Ack(Command, frozen=True, kw_only=True, tag="ack"):
    """Every event up to and including `seq` has arrived. Has no reply."""

    seq: Seq


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """Say goodbye. `resume`: back soon, keep the session; `reconnect`: back with a new one;
    `disconnect`: the endpoint is going off, calls end now."""

    how: Literal["resume", "reconnect", "disconnect"]


class Ping(Command, frozen=True, kw_only=True, tag="ping"):
    """Answered by `ok`. For endpoints that cannot see the WebSocket's own pings (browsers)."""


# -- replies ----------------------------------------------------------------------------------------


class ChallengeIssued(Reply, frozen=True, kw_only=True, tag="challenge_issued"):
    nonce: Nonce
    server: Key


class Welcome(Reply, frozen=True, kw_only=True, tag="welcome"):
    """Signed in on this connection. `resumed`: the missed events follow; else `snapshot` is there and a
    new session begins at seq 0. `signals`: how many have arrived in this session; later ones are to be sent again.
    `inbox`: how many items wait for this endpoint."""

    session: SessionRef
    resumed: bool
    grace: float
    signals: int = 0
    inbox: int = 0
    snapshot: Snapshot | None = None


class Token(Reply, frozen=True, kw_only=True, tag="token"):
    """Signed in over HTTP: send `Authorization: Bearer <token>`; it dies in `expires_in` seconds."""

    token: str
    expires_in: float


# -- events -----------------------------------------------------------------------------------------


class Hello(Struct, frozen=True, kw_only=True, tag_field="t", tag="hello"):
    """First on every connection, before sign-in; unnumbered."""

    version: int
    server: Key
    nonce: Nonce


class ServerLeaving(Event, frozen=True, kw_only=True, tag="server_leaving"):
    """The server drains: connect again after `retry_after` seconds."""

    retry_after: float
