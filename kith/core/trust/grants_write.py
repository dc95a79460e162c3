"""Writing the next set of grants: a draft with what is in force, then what changes, then the signature. Pure.

signed(revoked(draft(chain, own, known, time=now), receiver), own.sign)
"""

from collections.abc import Iterable

from msgspec.structs import replace

from kith.core.keys import KeyPair
from kith.core.trust.grants import (
    EVERYWHERE,
    DeviceTerm,
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Quiet,
)
from kith.core.trust.person import Chain

CONTACT_DAYS = 90
"""How long a grant to a contact lasts where its giver says nothing else: long enough for an illness or a term,
too short to be forgotten for good."""


def draft(person: Chain, own: KeyPair, known: Grants | None, *, time: int) -> Grants:
    """The set after `known`, the one in force, unsigned and otherwise the same. `own` is an endpoint of the person."""
    place = {
        "person_version": person.point.version,
        "person_head": person.point.head,
        "signer": own.public.identity,
        "signature": b"",
    }
    if known is None:
        return Grants(person=person.root, version=0, time=time, **place)  # type: ignore[arg-type]
    return replace(known, version=known.version + 1, time=max(time, known.time), **place)


def given(grants: Grants, grant: Grant) -> Grants:
    """With this grant, in place of one to the same receiver and household."""
    others = [one for one in grants.grants if _to(one) != _to(grant)]
    return replace(grants, grants=tuple(sorted([*others, grant], key=_to)))


def revoked(grants: Grants, receiver: bytes) -> Grants:
    """Without any grant to this person or to their household."""
    return replace(grants, grants=tuple(one for one in grants.grants if one.receiver != receiver))


def at_home(grants: Grants, home: HomeTerm) -> Grants:
    return replace(grants, home=home)


def at_device(grants: Grants, identity: bytes, drop_in: DropInTerm) -> Grants:
    others = [one for one in grants.devices if one.identity != identity]
    term = [] if drop_in is DropInTerm.ON else [DeviceTerm(identity=identity, drop_in=drop_in)]
    return replace(grants, devices=tuple(sorted([*others, *term], key=lambda one: one.identity)))


def quieted(grants: Grants, identity: bytes = EVERYWHERE, *, on: bool) -> Grants:
    """Do Not Disturb is switched with this very set, at one device or everywhere."""
    others = [one for one in grants.quiet if one.identity != identity]
    switched = Quiet(identity=identity, on=on, changed=grants.version)
    return replace(grants, quiet=tuple(sorted([*others, switched], key=lambda one: one.identity)))


def without(grants: Grants, identities: Iterable[bytes]) -> Grants:
    """What is said of devices that are gone is left out, or the set would fill with them."""
    gone = frozenset(identities)
    return replace(
        grants,
        devices=tuple(one for one in grants.devices if one.identity not in gone),
        quiet=tuple(one for one in grants.quiet if one.identity not in gone),
    )


def enhanced(grants: Grants, *, on: bool) -> Grants:
    """Whether groups may use what decrypts media at the server (docs/trust.md)."""
    return replace(grants, enhanced=on)


def shut(grants: Grants) -> Grants:
    """Panic: nobody at all, no grant is left, and opening again does not bring the household's back either."""
    return replace(grants, grants=(), home=HomeTerm.UNSET, closed=True, enhanced=False)


def opened(grants: Grants) -> Grants:
    return replace(grants, closed=False)


def _to(grant: Grant) -> tuple[bytes, bytes]:
    return grant.receiver, grant.household
