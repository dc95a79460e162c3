"""What a person decides about being here: which guidelines they accepted, whom their household expects."""

from collections.abc import Callable, Sequence
from typing import Protocol

from kith.core import guidelines
from kith.core.ids import HouseholdId, PersonId, new_person
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Person
from kith.directory.registry import check_guidelines, registered, tidy

PROFILES = 16
"""Saved profiles of one household: a large family that has not joined yet."""


class PeopleStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def accepted(self, person: PersonId) -> int:
        """The newest version of the guidelines that the person accepted; 0 for none."""
        ...

    async def accept(self, person: PersonId, version: int, *, now: float) -> None: ...
    async def profiles(self, household: HouseholdId) -> Sequence[Person]:
        """Whom the household saved and nobody has taken over yet, the oldest first."""
        ...

    async def add_profile(self, profile: Person, *, most: int) -> None:
        """Raises Problem(profile_limit)."""
        ...

    async def remove_profile(self, household: HouseholdId, profile: PersonId) -> bool:
        """False if there is no such one."""
        ...


class People:
    """Raises Problem for every "no"."""

    def __init__(self, store: PeopleStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def asked(self, person: PersonId) -> int | None:
        """The version of the guidelines that waits to be accepted; None if the person accepted the newest."""
        accepted = await self._store.accepted(person)
        return None if accepted >= guidelines.VERSION else guidelines.VERSION

    async def accept(self, person: PersonId, version: int) -> None:
        """Keeps when which version was accepted. Raises Problem(guidelines_required) for any but the one in force."""
        check_guidelines(version)
        await self._store.accept(person, version, now=self._clock())

    async def profiles(self, household: HouseholdId) -> Sequence[Person]:
        return await self._store.profiles(household)

    async def add_profile(self, principal: Principal, name: str) -> Sequence[Person]:
        """Save somebody who is to take over their name at sign-up. Returns all that are saved."""
        registered(principal)
        profile = Person(
            new_person(),
            principal.household,
            tidy(name, "name"),
            mobile=None,
            registered=None,
            created=self._clock(),
            profile=True,
        )
        await self._store.add_profile(profile, most=PROFILES)
        return await self._store.profiles(principal.household)

    async def remove_profile(self, principal: Principal, profile: PersonId) -> None:
        registered(principal)
        if not await self._store.remove_profile(principal.household, profile):
            raise Problem(Code.PROFILE_TAKEN, path="profile")
