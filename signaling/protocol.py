"""The contract: every message that crosses the wire, typed and bounded. Prose in docs/protocol.md.

One WebSocket at `/v1/connect`; subprotocol `kith.v1.msgpack` (binary frames) or `kith.v1.json`
(text frames, bytes as base64). The same commands are open as `POST /v1/<t>` with a JSON body.

    command   {t, id, as?, ...}    endpoint -> server; `id` is echoed, and makes a retry harmless
    reply     {t, re, ...}         server -> endpoint, exactly one for each command
    event     {t, seq, ...}        server -> endpoint, numbered 1, 2, 3 ... in a session, acked by `ack`
    hello     {t, nonce, ...}      server -> endpoint, first of all

Unknown fields are ignored, so that either side may be newer. An unknown `t` is a problem.
"""

from typing import Annotated, Any, ClassVar, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from kith.core.capabilities import Capabilities
from kith.core.news import NewsKind
from kith.core.problem import SENTENCES, Code, Problem, Scalar
from kith.core.trust.delegations import Delegations
from kith.core.trust.household import MAX_LINKS as MAX_HOUSEHOLD_LINKS
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import MAX_LINKS as MAX_PERSON_LINKS
from kith.core.trust.person_links import PersonBegin, PersonLink, PersonRecover
from signaling.call import EndReason, Phase, Role

MAX_FRAME = 65_536
"""Bytes of one message. The largest honest one is an SDP of about 8 KiB with its seal. Up to four times as
much is read, to be answered with `too_large`: 256 KiB is what a stranger's connection can make the server hold."""

MAX_SIGNAL = 32_768
VERSION = 1

RequestId = Annotated[str, Meta(min_length=1, max_length=64)]
# The length is bounded besides, because `$` would let one line feed pass, and ids go into the log.
PersonRef = Annotated[str, Meta(pattern=r"^p_[0-9a-z]{20}$", max_length=22)]
EndpointRef = Annotated[str, Meta(pattern=r"^e_[0-9a-z]{20}$", max_length=22)]
HouseholdRef = Annotated[str, Meta(pattern=r"^h_[0-9a-z]{20}$", max_length=22)]
CallRef = Annotated[str, Meta(pattern=r"^c_[0-9a-z]{20}$", max_length=22)]
SessionRef = Annotated[str, Meta(pattern=r"^s_[0-9a-z]{20}$", max_length=22)]
Target = Annotated[
    str, Meta(pattern=r"^[pe]_[0-9a-z]{20}$", max_length=22, description="A person, or one endpoint.")
]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Mobile = Annotated[str, Meta(min_length=4, max_length=32)]
Secret = Annotated[str, Meta(min_length=16, max_length=64)]
ShortCode = Annotated[str, Meta(min_length=4, max_length=16)]
Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=32)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Epoch = Annotated[int, Meta(ge=0, le=65_535)]
Handle = Annotated[bytes, Meta(min_length=1, max_length=64)]  # WebAuthn, section 5.4.3
Credential = Annotated[bytes, Meta(min_length=1, max_length=1_023)]  # WebAuthn, section 5.10.3
ByAuthenticator = Annotated[bytes, Meta(min_length=1, max_length=4_096)]
PairingBody = Annotated[bytes, Meta(min_length=1, max_length=4_096)]
Body = Annotated[bytes, Meta(min_length=1, max_length=MAX_SIGNAL)]


class Part(Struct, frozen=True, kw_only=True):
    """A value inside a message."""


class Keys(Part, frozen=True, kw_only=True):
    """An endpoint's public keys: Ed25519, X25519, and the former's signature on the latter."""

    identity: Key
    sealing: Key
    sealing_signature: Signature


class PersonView(Part, frozen=True, kw_only=True):
    """A person as another one sees them. Never a number."""

    id: PersonRef
    name: str
    household: HouseholdRef
    own: bool = False


class EndpointView(Part, frozen=True, kw_only=True):
    """An endpoint that the viewer may call directly: an own one, or a shared one of the own household."""

    id: EndpointRef
    name: str
    shared: bool
    online: bool
    capabilities: Capabilities
    own: bool = False


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


class PersonIdentity(Part, frozen=True, kw_only=True):
    """What shows whose an endpoint is, for the viewer to check: a person's chain, and which shared endpoints
    they let act for them. None of it is to be believed because the server says so (docs/trust.md)."""

    person: PersonRef
    links: Annotated[tuple[PersonLink, ...], Meta(max_length=MAX_PERSON_LINKS)]
    delegations: Delegations | None = None


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
    `own_person` and `peer_person` are for whom this endpoint and the one at the other end speak; absent where a
    shared endpoint, called by itself, speaks for its household.
    """

    id: CallRef
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


class NewsItem(Part, frozen=True, kw_only=True):
    """Something that every adult of a household is told. `name` is whose doing or whose device it is,
    `own` whether that is the viewer."""

    number: int
    kind: NewsKind
    at: float
    name: str
    own: bool
    device: str
    shared: bool


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


# -- commands ---------------------------------------------------------------------------------------


class Command(Struct, frozen=True, kw_only=True, tag_field="t", rename={"as_person": "as"}):
    """`as` names the person that a shared endpoint acts for; its default profile if absent."""

    id: RequestId
    as_person: PersonRef | None = None

    open: ClassVar[bool] = False
    """Whether it is accepted from a connection that has not signed in."""


class Challenge(Command, frozen=True, kw_only=True, tag="challenge"):
    """Ask for a nonce to sign in with over HTTP. (On the WebSocket, `hello` brings one.)"""

    open: ClassVar[bool] = True


class SignIn(Command, frozen=True, kw_only=True, tag="sign_in"):
    """Prove the endpoint's identity key: see kith.core.keys.sign_in_statement for what is signed."""

    endpoint: EndpointRef
    nonce: Nonce
    signature: Signature
    capabilities: Capabilities | None = None
    resume: Resume | None = None

    open: ClassVar[bool] = True


class LookUpInvitation(Command, frozen=True, kw_only=True, tag="look_up_invitation"):
    secret: Secret

    open: ClassVar[bool] = True


class SignUp(Command, frozen=True, kw_only=True, tag="sign_up"):
    """Become a person with this endpoint as the first. `secret` may be absent where sign-up is open.
    The mobile number is verified by `verify` before anybody can be called or reached (R1, R3)."""

    name: Name
    mobile: Mobile
    keys: Keys
    device_name: Name
    secret: Secret | None = None
    capabilities: Capabilities = Capabilities()
    link: PersonBegin | None = None

    open: ClassVar[bool] = True


class Pair(Command, frozen=True, kw_only=True, tag="pair"):
    """Enrol another endpoint with a code that an adult of the household asked for."""

    code: ShortCode
    keys: Keys
    name: Name
    capabilities: Capabilities = Capabilities()

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
    """Make a short code that enrols one more endpoint, own or shared by the household."""

    shared: bool


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
    call: CallRef


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
    | Ack
    | Leave
    | Ping
    | Describe
    | Rename
    | ListDirectory
    | ListIceServers
    | Invite
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
    | ListIdentities
    | ShowRoster
    | ExtendPerson
    | ExtendHousehold
    | BeginAnew
    | Delegate
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
)

# -- replies ----------------------------------------------------------------------------------------


class Reply(Struct, frozen=True, kw_only=True, tag_field="t"):
    re: str


class Ok(Reply, frozen=True, kw_only=True, tag="ok"):
    """Done, and there is nothing more to say."""


class ChallengeIssued(Reply, frozen=True, kw_only=True, tag="challenge_issued"):
    nonce: Nonce
    server: Key


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


class Welcome(Reply, frozen=True, kw_only=True, tag="welcome"):
    """Signed in on this connection. `resumed`: the missed events follow; else `snapshot` is there and a
    new session begins at seq 0. `signals`: how many have arrived in this session; later ones are to be sent again."""

    session: SessionRef
    resumed: bool
    grace: float
    signals: int = 0
    snapshot: Snapshot | None = None


class Token(Reply, frozen=True, kw_only=True, tag="token"):
    """Signed in over HTTP: send `Authorization: Bearer <token>`; it dies in `expires_in` seconds."""

    token: str
    expires_in: float


class InvitationDetails(Reply, frozen=True, kw_only=True, tag="invitation_details"):
    """`owner`: the first adult of this server, who gets the demo devices."""

    inviter: str
    household: bool
    owner: bool


class SignedUp(Reply, frozen=True, kw_only=True, tag="signed_up"):
    """Enrolled, not yet registered: a code is on its way to the mobile number."""

    person: PersonRef
    household: HouseholdRef
    endpoint: EndpointRef
    server: Key


class Paired(Reply, frozen=True, kw_only=True, tag="paired"):
    """Enrolled: sign in with the key. `person` is whose endpoint it is, None if it is shared. `offered_by`
    asked for the code, and is the one to compare keys with; absent where the server made the code itself."""

    household: HouseholdRef
    endpoint: EndpointRef
    server: Key
    person: PersonRef | None = None
    offered_by: EndpointRef | None = None


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


class IceServer(Part, frozen=True, kw_only=True):
    """One entry of an RTCConfiguration's `iceServers`: STUN has no credential, TURN has."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


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
    | CallState
    | CallEnded
    | ProblemReply
)

# -- events -----------------------------------------------------------------------------------------


class Hello(Struct, frozen=True, kw_only=True, tag_field="t", tag="hello"):
    """First on every connection, before sign-in; unnumbered."""

    version: int
    server: Key
    nonce: Nonce


class Event(Struct, frozen=True, kw_only=True, tag_field="t"):
    """`seq` is filled in for each session as the event enters its outbox."""

    seq: int = 0


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
    | Registered
    | IdentityChanged
    | RosterChanged
    | PairingSignalled
    | ServerLeaving
)

FromServer = Hello | AnyReply | AnyEvent

COMMANDS: dict[str, type[Command]] = {
    str(command.__struct_config__.tag): command for command in get_args(AnyCommand)
}

# -- codecs -----------------------------------------------------------------------------------------


class _Envelope(Struct):
    """Enough of a broken message to answer it."""

    id: RequestId


class Codec:
    """Bytes to commands and messages to bytes, in one of the two subprotocols."""

    def __init__(self, subprotocol: str, *, text: bool) -> None:
        self.subprotocol = subprotocol
        self.text = text
        decoder: Any = msgspec.json.Decoder if text else msgspec.msgpack.Decoder
        self._command = decoder(AnyCommand)
        self._from_server = decoder(FromServer)
        self._envelope = decoder(_Envelope)
        self.encode = msgspec.json.Encoder().encode if text else msgspec.msgpack.Encoder().encode

    def command(self, data: bytes) -> AnyCommand:
        """Raises Problem: too_large, malformed, unknown_type, or invalid with the field's path."""
        if len(data) > MAX_FRAME:
            raise Problem(Code.TOO_LARGE, data={"limit": MAX_FRAME})
        try:
            return self._command.decode(data)  # type: ignore[no-any-return]
        except msgspec.ValidationError as error:
            raise invalid(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Problem(Code.MALFORMED) from None

    def from_server(self, data: bytes) -> FromServer:
        """What an endpoint reads. Raises msgspec.DecodeError for what this version does not know."""
        return self._from_server.decode(data)  # type: ignore[no-any-return]

    def request_id(self, data: bytes) -> str | None:
        """The id of a message that may be otherwise broken; None if even that cannot be read."""
        try:
            return str(self._envelope.decode(data).id)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None


JSON = Codec("kith.v1.json", text=True)
MSGPACK = Codec("kith.v1.msgpack", text=False)
CODECS = {codec.subprotocol: codec for codec in (MSGPACK, JSON)}


def invalid(error: msgspec.ValidationError) -> Problem:
    """msgspec says "Expected `str`, got `int` - at `$.keys.identity`": keep the path, not the words."""
    text = str(error)
    words, separator, path = text.rpartition(" - at `")
    words = words if separator else text
    path = path.rstrip("`").removeprefix("$").removeprefix(".") if separator else ""
    if words.startswith("Object missing required field `"):  # what was sent may be quoted further in
        field = words.split("`")[1]
        path = f"{path}.{field}" if path else field
    return Problem(Code.UNKNOWN_TYPE if path == "t" else Code.INVALID, path=path)


def problem_reply(problem: Problem, re: str | None) -> ProblemReply:
    return ProblemReply(
        code=problem.code, message=SENTENCES[problem.code], path=problem.path, data=dict(problem.data), re=re
    )
