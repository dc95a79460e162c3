"""How a person leaves their household, and how they leave altogether.

The law of this file

    Who leaves says so in the household's roster, signed by an endpoint of their own: others believe that, and nobody
    else's word for it. The server does its part in one write, or nothing of it.
    Leaving the household: the person, their personal endpoints and whom they know stay. What the household shared
    speaks for them no more.
    De-registering: whatever is kept of the person goes, and with the last adult the household's devices. Others keep
    what is theirs: an entry among their contacts, a missed call with the name it had. What is left of the person is
    the public keys that links of a roster rest on, for as long as that roster is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kith.core.ids import EndpointId, HouseholdId, PersonId, new_household
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.delegations import Delegations
from kith.core.trust.household import Roster
from kith.core.trust.household_links import HouseholdLeave
from kith.directory.digest import NUMBER, Digest
from kith.directory.identities import Identities
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered


@dataclass(frozen=True, slots=True)
class Departure:
    """Who goes from where, by which endpoint (None: at the operator's word), and what they signed about it.

    `link` makes `roster`; both are None where the roster does not have the person. `alone`: it has nobody else, and
    goes with them.
    """

    person: PersonId
    endpoint: EndpointId | None
    household: HouseholdId
    link: HouseholdLeave | None = None
    roster: Roster | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """What an erasure took. `endpoints` are all that are dead now, `mobile` was the person's verified number,
    `household` is None if it is no more."""

    endpoints: Sequence[EndpointId]
    household: HouseholdId | None
    mobile: str | None = field(repr=False)


class LeavingStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def leave(
        self,
        departure: Departure,
        delegations: Delegations | None,
        *,
        household: HouseholdId,
        name: str,
        now: float,
    ) -> None:
        """Move the person with their personal endpoints into a household of their own, and make dead what hangs on
        the former one: delegations but the set that is given, tokens, links and codes that they asked for.
        Former housemates stay acquainted. Raises Problem(last_member) if nobody would be left."""
        ...

    async def erase(self, departure: Departure, digest: Callable[[str], bytes], *, now: float) -> Gone:
        """`digest` gives by what the operator refuses a number: it is kept for a while of somebody who was reported
        or met a bound, so that leaving in time is no way out."""
        ...


class Leaving:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        store: LeavingStore,
        identities: Identities,
        directory: DirectoryStore,
        digest: Digest,
        clock: Callable[[], float],
        household: str,
    ) -> None:
        self._store = store
        self._identities = identities
        self._directory = directory
        self._digest = digest
        self._clock = clock
        self._household = household

    async def leave(
        self, principal: Principal, link: HouseholdLeave | None, delegations: Delegations | None
    ) -> HouseholdId:
        """The household that the person has for themself from now on."""
        person = registered(principal)
        if delegations is not None:
            await self._identities.check_delegations(person, delegations)
            if delegations.endpoints:
                raise Problem(Code.UNTRUSTED, path="delegations")
        departure = await self._departure(principal, person, link, goes_anyway=False)
        home = new_household()
        await self._store.leave(
            departure, delegations, household=home, name=self._household, now=self._clock()
        )
        return home

    async def deregister(self, principal: Principal, link: HouseholdLeave | None) -> Gone:
        """Also for a person whose number has not been verified, or belongs to somebody else now."""
        if principal.person is None:
            raise Problem(Code.NOT_REGISTERED)
        departure = await self._departure(principal, principal.person, link, goes_anyway=True)
        return await self._store.erase(departure, self._refused_by, now=self._clock())

    async def dismiss(self, person: PersonId) -> Gone:
        """The same at the operator's word: a housemate signs them out. Raises Problem(unknown_person)."""
        found = await self._directory.person(person)
        if found is None:
            raise Problem(Code.UNKNOWN_PERSON)
        home = found.household
        _, alone = await self._identities.departed(person, home, None, goes_anyway=True)
        departure = Departure(person, None, home, alone=alone)
        return await self._store.erase(departure, self._refused_by, now=self._clock())

    def _refused_by(self, mobile: str) -> bytes:
        return self._digest(NUMBER, mobile)

    async def _departure(
        self, principal: Principal, person: PersonId, link: HouseholdLeave | None, *, goes_anyway: bool
    ) -> Departure:
        home = principal.household
        roster, alone = await self._identities.departed(person, home, link, goes_anyway=goes_anyway)
        return Departure(
            person, principal.endpoint, principal.household, link=link, roster=roster, alone=alone
        )
