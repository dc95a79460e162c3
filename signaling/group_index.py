"""The live groups by everything they are looked up by. Pure bookkeeping; always follows the groups' saved state."""

from collections.abc import Iterator

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from signaling.live_group import LiveGroup

Key = EndpointId | PersonId | HouseholdId


class LiveGroups:
    """By id, by endpoint with a part, by person who was asked or asks, by their households."""

    def __init__(self) -> None:
        self._by_id: dict[str, LiveGroup] = {}
        self._keys: dict[CallId, frozenset[Key]] = {}
        self._of: dict[Key, set[CallId]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[LiveGroup]:
        return iter(tuple(self._by_id.values()))

    def get(self, group: str) -> LiveGroup | None:
        return self._by_id.get(group)

    def follow(self, live: LiveGroup) -> None:
        """It is new, or has changed: there may be somebody else in it."""
        group = live.group
        self._by_id[group.id] = live
        before = self._keys.get(group.id, frozenset())
        now: frozenset[Key] = frozenset(
            {*group.endpoints(), *group.people(), *(one.household for one in group.places.values())}
        )
        self._keys[group.id] = now
        for key in now - before:
            self._of.setdefault(key, set()).add(group.id)
        for key in before - now:
            self._forget(key, group.id)

    def remove(self, live: LiveGroup) -> None:
        self._by_id.pop(live.group.id, None)
        for key in self._keys.pop(live.group.id, frozenset()):
            self._forget(key, live.group.id)

    def of(self, key: Key) -> list[LiveGroup]:
        """In which an endpoint has or had a part, a person or somebody of a household."""
        return [self._by_id[one] for one in sorted(self._of.get(key, ()))]

    def begun_in(self, household: HouseholdId) -> int:
        return sum(one.group.starting_place.household == household for one in self.of(household))

    def _forget(self, key: Key, group: CallId) -> None:
        ids = self._of.get(key)
        if ids is not None:
            ids.discard(group)
            if not ids:
                del self._of[key]
