"""Which endpoints are a person's: a chain of links, each signed by an endpoint that was in it already. Pure.

The person is named by the hash of the first link, and by nothing that a server hands out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, assert_never

import msgspec

from kith.core.keys import PublicKeys, small_order, verify
from kith.core.trust.history import History, Point
from kith.core.trust.person_links import (
    PersonAdd,
    PersonBegin,
    PersonLink,
    PersonRecover,
    PersonRemove,
    PersonRenew,
    keys_in,
    message,
)
from kith.core.trust.untrusted import Reason, Untrusted, require

MAX_LINKS = 1024
MAX_ENDPOINTS = 32

_Link = TypeVar("_Link", PersonBegin, PersonAdd, PersonRemove, PersonRecover, PersonRenew)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An endpoint's time in a chain: from version `since` up to, not including, `until` (None: still in it)."""

    keys: PublicKeys
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A person's chain, every link of which was checked.

    `endpoints` has all that ever were in it, by identity; `spent` the recovery keys that were in force before.
    """

    history: History
    endpoints: Mapping[bytes, Enrolled]
    recovery: bytes
    spent: frozenset[bytes] = frozenset()

    @property
    def root(self) -> bytes:
        return self.history.root

    @property
    def point(self) -> Point:
        return self.history.newest

    @property
    def active(self) -> Mapping[bytes, PublicKeys]:
        return {identity: each.keys for identity, each in self.endpoints.items() if each.until is None}

    @property
    def former(self) -> frozenset[bytes]:
        return frozenset(identity for identity, each in self.endpoints.items() if each.until is not None)

    def active_at(self, identity: bytes, version: int) -> bool:
        """Whether the endpoint was one of the person's once the link of this number stood."""
        found = self.endpoints.get(identity)
        return (
            found is not None
            and found.since <= version <= self.point.version
            and (found.until is None or version < found.until)
        )


def signed(link: _Link, sign: Callable[[bytes], bytes]) -> _Link:
    """The link with its signature. `sign` gives 64 bytes for a message, as `KeyPair.sign` does."""
    return msgspec.structs.replace(link, signature=sign(message(link)))


def replay(links: Iterable[PersonLink]) -> Chain:
    """The chain that these links make, in this order. Raises Untrusted; so does an empty one."""
    chain: Chain | None = None
    for link in links:
        chain = extend(chain, link)
    if chain is None:
        raise Untrusted(Reason.WRONG_START)
    return chain


def extend(chain: Chain | None, link: PersonLink) -> Chain:
    """The chain with one more link. Raises Untrusted if anything about the link is not as it must be."""
    signed_bytes = message(link)
    before = chain.history if chain else History()
    history = before.after(link.version, link.previous, link.time, signed_bytes, limit=MAX_LINKS)
    if isinstance(link, PersonBegin):
        require(chain is None, Reason.WRONG_START)
        require(link.signer == link.identity, Reason.NOT_ACTIVE)
        require(verify(link.signer, link.signature, signed_bytes), Reason.BAD_SIGNATURE)
        return _begun(link, history)
    if chain is None:
        raise Untrusted(Reason.WRONG_START)
    if isinstance(link, PersonRecover):
        require(link.signer == chain.recovery, Reason.NOT_RECOVERY)
    else:
        require(link.signer in chain.active, Reason.NOT_ACTIVE)
    require(verify(link.signer, link.signature, signed_bytes), Reason.BAD_SIGNATURE)
    return _changed(chain, link, history)


def _begun(link: PersonBegin, history: History) -> Chain:
    keys = keys_in(link)
    require(keys.consistent() and not small_order(link.recovery), Reason.WEAK_KEY)
    require(link.recovery != link.identity, Reason.KEY_REUSED)
    return Chain(history, {link.identity: Enrolled(keys, since=0)}, link.recovery)


def _changed(
    chain: Chain, link: PersonAdd | PersonRemove | PersonRecover | PersonRenew, history: History
) -> Chain:
    match link:
        case PersonAdd():
            require(len(chain.active) < MAX_ENDPOINTS, Reason.TOO_MANY)
            return replace(chain, history=history, endpoints=_with(chain, link))
        case PersonRemove():
            require(link.identity in chain.active, Reason.NOT_THERE)
            require(len(chain.active) > 1, Reason.LAST_ONE)
            return replace(chain, history=history, endpoints=_ended(chain, {link.identity}, link.version))
        case PersonRecover():
            renewed = _printed(chain, link.recovery)
            require(link.identity != link.recovery, Reason.KEY_REUSED)
            everybody = replace(
                renewed, history=history, endpoints=_ended(renewed, set(chain.active), link.version)
            )
            return replace(everybody, endpoints=_with(everybody, link))
        case PersonRenew():
            return replace(_printed(chain, link.recovery), history=history)
    assert_never(link)


def _with(chain: Chain, link: PersonAdd | PersonRecover) -> Mapping[bytes, Enrolled]:
    keys = keys_in(link)
    require(keys.consistent(), Reason.WEAK_KEY)
    used = link.identity in chain.endpoints or link.identity == chain.recovery or link.identity in chain.spent
    require(not used, Reason.KEY_REUSED)
    return {**chain.endpoints, link.identity: Enrolled(keys, since=link.version)}


def _ended(chain: Chain, identities: set[bytes], version: int) -> Mapping[bytes, Enrolled]:
    return {
        identity: replace(each, until=version) if identity in identities else each
        for identity, each in chain.endpoints.items()
    }


def _printed(chain: Chain, recovery: bytes) -> Chain:
    require(not small_order(recovery), Reason.WEAK_KEY)
    used = recovery == chain.recovery or recovery in chain.spent or recovery in chain.endpoints
    require(not used, Reason.KEY_REUSED)
    return replace(chain, recovery=recovery, spent=chain.spent | {chain.recovery})
