"""The links of a household's roster, as they cross the wire and as they are signed. Pure.

The decoder checks the bounds that stand here; what a link means is in `household`.
"""

from typing import assert_never

from msgspec import Struct

from kith.core.keys import PublicKeys, statement
from kith.core.trust.history import Count, Hash, Key, Point, Signature, u64

LABEL = b"kith/1 household-link"


class HouseholdLinkBase(Struct, frozen=True, kw_only=True, tag_field="action"):
    """What every link has. `person`, `person_version` and `person_head` say whose endpoint `signer` is:

    the root of the signer's person and the point of that person's chain at which it is active.
    """

    version: Count
    previous: Hash
    time: Count
    person: Hash
    person_version: Count
    person_head: Hash
    signer: Key
    signature: Signature


class HouseholdBegin(HouseholdLinkBase, frozen=True, kw_only=True, tag="begin"):
    """The signer's person is the first member."""


class HouseholdJoin(HouseholdLinkBase, frozen=True, kw_only=True, tag="join"):
    """Somebody moves in; with the point of their chain as the signer knows it."""

    member: Hash
    member_version: Count
    member_head: Hash


class HouseholdLeave(HouseholdLinkBase, frozen=True, kw_only=True, tag="leave"):
    """Somebody moves out, or is put out by another member."""

    member: Hash


class HouseholdAdd(HouseholdLinkBase, frozen=True, kw_only=True, tag="add"):
    """A shared endpoint."""

    identity: Key
    sealing: Key
    sealing_signature: Signature


class HouseholdRemove(HouseholdLinkBase, frozen=True, kw_only=True, tag="remove"):
    """A shared endpoint goes."""

    identity: Key


class HouseholdConfirm(HouseholdLinkBase, frozen=True, kw_only=True, tag="confirm"):
    """Pins the signer's own chain: written when an endpoint of theirs came or went."""


HouseholdLink = (
    HouseholdBegin | HouseholdJoin | HouseholdLeave | HouseholdAdd | HouseholdRemove | HouseholdConfirm
)


def action(link: HouseholdLink) -> str:
    return str(link.__struct_config__.tag)


def subject(link: HouseholdLink) -> tuple[bytes, ...]:
    """What the action is about, in the order in which it is signed."""
    match link:
        case HouseholdBegin() | HouseholdConfirm():
            return ()
        case HouseholdJoin():
            return link.member, *member_point(link).fields()
        case HouseholdLeave():
            return (link.member,)
        case HouseholdAdd():
            return link.identity, link.sealing, link.sealing_signature
        case HouseholdRemove():
            return (link.identity,)
    assert_never(link)


def message(link: HouseholdLink) -> bytes:
    """The bytes that `signer` signs. Raises Untrusted if a number is out of range."""
    return statement(
        LABEL,
        u64(link.version),
        link.previous,
        u64(link.time),
        action(link).encode(),
        *subject(link),
        link.person,
        *person_point(link).fields(),
        link.signer,
    )


def person_point(link: HouseholdLink) -> Point:
    return Point(link.person_version, link.person_head)


def member_point(link: HouseholdJoin) -> Point:
    return Point(link.member_version, link.member_head)


def keys_in(link: HouseholdAdd) -> PublicKeys:
    return PublicKeys(link.identity, link.sealing, link.sealing_signature)
