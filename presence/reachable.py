"""Which endpoints have signaling right now, and who may be told so. Pure bookkeeping."""

from collections.abc import Iterator

from kith.core.ids import EndpointId, HouseholdId


class Reachable:
    """Endpoints by household. "Reachable" means a connection is up, not merely a session."""

    def __init__(self) -> None:
        self._households: dict[HouseholdId, set[EndpointId]] = {}
        self._home: dict[EndpointId, HouseholdId] = {}

    def __contains__(self, endpoint: object) -> bool:
        return endpoint in self._home

    def __len__(self) -> int:
        return len(self._home)

    def arrive(self, endpoint: EndpointId, household: HouseholdId) -> bool:
        """Whether that is news."""
        if endpoint in self._home:
            return False
        self._home[endpoint] = household
        self._households.setdefault(household, set()).add(endpoint)
        return True

    def leave(self, endpoint: EndpointId) -> bool:
        household = self._home.pop(endpoint, None)
        if household is None:
            return False
        here = self._households[household]
        here.discard(endpoint)
        if not here:
            del self._households[household]
        return True

    def at(self, household: HouseholdId) -> Iterator[EndpointId]:
        """The reachable endpoints of a household."""
        return iter(tuple(self._households.get(household, ())))
