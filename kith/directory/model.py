"""Persons, households, endpoints, and what lets new ones in."""

from dataclasses import dataclass, field

from kith.core.capabilities import Capabilities
from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.keys import PublicKeys
from kith.core.news import NewsKind
from kith.core.trust.delegations import Delegations
from kith.core.trust.person_links import PersonLink


@dataclass(frozen=True, slots=True)
class Person:
    """`mobile` is E.164. `registered` is when it was verified (Unix seconds), None until then, and again once somebody
    else has proved that the number is theirs; then `mobile` is None. `suspended` is since when the operator keeps
    the person out, None if not.

    A `child` has no number: `registered` is when a parent agreed, None until then.
    A `profile` is somebody whom the household saved, to be taken over at sign-up; `created` is when it was, or
    when the person signed up, None where nobody kept that.
    """

    id: PersonId
    household: HouseholdId
    name: str
    mobile: str | None = field(repr=False)
    registered: float | None
    suspended: float | None = None
    created: float | None = None
    profile: bool = False
    child: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An enrolled device or app. `person` is whose it is; of a shared one, the profile it uses
    unless told otherwise, None while its household has nobody.

    `added`, `seen` (to the hour) and `removed` are Unix seconds, None where unknown or not yet.
    """

    id: EndpointId
    household: HouseholdId
    person: PersonId | None
    name: str
    shared: bool
    keys: PublicKeys
    capabilities: Capabilities
    test: bool = False
    added: float | None = None
    seen: float | None = None
    removed: float | None = None
    waiting: bool = False
    """Whether nobody has signed for it, although somebody could have, or nothing but a passkey let it in."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public key credential of a person's (WebAuthn, section 4): nothing in it lets anybody in.

    `public_key` is in COSE form (RFC 9052, section 7), `counter` what the authenticator counted last, 0 for one that
    does not count. `added` and `used` are Unix seconds, `used` None until a browser has come in with it.
    """

    credential: bytes
    person: PersonId
    public_key: bytes
    counter: int
    name: str
    added: float
    used: float | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """`household` is the one to join, None for a new one. `owner`: to the server's first adult.
    `offered_by` is the endpoint that asked for it: it is void once that one is removed."""

    inviter: PersonId | None
    household: HouseholdId | None
    owner: bool
    expires: float
    offered_by: EndpointId | None = None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Leave to enrol one more endpoint. `offered_by` as with invitations."""

    household: HouseholdId
    person: PersonId | None
    shared: bool
    expires: float
    offered_by: EndpointId | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """A code on its way to `mobile` (E.164); `digest` is of the code, keyed by the server.
    `sent` counts the codes that this person was sent since `since`."""

    person: PersonId
    mobile: str = field(repr=False)
    digest: bytes
    expires: float
    tries: int
    sent: int
    since: float


@dataclass(frozen=True, slots=True)
class Claimed:
    """Of a number that a code is sent to: keyed digests of the number and of the block of numbers around it."""

    number: bytes
    block: bytes


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news for one person, who has not dismissed it yet; a later one has a higher `id`.

    `by` is whose doing or whose device it is, `name` what that person is called now; of a `shared` device that
    nobody acts for they are None and empty. `other` is whom, or which other device, it concerns.
    """

    id: int
    kind: NewsKind
    at: float
    by: PersonId | None
    name: str
    device: str
    shared: bool
    other: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a person signed: their chain, empty where there is none, and the newest set of delegations."""

    links: tuple[PersonLink, ...]
    delegations: Delegations | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A call that somebody missed; `name` is the caller's as it is now, or as it was when they de-registered."""

    call: CallId
    caller: PersonId
    name: str
    at: float
    video: bool
    silenced: bool = False
