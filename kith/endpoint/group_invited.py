"""Who is asked into a group, as its roster names them: by the roots of persons and households."""

from collections.abc import Sequence

from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.directory import Directory
from kith.endpoint.identities import Identities
from signaling.protocol import EVERYONE


class Invited:
    """Goes by what is believed here of those who are asked, never by what the server says of them later."""

    def __init__(self, directory: Directory, identities: Identities) -> None:
        self._directory = directory
        self._identities = identities

    async def roots(self, to: Sequence[str]) -> frozenset[bytes]:
        """Of these, each a person or an endpoint by id, or everyone at home. Raises Untrusted, Unreachable."""
        found: set[bytes] = set()
        for one in to:
            found |= await self._roots(one)
        return frozenset(found)

    async def _roots(self, asked: str) -> frozenset[bytes]:
        if asked.startswith("p_"):
            return frozenset({(await self._identities.person(asked)).chain.root})
        roster = await self._identities.household()
        if asked == EVERYONE:
            return frozenset() if roster is None else roster.members | {roster.root}
        endpoint = next((one for one in self._directory.endpoints if one.id == asked), None)
        if endpoint is None:
            raise Untrusted(Reason.NOT_THERE)
        if endpoint.shared and roster is not None:
            return frozenset({roster.root})
        own = self._directory.person
        if own is None:
            raise Untrusted(Reason.UNKNOWN_PERSON)
        return frozenset({(await self._identities.person(own.id)).chain.root})
