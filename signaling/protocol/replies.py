"""What the server answers. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

from kith.core.problem import Code, Scalar
from kith.core.trust.household import MAX_LINKS as MAX_HOUSEHOLD_LINKS
from kith.core.trust.household_links import HouseholdLink
from signaling.call import EndReason
from signaling.protocol.announcements import Announced, Targets, Time
from signaling.protocol.books import BookLinked, Books
from signaling.protocol.children import ChildCalls, ChildrenShown, ChildShown
from signaling.protocol.contacts import Contacts, ContactSaved, ContactsImported
from signaling.protocol.drop_in import GrantsShown, Rosters
from signaling.protocol.envelope import Reply
from signaling.protocol.fields import (
    CallRef,
    Credential,
    EndpointRef,
    Handle,
    HouseholdRef,
    Key,
    Nonce,
    PersonRef,
    SessionRef,
)
from signaling.protocol.group import GroupOver, GroupPlan, GroupState, MixerAnswer
from signaling.protocol.history import History
from signaling.protocol.identity import PersonIdentity
from signaling.protocol.log import LogAppended, LogChain, LogHeads, LogPage
from signaling.protocol.messages import Conversations, Inbox, MessageSent, Recipients, Segment
from signaling.protocol.names import NameResolved
from signaling.protocol.parts import (
    CallView,
    EndpointView,
    EnrolledEndpoint,
    IceServer,
    PasskeyView,
    PersonView,
    Snapshot,
    WaitingEndpoint,
)
from signaling.protocol.people import Profiles, ProfileView
from signaling.protocol.policy import Blocked, Blocks
from signaling.protocol.push import Pushed, PushShown
from signaling.protocol.rooms import RoomList
from signaling.protocol.utterances import Uttered


class Ok(Reply, frozen=True, kw_only=True, tag="ok"):
    """Done, and there is nothing more to say."""


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


class InvitationDetails(Reply, frozen=True, kw_only=True, tag="invitation_details"):
    """`owner`: the first adult of this server, who gets the demo devices. `profiles`: whom the household has saved, to
    choose from."""

    inviter: str
    household: bool
    owner: bool
    profiles: tuple[ProfileView, ...] = ()


class SignedUp(Reply, frozen=True, kw_only=True, tag="signed_up"):
    """Enrolled, not yet registered: a code is on its way to the mobile number, if it could be sent."""

    person: PersonRef
    household: HouseholdRef
    endpoint: EndpointRef
    server: Key
    code_sent: bool = True


class Paired(Reply, frozen=True, kw_only=True, tag="paired"):
    """Enrolled: sign in with the key. `person` is whose endpoint it is, None if it is shared. `offered_by`
    asked for the code, and is the one to compare keys with; absent where the server made the code itself. `begun`: the
    endpoint's link is the first of its person's chain, and nobody has to sign for it."""

    household: HouseholdRef
    endpoint: EndpointRef
    server: Key
    person: PersonRef | None = None
    offered_by: EndpointRef | None = None
    begun: bool = False


class Invited(Reply, frozen=True, kw_only=True, tag="invited"):
    """The secret goes into the link's fragment, which browsers do not send to servers.

    `origin` is under which address other devices reach the server, empty where it knows none: for a page
    that was opened under a name which leads nowhere on other devices, such as localhost.
    """

    secret: str
    expires: float
    origin: str = ""


class PairingOffered(Reply, frozen=True, kw_only=True, tag="pairing_offered"):
    """`origin` as in `invited`."""

    code: str
    expires: float
    origin: str = ""


class Directory(Reply, frozen=True, kw_only=True, tag="directory"):
    people: tuple[PersonView, ...]
    endpoints: tuple[EndpointView, ...]


class Endpoints(Reply, frozen=True, kw_only=True, tag="endpoints"):
    endpoints: tuple[EnrolledEndpoint, ...]


class IceServers(Reply, frozen=True, kw_only=True, tag="ice_servers"):
    """None where the operator set none. The credential is good for `expires_in` seconds."""

    servers: tuple[IceServer, ...]
    expires_in: float


class Identities(Reply, frozen=True, kw_only=True, tag="identities"):
    identities: tuple[PersonIdentity, ...]


class RosterShown(Reply, frozen=True, kw_only=True, tag="roster"):
    """`links` is empty where nobody has begun the roster. `identities`: of everybody it rests on, members or not
    any more. `waiting`: the viewer could sign for them."""

    links: Annotated[tuple[HouseholdLink, ...], Meta(max_length=MAX_HOUSEHOLD_LINKS)]
    identities: tuple[PersonIdentity, ...]
    waiting: tuple[WaitingEndpoint, ...]


class RecoveryFound(Reply, frozen=True, kw_only=True, tag="recovery_found"):
    """Whose chain it is: the recovering link goes behind the last of its links."""

    name: str
    identity: PersonIdentity


class PasskeyAsked(Reply, frozen=True, kw_only=True, tag="passkey_asked"):
    """For `navigator.credentials.get`: any passkey for `relying_party` signs the challenge, once and within
    `expires_in` seconds, after it has verified whose finger, face or PIN it was."""

    challenge: Nonce
    relying_party: str
    expires_in: float


class PasskeyBegun(Reply, frozen=True, kw_only=True, tag="passkey_begun"):
    """For `navigator.credentials.create`. `handle` is what the authenticator keeps to say whose the passkey is,
    `algorithms` what it may be of, the best first (COSE), `exclude` the passkeys that the person has."""

    challenge: Nonce
    relying_party: str
    expires_in: float
    handle: Handle
    name: str
    algorithms: tuple[int, ...]
    exclude: tuple[Credential, ...]


class Passkeys(Reply, frozen=True, kw_only=True, tag="passkeys"):
    passkeys: tuple[PasskeyView, ...]


class CallState(Reply, frozen=True, kw_only=True, tag="call_state"):
    """The call as it is after the command. The reply to every command about a call but `signal`."""

    call: CallView


class CallEnded(Reply, frozen=True, kw_only=True, tag="call_ended"):
    """The call is over (it may have been before the command)."""

    call: CallRef
    reason: EndReason


class ProblemReply(Struct, frozen=True, kw_only=True, tag_field="t", tag="problem"):
    """The command was not carried out. `path` names the field at fault; `message` is for people.
    `re` is absent where the command's id could not be read."""

    code: Code
    message: str
    path: str = ""
    data: dict[str, Scalar] = {}
    re: str | None = None


AnyReply = (
    Ok
    | ChallengeIssued
    | Welcome
    | Token
    | InvitationDetails
    | SignedUp
    | Paired
    | Invited
    | PairingOffered
    | Directory
    | Endpoints
    | IceServers
    | Identities
    | RosterShown
    | RecoveryFound
    | PasskeyAsked
    | PasskeyBegun
    | Passkeys
    | Profiles
    | Contacts
    | ContactSaved
    | ContactsImported
    | NameResolved
    | Uttered
    | Blocked
    | Blocks
    | LogAppended
    | LogPage
    | LogChain
    | LogHeads
    | ChildShown
    | ChildrenShown
    | ChildCalls
    | BookLinked
    | Books
    | CallState
    | CallEnded
    | GrantsShown
    | Rosters
    | GroupPlan
    | GroupState
    | GroupOver
    | MixerAnswer
    | Recipients
    | MessageSent
    | Inbox
    | Segment
    | Conversations
    | Targets
    | Announced
    | Time
    | RoomList
    | PushShown
    | Pushed
    | History
    | ProblemReply
)
