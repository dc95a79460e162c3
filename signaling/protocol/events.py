"""What the server tells without being asked. Pure."""

from msgspec import Struct

from signaling.call import EndReason
from signaling.protocol.activity import Activity
from signaling.protocol.announcements import Announcement, AnnouncementPlays
from signaling.protocol.books import BooksChanged
from signaling.protocol.children import ChildrenChanged
from signaling.protocol.contacts import ContactsChanged, OwnChanged
from signaling.protocol.drop_in import GrantedChanged, GrantsChanged, GrantsHeard
from signaling.protocol.envelope import Event
from signaling.protocol.fields import (
    Body,
    CallRef,
    EndpointRef,
    Epoch,
    Key,
    Nonce,
    PairingBody,
    PersonRef,
)
from signaling.protocol.group import GroupChanged, GroupEnded, GroupRings, GroupSignal, GroupSpeaking
from signaling.protocol.history import HistoryChanged
from signaling.protocol.log import LogChanged
from signaling.protocol.messages import ConversationChanged, MessageArrived
from signaling.protocol.parts import (
    CallView,
    EndpointView,
    MissedCall,
    NewsItem,
    OngoingCall,
    PersonView,
    WaitingEndpoint,
)
from signaling.protocol.people import Unregistered
from signaling.protocol.policy import BlocksChanged


class Hello(Struct, frozen=True, kw_only=True, tag_field="t", tag="hello"):
    """First on every connection, before sign-in; unnumbered."""

    version: int
    server: Key
    nonce: Nonce


class Ringing(Event, frozen=True, kw_only=True, tag="ringing"):
    """Somebody calls. May come again for a call that rings already."""

    call: CallView


class CallChanged(Event, frozen=True, kw_only=True, tag="call_changed"):
    """A call this endpoint is in has changed: answered, recovering, a new epoch."""

    call: CallView


class Ended(Event, frozen=True, kw_only=True, tag="ended"):
    """This endpoint's part is over. Exactly once for each call it knew of."""

    call: CallRef
    reason: EndReason


class Signalled(Event, frozen=True, kw_only=True, tag="signalled"):
    call: CallRef
    epoch: Epoch
    sender: EndpointRef
    body: Body


class PeerIndicated(Event, frozen=True, kw_only=True, tag="peer_indicated"):
    call: CallRef
    audio: bool
    video: bool
    hardware_muted: bool


class DirectoryChanged(Event, frozen=True, kw_only=True, tag="directory_changed"):
    """The whole new directory; it replaces the old one."""

    person: PersonView | None
    people: tuple[PersonView, ...]
    endpoints: tuple[EndpointView, ...]


class EndpointChanged(Event, frozen=True, kw_only=True, tag="endpoint_changed"):
    """One endpoint of the directory came, went or describes itself anew."""

    endpoint: EndpointView


class MissedCalls(Event, frozen=True, kw_only=True, tag="missed_calls"):
    """All calls missed and not yet dismissed; it replaces the old list."""

    missed: tuple[MissedCall, ...]


class HouseholdNews(Event, frozen=True, kw_only=True, tag="household_news"):
    """All news not yet dismissed, the newest first; it replaces the old list."""

    news: tuple[NewsItem, ...]


class CallsElsewhere(Event, frozen=True, kw_only=True, tag="calls_elsewhere"):
    """All calls that the person may go on with here; it replaces the old list. Own endpoints only, not shared ones."""

    calls: tuple[OngoingCall, ...]


class Registered(Event, frozen=True, kw_only=True, tag="registered"):
    """The own mobile number is verified."""


class IdentityChanged(Event, frozen=True, kw_only=True, tag="identity_changed"):
    """A person's chain or delegations have grown: ask for them again before relying on them."""

    person: PersonRef


class RosterChanged(Event, frozen=True, kw_only=True, tag="roster_changed"):
    """The own household's roster has grown, or somebody waits to be signed for."""


class PairingSignalled(Event, frozen=True, kw_only=True, tag="pairing_signalled"):
    """From the other endpoint of a pairing."""

    endpoint: WaitingEndpoint
    body: PairingBody


class ServerLeaving(Event, frozen=True, kw_only=True, tag="server_leaving"):
    """The server drains: connect again after `retry_after` seconds."""

    retry_after: float


AnyEvent = (
    Ringing
    | CallChanged
    | Ended
    | Signalled
    | PeerIndicated
    | DirectoryChanged
    | EndpointChanged
    | MissedCalls
    | CallsElsewhere
    | HouseholdNews
    | BlocksChanged
    | LogChanged
    | Registered
    | Unregistered
    | OwnChanged
    | ContactsChanged
    | BooksChanged
    | ChildrenChanged
    | IdentityChanged
    | RosterChanged
    | PairingSignalled
    | GrantsChanged
    | GrantsHeard
    | GrantedChanged
    | Activity
    | GroupRings
    | GroupChanged
    | GroupSignal
    | GroupSpeaking
    | GroupEnded
    | MessageArrived
    | ConversationChanged
    | HistoryChanged
    | Announcement
    | AnnouncementPlays
    | ServerLeaving
)
