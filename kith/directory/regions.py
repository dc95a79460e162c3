"""The country in which a household's contacts are read: of numbers that are written without a country's code.

A household has one from its first adult's number on, and any adult may set another. Who has no household with one, as
long as nobody there has proved a number, is read as living where the server is.
"""

from typing import Protocol

import phonenumbers

from kith.core.ids import PersonId
from kith.core.problem import Code, Problem
from kith.directory.contacts import region_of
from kith.directory.model import Person


class RegionStore(Protocol):
    """Every method may raise Problem(storage_unavailable)."""

    async def person(self, person: PersonId) -> Person | None: ...
    async def region(self, person: PersonId) -> str | None:
        """That of the person's household, if it has one."""
        ...


class Regions:
    """`default` is the server's own, for who is the first anywhere."""

    def __init__(self, store: RegionStore, default: str) -> None:
        self._store = store
        self._default = default

    async def of(self, person: PersonId) -> str:
        """ISO 3166, two letters."""
        found = await self._store.region(person)
        if found is not None:
            return found
        somebody = await self._store.person(person)
        return region_of(None if somebody is None else somebody.mobile, self._default)


def checked(region: str) -> str:
    """A country of whose numbers something is known. Raises Problem(invalid, path="region")."""
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise Problem(Code.INVALID, path="region")
    return region
