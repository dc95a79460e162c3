"""Which endpoints are a person's: a chain of links, each signed by an endpoint that was in it already. Pure.

The person is named by the hash of the first link, and by nothing that a server hands out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, assert_never

import msgspec

from kith.core.keys import PublicKeys, small_order, verify
from kith.core.trust.endpoints import Endpoints
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

_Link = TypeVar("_Link", bound=PersonLink)


@dataclass(frozen=True, slots=True)
class Chain:
    """A person's chain, every link of which was checked. `spent`: recovery keys that were in force before."""

    history: History
    endpoints: Endpoints
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
        return self.endpoints.active

    @property
    def former(self) -> frozenset[bytes]:
        return self.endpoints.former

    def active_at(self, identity: bytes, version: int) -> bool:
        """Whether the endpoint was one of the person's once the link of this number stood."""
        return version <= self.point.version and self.endpoints.active_at(identity, version)


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
    require(not small_order(link.recovery), Reason.WEAK_KEY)
    require(link.recovery != link.identity, Reason.KEY_REUSED)
    endpoints = Endpoints().entered(keys_in(link), 0, limit=MAX_ENDPOINTS)
    return Chain(history, endpoints, link.recovery)


def _changed(
    chain: Chain, link: PersonAdd | PersonRemove | PersonRecover | PersonRenew, history: History
) -> Chain:
    match link:
        case PersonAdd():
            return replace(_entered(chain, link), history=history)
        case PersonRemove():
            endpoints = chain.endpoints.left([link.identity], link.version)
            require(len(endpoints.active) > 0, Reason.LAST_ONE)
            return replace(chain, history=history, endpoints=endpoints)
        case PersonRecover():
            printed = _printed(chain, link.recovery)
            nobody = replace(printed, endpoints=chain.endpoints.left(chain.active, link.version))
            return replace(_entered(nobody, link), history=history)
        case PersonRenew():
            return replace(_printed(chain, link.recovery), history=history)
    assert_never(link)


def _entered(chain: Chain, link: PersonAdd | PersonRecover) -> Chain:
    require(link.identity not in {chain.recovery, *chain.spent}, Reason.KEY_REUSED)
    endpoints = chain.endpoints.entered(keys_in(link), link.version, limit=MAX_ENDPOINTS)
    return replace(chain, endpoints=endpoints)


def _printed(chain: Chain, recovery: bytes) -> Chain:
    require(not small_order(recovery), Reason.WEAK_KEY)
    used = {chain.recovery, *chain.spent, *chain.endpoints.ever}
    require(recovery not in used, Reason.KEY_REUSED)
    return replace(chain, recovery=recovery, spent=chain.spent | {chain.recovery})
