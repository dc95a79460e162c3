"""The messages that show whose an endpoint is: keys, chains, rosters, and the pairing that extends them. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.trust.delegations import Delegations
from kith.core.trust.history import Hash
from kith.core.trust.household import MAX_LINKS as MAX_HOUSEHOLD_LINKS
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import MAX_LINKS as MAX_PERSON_LINKS
from kith.core.trust.person_links import PersonBegin, PersonLink
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import EndpointRef, Key, PairingBody, PersonRef, Signature


class Keys(Part, frozen=True, kw_only=True):
    """An endpoint's public keys: Ed25519, X25519, and the former's signature on the latter."""

    identity: Key
    sealing: Key
    sealing_signature: Signature


class PersonIdentity(Part, frozen=True, kw_only=True):
    """What shows whose an endpoint is, for the viewer to check: a person's chain, and which shared endpoints
    they let act for them. `household` is the root of the roster in which they are. None of it is to be believed because
    the server says so (docs/trust.md)."""

    person: PersonRef
    links: Annotated[tuple[PersonLink, ...], Meta(max_length=MAX_PERSON_LINKS)]
    delegations: Delegations | None = None
    household: Hash | None = None


class WaitingEndpoint(Part, frozen=True, kw_only=True):
    """An endpoint with its keys, as its server has them, which prove nothing."""

    id: EndpointRef
    name: str
    shared: bool
    keys: Keys


# -- commands ---------------------------------------------------------------------------------------


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


# -- replies ----------------------------------------------------------------------------------------


class Identities(Reply, frozen=True, kw_only=True, tag="identities"):
    identities: tuple[PersonIdentity, ...]


class RosterShown(Reply, frozen=True, kw_only=True, tag="roster"):
    """`links` is empty where nobody has begun the roster. `identities`: of everybody it rests on, members or not
    any more. `waiting`: the viewer could sign for them."""

    links: Annotated[tuple[HouseholdLink, ...], Meta(max_length=MAX_HOUSEHOLD_LINKS)]
    identities: tuple[PersonIdentity, ...]
    waiting: tuple[WaitingEndpoint, ...]


# -- events -----------------------------------------------------------------------------------------


class IdentityChanged(Event, frozen=True, kw_only=True, tag="identity_changed"):
    """A person's chain or delegations have grown: ask for them again before relying on them."""

    person: PersonRef


class RosterChanged(Event, frozen=True, kw_only=True, tag="roster_changed"):
    """The own household's roster has grown, or somebody waits to be signed for."""


class PairingSignalled(Event, frozen=True, kw_only=True, tag="pairing_signalled"):
    """From the other endpoint of a pairing."""

    endpoint: WaitingEndpoint
    body: PairingBody
