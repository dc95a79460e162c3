"""Whom people let drop in, by what they signed: the sets in force, who they name, and who has heard of them.

The server checks a set before it keeps it, and counts only what its signer could still sign. Nobody has to believe that
it does: whoever opens a microphone checks again (docs/trust.md).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.news import NewsKind
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust import grants as sets
from kith.core.trust.delegations import Delegations
from kith.core.trust.grants import Grants, Receipt
from kith.core.trust.person import Chain
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Untrusted
from kith.directory.identities import Identities
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from policy.grants import Claim, Place, Void, claim, lapsed

SOON = 300
"""Seconds by which a set may be ahead of the clock here: what is far ahead could be followed by nothing for long."""


@dataclass(frozen=True, slots=True)
class Told:
    """A piece of news about a set; `other` is the root of a person or the identity of a device that it concerns."""

    kind: NewsKind
    other: bytes = b""


@dataclass(frozen=True, slots=True)
class Heard:
    """An endpoint, what it is called, and its newest receipt."""

    endpoint: EndpointId
    name: str
    receipt: Receipt


class GrantStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def of(self, person: PersonId) -> Grants | None: ...
    async def household(self, household: HouseholdId, *, adults: bool) -> Sequence[tuple[PersonId, Grants]]:
        """The sets of all who live there, or of the `adults` alone."""
        ...

    async def put(
        self, person: PersonId, grants: Grants, *, by: Endpoint, news: Sequence[Told], at: float
    ) -> None:
        """In the place of an older one, with the news of it; Problem(untrusted) where there is a newer."""
        ...

    async def close(
        self,
        person: PersonId,
        grants: Grants,
        links: Sequence[PersonLink],
        *,
        chain: Chain,
        delegations: Delegations | None,
        by: Endpoint,
        news: Sequence[Told],
        at: float,
    ) -> Sequence[EndpointId]:
        """As `put`, and all personal endpoints but `by` are removed, with the links that say so. Returns their ids."""
        ...

    async def givers(self, roots: Collection[bytes]) -> Sequence[PersonId]:
        """Whose sets name one of these persons or households."""
        ...

    async def people(self, roots: Collection[bytes]) -> Mapping[bytes, Person]: ...
    async def hear(self, person: PersonId, endpoint: EndpointId, receipt: Receipt) -> bool:
        """Keep the receipt in the place of an older one; whether it is newer."""
        ...

    async def heard(self, person: PersonId) -> Sequence[Heard]: ...
    async def versions(self, endpoint: EndpointId) -> Mapping[bytes, int]:
        """The version of each set that the endpoint has heard of last, by the root of its person."""
        ...

    async def make_void(self, giver: PersonId, people: Collection[PersonId]) -> None:
        """What the giver has granted to these people until now opens nothing any more, ever."""
        ...

    async def void(self, givers: Collection[PersonId]) -> frozenset[Void]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """A set that has come into force in the place of another."""

    person: PersonId
    before: Grants | None
    after: Grants


class Granting:
    """Raises Problem(untrusted) for what does not follow from what is there, with the reason in its data."""

    def __init__(
        self, store: GrantStore, identities: Identities, directory: DirectoryStore, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._identities = identities
        self._directory = directory
        self._clock = clock

    # -- what is in force ------------------------------------------------------------------------

    async def of(self, person: PersonId) -> Grants | None:
        """What counts of the set of a person; None where there is none."""
        return await self._in_force(person, await self._store.of(person))

    async def newest(self, person: PersonId) -> Grants | None:
        """The set as it was signed last, whether or not its signer is still there."""
        return await self._store.of(person)

    async def at(self, endpoint: Endpoint) -> Sequence[tuple[PersonId, Grants]]:
        """What counts at an endpoint: its person's set, or at a shared one those of all adults who live with it."""
        every = [(one, await self._in_force(one, grants)) for one, grants in await self.signed_at(endpoint)]
        return [(one, grants) for one, grants in every if grants is not None]

    async def signed_at(self, endpoint: Endpoint) -> Sequence[tuple[PersonId, Grants]]:
        """The same sets as they were signed."""
        if endpoint.shared:
            return await self._store.household(endpoint.household, adults=True)
        own = None if endpoint.person is None else await self._store.of(endpoint.person)
        return () if own is None or endpoint.person is None else [(endpoint.person, own)]

    async def of_household(
        self, household: HouseholdId, *, adults: bool = False
    ) -> Sequence[tuple[PersonId, Grants]]:
        """Of all who live there, or of the adults alone: a child decides about devices of their own."""
        every = await self._store.household(household, adults=adults)
        found = [(one, await self._in_force(one, grants)) for one, grants in every]
        return [(one, grants) for one, grants in found if grants is not None]

    async def _in_force(self, person: PersonId, grants: Grants | None) -> Grants | None:
        chain = await self._identities.chain(person)
        if grants is None or chain is None or chain.root != grants.person:
            return None
        return grants if grants.signer in chain.active else lapsed(grants)

    async def closed(self, household: HouseholdId, *, adults: bool) -> frozenset[PersonId]:
        """Who of those who live there, or of the adults alone, has closed everything."""
        every = await self._store.household(household, adults=adults)
        return frozenset(one for one, grants in every if grants.closed)

    async def void(self, givers: Collection[PersonId]) -> frozenset[Void]:
        return await self._store.void(givers)

    async def place(self, endpoint: Endpoint) -> Place:
        roster = await self._identities.roster_of(endpoint.household)
        if roster is None:
            return Place(endpoint.keys.identity, endpoint.shared)
        here, _ = roster
        return Place(endpoint.keys.identity, endpoint.shared, here.root, alone=len(here.members) == 1)

    async def claim(self, endpoint: Endpoint, person: PersonId | None) -> Claim:
        """Who asks from this endpoint: for a person, or for the household where it acts for nobody."""
        roster = await self._identities.roster_of(endpoint.household)
        chain = None if person is None else await self._identities.chain(person)
        root = chain.root if chain is not None else roster[0].root if roster is not None else b""
        return claim(
            root,
            endpoint.keys.identity,
            shared=endpoint.shared,
            rosters=[] if roster is None else [roster],
        )

    # -- signing ---------------------------------------------------------------------------------

    async def put(self, principal: Principal, grants: Grants) -> Change:
        """The next set of whoever asks."""
        person = _personal(principal)
        by = await self._by(principal)
        before = await self._store.of(person)
        chain = await self._identities.chain(person)
        self._check(grants, chain, before)
        if before == grants:  # again, after a lost reply
            return Change(person, before, grants)
        news = differences(before, grants)
        await self._store.put(person, grants, by=by, news=news, at=self._clock())
        return Change(person, before, grants)

    async def close(
        self,
        principal: Principal,
        grants: Grants,
        links: Sequence[PersonLink],
        delegations: Delegations | None,
    ) -> tuple[Change, Sequence[EndpointId]]:
        """Close everything: returns the endpoints that are no longer enrolled, too."""
        person = _personal(principal)
        by = await self._by(principal)
        chain = await self._identities.extended(person, links, delegations)
        if not grants.closed or grants.grants or set(chain.active) != {by.keys.identity}:
            raise Problem(Code.INVALID, path="grants")
        before = await self._store.of(person)
        self._check(grants, chain, before)
        gone = await self._store.close(
            person,
            grants,
            links,
            chain=chain,
            delegations=delegations,
            by=by,
            news=[Told(NewsKind.PANIC)],
            at=self._clock(),
        )
        return Change(person, before, grants), gone

    def _check(self, grants: Grants, chain: Chain | None, known: Grants | None) -> None:
        if chain is None or grants.time > self._clock() + SOON:
            raise Problem(Code.UNTRUSTED, path="grants")
        # Whoever began anew has another chain, and what the former one granted is over.
        known = known if known is not None and known.person == chain.root else None
        try:
            sets.check(grants, chain, known)
        except Untrusted as untrusted:
            raise Problem(Code.UNTRUSTED, path="grants", data={"reason": untrusted.reason}) from None

    async def _by(self, principal: Principal) -> Endpoint:
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        return endpoint

    # -- who is named, and who has heard -----------------------------------------------------------

    async def receivers(self, grants: Iterable[Grants | None]) -> Mapping[bytes, Person]:
        """By their roots, those whom sets name and who are here still."""
        roots = {one.receiver for each in grants if each is not None for one in each.grants}
        return await self._store.people(roots)

    async def givers(self, claim: Claim) -> Sequence[PersonId]:
        return await self._store.givers({claim.root, *claim.households})

    async def hear(self, endpoint: Endpoint, receipt: Receipt) -> PersonId | None:
        """Keep a receipt of this endpoint's. Whose set it is for, if that person should be told."""
        counting = {grants.person: (person, grants) for person, grants in await self.signed_at(endpoint)}
        if receipt.identity != endpoint.keys.identity:
            raise Problem(Code.UNTRUSTED, path="receipts")
        if receipt.person not in counting:
            return None
        person, grants = counting[receipt.person]
        try:
            sets.check_receipt(receipt, grants)
        except Untrusted as untrusted:
            raise Problem(Code.UNTRUSTED, path="receipts", data={"reason": untrusted.reason}) from None
        return person if await self._store.hear(person, endpoint.id, receipt) else None

    async def heard(self, person: PersonId, grants: Grants) -> Sequence[Heard]:
        """Who has heard of this very set."""
        return [one for one in await self._store.heard(person) if one.receipt.hash == sets.hash_of(grants)]

    async def versions(self, endpoint: EndpointId) -> Mapping[bytes, int]:
        return await self._store.versions(endpoint)

    async def make_void(self, giver: PersonId, people: Collection[PersonId]) -> None:
        await self._store.make_void(giver, people)


def differences(before: Grants | None, after: Grants) -> list[Told]:
    """What the household is told of a new set."""
    if after.closed and (before is None or not before.closed):
        return [Told(NewsKind.PANIC)]
    old = {} if before is None else {(one.receiver, one.household): one for one in before.grants}
    new = {(one.receiver, one.household): one for one in after.grants}
    receivers = {receiver for receiver, _ in new}
    found = [
        Told(NewsKind.GRANT_GIVEN, one.receiver) for key, one in sorted(new.items()) if old.get(key) != one
    ]
    lost = {receiver for receiver, _ in old} - receivers
    found += [Told(NewsKind.GRANT_REVOKED, receiver) for receiver in sorted(lost)]
    home = sets.HomeTerm.UNSET if before is None else before.home
    if after.home != home:
        found.append(Told(NewsKind.HOME_DROP_IN_CHANGED))
    said = {} if before is None else {one.identity: one.drop_in for one in before.devices}
    say = {one.identity: one.drop_in for one in after.devices}
    on = sets.DropInTerm.ON
    changed = {one for one in {*said, *say} if said.get(one, on) != say.get(one, on)}
    return found + [Told(NewsKind.DEVICE_DROP_IN_CHANGED, one) for one in sorted(changed)]


def _personal(principal: Principal) -> PersonId:
    """The person who signs. Raises Problem: a shared endpoint signs for nobody."""
    if principal.shared:
        raise Problem(Code.NOT_PERMITTED)
    return registered(principal)
