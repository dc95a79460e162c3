"""What endpoints ask: every command, in the order in which an endpoint's life has use for it. Pure."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from kith.core.capabilities import Capabilities
from kith.core.standing import DeviceStanding
from kith.core.trust.delegations import Delegations
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person_links import PersonBegin, PersonLink, PersonRecover
from signaling.protocol.activity import Touch
from signaling.protocol.announcements import Announce, AnnouncementLoaded, ListTargets, TellTime
from signaling.protocol.books import LinkBook, ListBooks, SyncBook, UnlinkBook
from signaling.protocol.children import (
    AddChild,
    ChildActivity,
    EraseChild,
    GiveConsent,
    ListChildren,
    SetChild,
)
from signaling.protocol.contacts import (
    AcceptMoved,
    AddContact,
    DeleteContact,
    EditContact,
    ImportContacts,
    ListContacts,
    SetContactImport,
)
from signaling.protocol.drop_in import (
    DropIn,
    HeardGrants,
    Panic,
    ReportStanding,
    SetGrants,
    ShowGrants,
    ShowRosters,
    WhyOut,
)
from signaling.protocol.envelope import Command
from signaling.protocol.fields import (
    Body,
    ByAuthenticator,
    CallRef,
    Credential,
    EndpointRef,
    Epoch,
    Handle,
    Key,
    Mobile,
    Name,
    Nonce,
    PairingBody,
    PersonRef,
    Secret,
    Seq,
    ShortCode,
    Signature,
    Target,
)
from signaling.protocol.group import (
    AskIntoGroup,
    DeclineGroup,
    GroupMedia,
    JoinGroup,
    LeaveGroup,
    OfferMixer,
    PlanGroup,
    RemoveFromGroup,
    SignalGroup,
    SignGroup,
    StartGroup,
)
from signaling.protocol.history import DeleteHistory, KeepHistory, ListHistory
from signaling.protocol.identity import Keys
from signaling.protocol.log import AppendLog, CheckLog, DeleteLog, ListLog, ReadChain
from signaling.protocol.messages import (
    ConfirmInbox,
    FetchInbox,
    GetSegment,
    ListConversations,
    ListRecipients,
    MarkRead,
    PutSegment,
    RemoveConversation,
    ReportMessage,
    SendMessage,
    SendOwn,
)
from signaling.protocol.names import ResolveName
from signaling.protocol.parts import Resume
from signaling.protocol.people import (
    AcceptGuidelines,
    AddProfile,
    ChangeMobile,
    Deregister,
    GuidelinesVersion,
    LeaveHousehold,
    ListProfiles,
    RemoveProfile,
    SetRegion,
)
from signaling.protocol.policy import Block, ListBlocks, ReportPerson, Unblock
from signaling.protocol.push import ShowPush, ShowPushed, SubscribePush, UnsubscribePush
from signaling.protocol.rooms import ListRooms
from signaling.protocol.utterances import Utter


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


class LookUpInvitation(Command, frozen=True, kw_only=True, tag="look_up_invitation"):
    secret: Secret

    open: ClassVar[bool] = True


class SignUp(Command, frozen=True, kw_only=True, tag="sign_up"):
    """Become a person with this endpoint as the first. `secret` may be absent where sign-up is open, `guidelines` is
    the version that the person accepts, `profile` which of the household's saved ones they are.
    The mobile number is verified by `verify` before anybody can be called or reached (R1, R3)."""

    name: Name
    mobile: Mobile
    keys: Keys
    device_name: Name
    guidelines: GuidelinesVersion = 0
    secret: Secret | None = None
    profile: PersonRef | None = None
    capabilities: Capabilities = Capabilities()
    link: PersonBegin | None = None

    open: ClassVar[bool] = True


class Pair(Command, frozen=True, kw_only=True, tag="pair"):
    """Enrol another endpoint with a code that an adult of the household asked for. `link` begins the chain of its
    person, where the code is for a child who has none; elsewhere it is not looked at."""

    code: ShortCode
    keys: Keys
    name: Name
    capabilities: Capabilities = Capabilities()
    link: PersonBegin | None = None

    open: ClassVar[bool] = True


class LookUpRecovery(Command, frozen=True, kw_only=True, tag="look_up_recovery"):
    """The chain that the public half of a printed recovery key belongs to."""

    recovery: Key

    open: ClassVar[bool] = True


class Recover(Command, frozen=True, kw_only=True, tag="recover"):
    """Enrol this endpoint as a person's only one, by the link that the printed recovery key signs. All former
    personal endpoints are signed out. Answered as `pair` is."""

    link: PersonRecover
    name: Name
    capabilities: Capabilities = Capabilities()

    open: ClassVar[bool] = True


class AskPasskey(Command, frozen=True, kw_only=True, tag="ask_passkey"):
    """What an authenticator is to sign, so that this browser comes in with a passkey."""

    open: ClassVar[bool] = True


class UsePasskey(Command, frozen=True, kw_only=True, tag="use_passkey"):
    """Enrol this endpoint as one more of the person whose passkey signed. Nobody else believes that it is the person's
    until one of their endpoints signs for it. Answered as `pair` is."""

    credential: Credential
    client_data: ByAuthenticator
    authenticator_data: ByAuthenticator
    signature: ByAuthenticator
    handle: Handle
    keys: Keys
    name: Name
    capabilities: Capabilities = Capabilities()

    open: ClassVar[bool] = True


class EnrolTest(Command, frozen=True, kw_only=True, tag="enrol_test"):
    """Enrol a load generator's endpoint, only on a server for tests, making person and household by name."""

    household: Name
    person: Name
    keys: Keys
    device_name: Name
    shared: bool = False
    knows: Annotated[tuple[PersonRef, ...], Meta(max_length=64)] = ()
    capabilities: Capabilities = Capabilities()

    open: ClassVar[bool] = True


class Verify(Command, frozen=True, kw_only=True, tag="verify"):
    """The code that the mobile number received."""

    code: ShortCode


class ResendCode(Command, frozen=True, kw_only=True, tag="resend_code"):
    """Send a new verification code; the old one is void."""


class Ack(Command, frozen=True, kw_only=True, tag="ack"):
    """Every event up to and including `seq` has arrived. Has no reply."""

    seq: Seq


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """Say goodbye. `resume`: back soon, keep the session; `reconnect`: back with a new one;
    `disconnect`: the endpoint is going off, calls end now."""

    how: Literal["resume", "reconnect", "disconnect"]


class Ping(Command, frozen=True, kw_only=True, tag="ping"):
    """Answered by `ok`. For endpoints that cannot see the WebSocket's own pings (browsers)."""


class Describe(Command, frozen=True, kw_only=True, tag="describe"):
    """Change what this endpoint declares about itself."""

    capabilities: Capabilities | None = None
    name: Name | None = None


class Rename(Command, frozen=True, kw_only=True, tag="rename"):
    """Change the own name."""

    name: Name


class ListDirectory(Command, frozen=True, kw_only=True, tag="list_directory"):
    """The persons and endpoints that can be called from here."""


class ListIceServers(Command, frozen=True, kw_only=True, tag="list_ice_servers"):
    """The STUN and TURN servers to find a way to the other side with. Asked ahead of a call, not in it."""


class Invite(Command, frozen=True, kw_only=True, tag="invite"):
    """Make a one-time link. `household`: the person joins the own household, else a new one of their own."""

    household: bool = False


class OfferPairing(Command, frozen=True, kw_only=True, tag="offer_pairing"):
    """Make a short code that enrols one more endpoint, own or shared by the household; or one of a child's own."""

    shared: bool
    child: PersonRef | None = None


class ListEndpoints(Command, frozen=True, kw_only=True, tag="list_endpoints"):
    """The own endpoints and those that the household shares, with when they were here."""


class RenameEndpoint(Command, frozen=True, kw_only=True, tag="rename_endpoint"):
    """Call one of them something else."""

    endpoint: EndpointRef
    name: Name


class RemoveEndpoint(Command, frozen=True, kw_only=True, tag="remove_endpoint"):
    """Sign one of them out for good: its key, session and tokens are dead, its calls end."""

    endpoint: EndpointRef


class BeginPasskey(Command, frozen=True, kw_only=True, tag="begin_passkey"):
    """What an authenticator is to make a new passkey of."""


class AddPasskey(Command, frozen=True, kw_only=True, tag="add_passkey"):
    """Keep the passkey that an authenticator made."""

    name: Name
    client_data: ByAuthenticator
    attestation: ByAuthenticator


class ListPasskeys(Command, frozen=True, kw_only=True, tag="list_passkeys"):
    """The own passkeys, the oldest first."""


class RenamePasskey(Command, frozen=True, kw_only=True, tag="rename_passkey"):
    """Call one of them something else."""

    credential: Credential
    name: Name


class RemovePasskey(Command, frozen=True, kw_only=True, tag="remove_passkey"):
    """Nobody comes in with it from now on."""

    credential: Credential


class DismissMissed(Command, frozen=True, kw_only=True, tag="dismiss_missed"):
    """The person has seen the missed calls: they vanish on all own endpoints."""


class DismissNews(Command, frozen=True, kw_only=True, tag="dismiss_news"):
    """The person has seen the news up to this number: it vanishes on all own endpoints."""

    up_to: Seq


class ListIdentities(Command, frozen=True, kw_only=True, tag="list_identities"):
    """The identities of persons that can be called from here or are in a call here, and the own one. Those of
    others are left out of the reply, as are persons who have none."""

    persons: Annotated[tuple[PersonRef, ...], Meta(min_length=1, max_length=64)]


class ShowRoster(Command, frozen=True, kw_only=True, tag="show_roster"):
    """The own household's roster, everybody whose chain it rests on, and who waits to be signed for."""


class ExtendPerson(Command, frozen=True, kw_only=True, tag="extend_person"):
    """More links for the own chain. With `delegations` where that set must be signed anew, because its signer goes."""

    links: Annotated[tuple[PersonLink, ...], Meta(min_length=1, max_length=8)]
    delegations: Delegations | None = None


class ExtendHousehold(Command, frozen=True, kw_only=True, tag="extend_household"):
    """More links for the own household's roster."""

    links: Annotated[tuple[HouseholdLink, ...], Meta(min_length=1, max_length=64)]


class BeginAnew(Command, frozen=True, kw_only=True, tag="begin_anew"):
    """Every own endpoint and the recovery key are lost: begin another chain, by an endpoint that waits to be signed
    for. Former endpoints are signed out, and everybody sees that this is another identity."""

    link: PersonBegin


class Delegate(Command, frozen=True, kw_only=True, tag="delegate"):
    """Which shared endpoints may act for the own person from now on."""

    delegations: Delegations


class PairingSignal(Command, frozen=True, kw_only=True, tag="pairing_signal"):
    """A blob between an endpoint that waits to be signed for and one that could sign: an own one, or for a
    shared endpoint any personal one of its household. The server does not read it."""

    to: EndpointRef
    body: PairingBody


class PlaceCall(Command, frozen=True, kw_only=True, tag="call"):
    """Call a person (all of their endpoints ring) or one endpoint. The caller names the call, so a retry
    is the same call."""

    call: CallRef
    to: Target
    video: bool = False


class Alerting(Command, frozen=True, kw_only=True, tag="alerting"):
    """This endpoint rings now, audibly or visibly."""

    call: CallRef


class Answer(Command, frozen=True, kw_only=True, tag="answer"):
    """Take the call. `video` false answers a video call with audio only."""

    call: CallRef
    video: bool = True


class Decline(Command, frozen=True, kw_only=True, tag="decline"):
    call: CallRef


class Busy(Command, frozen=True, kw_only=True, tag="busy"):
    """This endpoint is in another call and takes no second one."""

    call: CallRef


class Cancel(Command, frozen=True, kw_only=True, tag="cancel"):
    """The caller gives up before an answer."""

    call: CallRef


class HangUp(Command, frozen=True, kw_only=True, tag="hang_up"):
    """`why` tells a drop in that nobody spoke in for too long, or that the endpoint does not let in, from one that
    somebody was done with."""

    call: CallRef
    why: WhyOut = "done"


class Signal(Command, frozen=True, kw_only=True, tag="signal"):
    """A blob for the endpoint at the other end: session description or candidates. The server does not
    read it. Only between the two who were connected by `answer`. On the WebSocket it is answered by a
    problem or not at all (`welcome.signals` tells how many came)."""

    call: CallRef
    epoch: Epoch
    body: Body


class MediaUp(Command, frozen=True, kw_only=True, tag="media_up"):
    """The peer connection of this epoch is connected here."""

    call: CallRef
    epoch: Epoch


class MediaLost(Command, frozen=True, kw_only=True, tag="media_lost"):
    """Media of this epoch is gone, or cannot come any more: opens epoch + 1."""

    call: CallRef
    epoch: Epoch


class Indicate(Command, frozen=True, kw_only=True, tag="indicate"):
    """What really leaves this endpoint now: so the other side can show "microphone off"."""

    call: CallRef
    audio: bool
    video: bool
    hardware_muted: bool = False


class Move(Command, frozen=True, kw_only=True, tag="move"):
    """Take over an own call, which goes on at another own endpoint, here."""

    call: CallRef


AnyCommand = (
    Challenge
    | SignIn
    | LookUpInvitation
    | SignUp
    | Pair
    | LookUpRecovery
    | Recover
    | AskPasskey
    | UsePasskey
    | EnrolTest
    | Verify
    | ResendCode
    | ChangeMobile
    | AcceptGuidelines
    | Ack
    | Leave
    | Ping
    | Describe
    | Rename
    | ListDirectory
    | ListIceServers
    | Invite
    | ListProfiles
    | AddProfile
    | RemoveProfile
    | SetRegion
    | OfferPairing
    | ListEndpoints
    | RenameEndpoint
    | RemoveEndpoint
    | BeginPasskey
    | AddPasskey
    | ListPasskeys
    | RenamePasskey
    | RemovePasskey
    | DismissMissed
    | DismissNews
    | ListContacts
    | AddContact
    | EditContact
    | DeleteContact
    | SetContactImport
    | ImportContacts
    | AcceptMoved
    | ResolveName
    | Utter
    | Block
    | Unblock
    | ListBlocks
    | ReportPerson
    | AppendLog
    | ListLog
    | ReadChain
    | DeleteLog
    | CheckLog
    | AddChild
    | ListChildren
    | GiveConsent
    | SetChild
    | ChildActivity
    | EraseChild
    | LinkBook
    | ListBooks
    | UnlinkBook
    | SyncBook
    | ListRooms
    | ListIdentities
    | ShowRoster
    | ExtendPerson
    | ExtendHousehold
    | BeginAnew
    | Delegate
    | LeaveHousehold
    | Deregister
    | PairingSignal
    | PlaceCall
    | Alerting
    | Answer
    | Decline
    | Busy
    | Cancel
    | HangUp
    | Signal
    | MediaUp
    | MediaLost
    | Indicate
    | Move
    | SetGrants
    | ShowGrants
    | HeardGrants
    | ReportStanding
    | Touch
    | DropIn
    | ShowRosters
    | Panic
    | PlanGroup
    | StartGroup
    | JoinGroup
    | DeclineGroup
    | LeaveGroup
    | RemoveFromGroup
    | AskIntoGroup
    | SignalGroup
    | SignGroup
    | OfferMixer
    | GroupMedia
    | ListRecipients
    | PutSegment
    | SendMessage
    | FetchInbox
    | GetSegment
    | ConfirmInbox
    | ListConversations
    | MarkRead
    | RemoveConversation
    | SendOwn
    | ReportMessage
    | SubscribePush
    | UnsubscribePush
    | ShowPush
    | ShowPushed
    | ListHistory
    | DeleteHistory
    | KeepHistory
    | ListTargets
    | Announce
    | AnnouncementLoaded
    | TellTime
)
