"""The messages by which people and endpoints are let in, and come in. Pure."""

from typing import Annotated, ClassVar

from msgspec import Meta

from kith.core.capabilities import Capabilities
from kith.core.trust.person_links import PersonBegin, PersonRecover
from signaling.protocol.envelope import Command, Event, Reply
from signaling.protocol.fields import (
    EndpointRef,
    HouseholdRef,
    Key,
    Mobile,
    Name,
    PersonRef,
    Secret,
    ShortCode,
)
from signaling.protocol.identity import Keys, PersonIdentity
from signaling.protocol.people import GuidelinesVersion, ProfileView

# -- commands ---------------------------------------------------------------------------------------


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


class Invite(Command, frozen=True, kw_only=True, tag="invite"):
    """Make a one-time link. `household`: the person joins the own household, else a new one of their own."""

    household: bool = False


class OfferPairing(Command, frozen=True, kw_only=True, tag="offer_pairing"):
    """Make a short code that enrols one more endpoint, own or shared by the household; or one of a child's own."""

    shared: bool
    child: PersonRef | None = None


# -- replies ----------------------------------------------------------------------------------------


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


class RecoveryFound(Reply, frozen=True, kw_only=True, tag="recovery_found"):
    """Whose chain it is: the recovering link goes behind the last of its links."""

    name: str
    identity: PersonIdentity


# -- events -----------------------------------------------------------------------------------------


class Registered(Event, frozen=True, kw_only=True, tag="registered"):
    """The own mobile number is verified."""
