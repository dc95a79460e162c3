"""What shows whose an endpoint is. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.trust.delegations import Delegations
from kith.core.trust.history import Hash
from kith.core.trust.person import MAX_LINKS as MAX_PERSON_LINKS
from kith.core.trust.person_links import PersonLink
from signaling.protocol.envelope import Part
from signaling.protocol.fields import Key, PersonRef, Signature


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
