"""The endpoints that a chain lists, and from which of its versions to which. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kith.core.keys import PublicKeys
from kith.core.trust.untrusted import Reason, require


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An endpoint's time in a chain: from version `since` up to, not including, `until` (None: still in it)."""

    keys: PublicKeys
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """All that ever were in the chain, by identity. An identity enters once."""

    ever: Mapping[bytes, Enrolled] = field(default_factory=dict)

    @property
    def active(self) -> Mapping[bytes, PublicKeys]:
        return {identity: each.keys for identity, each in self.ever.items() if each.until is None}

    @property
    def former(self) -> frozenset[bytes]:
        return frozenset(identity for identity, each in self.ever.items() if each.until is not None)

    def active_at(self, identity: bytes, version: int) -> bool:
        """Whether the endpoint was in once the link of this number stood. The chain must be that long."""
        found = self.ever.get(identity)
        return found is not None and found.since <= version and (found.until is None or version < found.until)

    def entered(self, keys: PublicKeys, version: int, *, limit: int) -> "Endpoints":
        """With one more. Raises Untrusted for a key that cannot be used, was used, or is one too many."""
        require(len(self.active) < limit, Reason.TOO_MANY)
        require(keys.consistent(), Reason.WEAK_KEY)
        require(keys.identity not in self.ever, Reason.KEY_REUSED)
        return Endpoints({**self.ever, keys.identity: Enrolled(keys, since=version)})

    def left(self, identities: Iterable[bytes], version: int) -> "Endpoints":
        """Without these from here on. Raises Untrusted if one of them is not in."""
        ended = {}
        for identity in identities:
            require(identity in self.active, Reason.NOT_THERE)
            ended[identity] = replace(self.ever[identity], until=version)
        return Endpoints({**self.ever, **ended})
