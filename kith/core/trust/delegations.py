"""Which shared endpoints may act for a person: one signed set, whose version rises. Pure."""

from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kith.core.keys import KeyPair, statement, verify
from kith.core.trust.history import Count, Hash, Key, Point, Signature, u64
from kith.core.trust.household import Roster
from kith.core.trust.person import Chain
from kith.core.trust.untrusted import Reason, require

LABEL = b"kith/1 delegations"
MAX_ENDPOINTS = 64


class Delegations(Struct, frozen=True, kw_only=True):
    """The whole set: `endpoints` are identities of shared endpoints, ascending. An empty one takes all back.

    `person`, `person_version` and `person_head` are the root of the person and the point of their chain at which
    `signer` is active.
    """

    person: Hash
    person_version: Count
    person_head: Hash
    version: Count
    time: Count
    endpoints: Annotated[tuple[Key, ...], Meta(max_length=MAX_ENDPOINTS)]
    signer: Key
    signature: Signature


def message(delegations: Delegations) -> bytes:
    """The bytes that `signer` signs. Raises Untrusted if a number is out of range."""
    return statement(
        LABEL,
        delegations.person,
        *_point(delegations).fields(),
        u64(delegations.version),
        u64(delegations.time),
        *delegations.endpoints,
        delegations.signer,
    )


def signed(delegations: Delegations, sign: Callable[[bytes], bytes]) -> Delegations:
    return msgspec.structs.replace(delegations, signature=sign(message(delegations)))


def delegate(
    person: Chain, own: KeyPair, known: Delegations | None, endpoints: Iterable[bytes], *, time: int
) -> Delegations:
    """The next set of the person whose endpoint `own` is; `known` is the one in force."""
    unsigned = Delegations(
        person=person.root,
        person_version=person.point.version,
        person_head=person.point.head,
        version=known.version + 1 if known else 0,
        time=max(time, known.time) if known else time,
        endpoints=tuple(sorted(set(endpoints))),
        signer=own.public.identity,
        signature=b"",
    )
    return signed(unsigned, own.sign)


def check(delegations: Delegations, chain: Chain, known: Delegations | None) -> None:
    """Raises Untrusted unless this set is in force, or comes after `known`, the newest seen.

    Its signer must be an endpoint of the person still: a lost one could otherwise, by an old point, sign a set
    newer than all others. Whoever removes an endpoint signs the set anew.
    """
    signed_bytes = message(delegations)
    require(len(delegations.endpoints) <= MAX_ENDPOINTS, Reason.TOO_MANY)
    ascending = list(delegations.endpoints) == sorted(set(delegations.endpoints))
    require(ascending and all(len(each) == 32 for each in delegations.endpoints), Reason.MALFORMED)
    require(delegations.person == chain.root, Reason.UNKNOWN_PERSON)
    chain.history.require(_point(delegations))
    require(chain.active_at(delegations.signer, delegations.person_version), Reason.NOT_ACTIVE)
    require(delegations.signer in chain.active, Reason.NOT_ACTIVE)
    require(verify(delegations.signer, delegations.signature, signed_bytes), Reason.BAD_SIGNATURE)
    if known is not None:
        require(delegations.person == known.person, Reason.UNKNOWN_PERSON)
        require(delegations.version >= known.version, Reason.STALE)
        same = delegations.version > known.version or signed_bytes == message(known)
        require(same, Reason.FORKED)
        require(delegations.person_version >= known.person_version, Reason.STALE)
        require(delegations.time >= known.time, Reason.TIME_REVERSED)


def require_acting(identity: bytes, delegations: Delegations, roster: Roster) -> None:
    """Raises Untrusted unless a shared endpoint may act for a person: the person says so, and both belong here.

    `delegations` and `roster` were checked before.
    """
    require(identity in roster.shared, Reason.NOT_ACTIVE)
    require(delegations.person in roster.members, Reason.NOT_A_MEMBER)
    require(identity in delegations.endpoints, Reason.NOT_DELEGATED)


def _point(delegations: Delegations) -> Point:
    return Point(delegations.person_version, delegations.person_head)
