"""The links of a person's chain, as they cross the wire and as they are signed. Pure.

The decoder checks the bounds that stand here; what a link means is in `person`.
"""

from typing import assert_never

from msgspec import Struct

from kith.core.keys import PublicKeys, statement
from kith.core.trust.history import Count, Hash, Key, Signature, u64

LABEL = b"kith/1 person-link"


class PersonLinkBase(Struct, frozen=True, kw_only=True, tag_field="action"):
    """What every link has: its number, the hash of the one before, Unix seconds, and who signed."""

    version: Count
    previous: Hash
    time: Count
    signer: Key
    signature: Signature


class PersonBegin(PersonLinkBase, frozen=True, kw_only=True, tag="begin"):
    """The first endpoint of a person, signed by itself. `recovery` is the public half of the printed key."""

    identity: Key
    sealing: Key
    sealing_signature: Signature
    recovery: Key


class PersonAdd(PersonLinkBase, frozen=True, kw_only=True, tag="add"):
    """One more endpoint, signed by one that the person has."""

    identity: Key
    sealing: Key
    sealing_signature: Signature


class PersonRemove(PersonLinkBase, frozen=True, kw_only=True, tag="remove"):
    """An endpoint goes: lost, sold, signed out."""

    identity: Key


class PersonRecover(PersonLinkBase, frozen=True, kw_only=True, tag="recover"):
    """Every endpoint was lost: the printed key names the one that starts again, and what is printed next."""

    identity: Key
    sealing: Key
    sealing_signature: Signature
    recovery: Key


class PersonRenew(PersonLinkBase, frozen=True, kw_only=True, tag="renew"):
    """Another key was printed; the former is worth nothing from here on."""

    recovery: Key


PersonLink = PersonBegin | PersonAdd | PersonRemove | PersonRecover | PersonRenew


def action(link: PersonLink) -> str:
    return str(link.__struct_config__.tag)


def subject(link: PersonLink) -> tuple[bytes, ...]:
    """What the action is about, in the order in which it is signed."""
    match link:
        case PersonBegin() | PersonRecover():
            return link.identity, link.sealing, link.sealing_signature, link.recovery
        case PersonAdd():
            return link.identity, link.sealing, link.sealing_signature
        case PersonRemove():
            return (link.identity,)
        case PersonRenew():
            return (link.recovery,)
    assert_never(link)


def message(link: PersonLink) -> bytes:
    """The bytes that `signer` signs. Raises Untrusted if a number is out of range."""
    return statement(
        LABEL,
        u64(link.version),
        link.previous,
        u64(link.time),
        action(link).encode(),
        *subject(link),
        link.signer,
    )


def keys_in(link: PersonBegin | PersonAdd | PersonRecover) -> PublicKeys:
    return PublicKeys(link.identity, link.sealing, link.sealing_signature)
