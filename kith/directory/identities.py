"""Who is who by what people signed: chains, rosters, delegations. The server keeps them for everybody to check.

It checks them itself before it stores them, so that nobody is handed what nobody could believe; but nobody has to
believe that it did (docs/trust.md).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, HouseholdId, PersonId, new_endpoint
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust import delegations as sets
from kith.core.trust import household, person
from kith.core.trust.delegations import Delegations
from kith.core.trust.household import Roster
from kith.core.trust.household_links import HouseholdJoin, HouseholdLeave, HouseholdLink
from kith.core.trust.person import Chain
from kith.core.trust.person_links import PersonBegin, PersonLink, PersonRecover, keys_in
from kith.core.trust.untrusted import Untrusted
from kith.directory.model import Endpoint, Signed
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered, tidy

REMEMBERED = 4_096
"""Chains whose replay is kept, by the signature of their first link: some 2 KiB each, and 0.4 ms a link to
make anew."""

T = TypeVar("T")


class IdentityStore(Protocol):
    """What people signed. A link whose number is taken is Problem(untrusted). Every method may raise
    Problem(storage_unavailable), and then has changed nothing."""

    async def signed(self, person: PersonId) -> Signed: ...
    async def former(self, root: bytes) -> tuple[PersonId, Signed] | None:
        """A chain by its root, also one in whose place its person has begun another."""
        ...

    async def roster(self, household: HouseholdId) -> Sequence[HouseholdLink]: ...
    async def roster_links_about(self, person: PersonId) -> Sequence[HouseholdLink]:
        """Those of whatever roster that the person signed, or that say where the person lives."""
        ...

    async def person_of_recovery(self, recovery: bytes) -> PersonId | None: ...
    async def extend_person(
        self,
        person: PersonId,
        links: Sequence[PersonLink],
        *,
        chain: Chain,
        delegations: Delegations | None,
    ) -> None:
        """Append all or nothing; `chain` is what they make, and decides which endpoints wait."""
        ...

    async def extend_household(
        self,
        household: HouseholdId,
        links: Sequence[HouseholdLink],
        *,
        roster: Roster,
        by: Endpoint,
        now: float,
    ) -> None:
        """Append all or nothing, and leave it as news by this endpoint to the other adults."""
        ...

    async def delegate(self, person: PersonId, delegations: Delegations) -> None:
        """Put the set in the place of an older one; Problem(untrusted) where there is a newer."""
        ...

    async def recover(
        self, person: PersonId, link: PersonRecover, endpoint: Endpoint, *, chain: Chain, now: float
    ) -> Sequence[EndpointId]:
        """Append the link, enrol the endpoint and remove all former personal ones, whose ids are returned, and
        all passkeys."""
        ...

    async def begin_anew(
        self, endpoint: Endpoint, link: PersonBegin, *, chain: Chain, now: float
    ) -> Sequence[EndpointId]:
        """Put a new chain in the place of the old one; `endpoint` is all that its person has from now on.
        Returns the ids of those that are removed."""
        ...


Identity = tuple[PersonId, Signed]
"""Whose, and what."""


class Identities:
    """Raises Problem(untrusted) for what does not follow from what is there, with the reason in its data."""

    def __init__(self, store: IdentityStore, directory: DirectoryStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._chains: OrderedDict[bytes, tuple[int, Chain]] = OrderedDict()
        self._rosters: OrderedDict[HouseholdId, tuple[bytes, Roster]] = OrderedDict()

    # -- reading ---------------------------------------------------------------------------------

    async def of(self, one: PersonId) -> Signed | None:
        """What the person signed; None if they never did."""
        signed = await self._store.signed(one)
        return signed if signed.links else None

    async def chain(self, one: PersonId) -> Chain | None:
        signed = await self._store.signed(one)
        return await self._replay(signed.links) if signed.links else None

    async def roster(self, home: HouseholdId) -> tuple[Sequence[HouseholdLink], Sequence[Identity]]:
        """A household's roster, and what everybody signed whom it rests on or who lives there."""
        links = await self._store.roster(home)
        people = [one.id for one in await self._directory.housemates(home)]
        found = [(one, await self._store.signed(one)) for one in people]
        found = [(one, signed) for one, signed in found if signed.links]
        missing = _roots(links) - {(await self._replay(signed.links)).root for _, signed in found}
        former = [await self._store.former(root) for root in sorted(missing)]
        return links, [*found, *(one for one in former if one is not None)]

    async def roster_of(self, home: HouseholdId) -> tuple[Roster, Sequence[HouseholdLink]] | None:
        """A household's roster with the links that it was made of, from what was replayed before if it can be."""
        links, signed = await self.roster(home)
        if not links:
            return None
        newest = links[-1].signature
        known = self._rosters.get(home)
        if known is None or known[0] != newest:
            roots = await self._by_root(signed)
            known = newest, await _thread(lambda: household.replay(links, roots))
            self._rosters[home] = known
            while len(self._rosters) > REMEMBERED:
                self._rosters.popitem(last=False)
        self._rosters.move_to_end(home)
        return known[1], links

    async def lives_in(self, one: PersonId) -> bytes | None:
        """The root of the roster in which the person is; None where they are in none."""
        found, chain = await self._directory.person(one), await self.chain(one)
        roster = None if found is None else await self.roster_of(found.household)
        if roster is None or chain is None or chain.root not in roster[0].members:
            return None
        return roster[0].root

    async def waiting(self, principal: Principal) -> Sequence[Endpoint]:
        """Own and shared endpoints for which nobody has signed."""
        if principal.person is None:
            return ()
        chain, roster = await self.chain(principal.person), await self._roster(principal.household)
        own = chain.active if chain is not None else {}
        shared = roster.shared if roster is not None else {}
        return [
            one
            for one in await self._directory.endpoints_for(principal.person)
            if one.keys.identity not in (shared if one.shared else own)
        ]

    async def by_recovery(self, recovery: bytes) -> tuple[PersonId, Signed]:
        """Whose recovery key this is. Raises Problem(unknown_person)."""
        found = await self._store.person_of_recovery(recovery)
        if found is None:
            raise Problem(Code.UNKNOWN_PERSON, path="recovery")
        return found, await self._store.signed(found)

    # -- signing ---------------------------------------------------------------------------------

    def check_begin(self, link: PersonBegin, identity: bytes) -> None:
        """Whether the endpoint with this identity key can begin a chain by this link."""
        chain = _believed(lambda: person.extend(None, link))
        if identity not in chain.active:
            raise Problem(Code.UNTRUSTED, path="link")

    async def begin(self, one: PersonId, link: PersonBegin) -> None:
        """The first link of a person who signs up; again after a lost reply it changes nothing."""
        signed = await self._store.signed(one)
        if signed.links[:1] != (link,):
            await self._extend(one, (link,), None)

    async def extend_person(
        self, principal: Principal, links: Sequence[PersonLink], delegations: Delegations | None
    ) -> None:
        await self._extend(_personal(principal), links, delegations)

    async def extend_household(self, principal: Principal, links: Sequence[HouseholdLink]) -> None:
        _personal(principal)
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        before, signed = await self.roster(principal.household)
        roots = await self._by_root(signed)
        roster = await _thread(lambda: household.replay((*before, *links), roots))
        await self._store.extend_household(
            principal.household, links, roster=roster, by=endpoint, now=self._clock()
        )

    async def delegate(self, principal: Principal, delegations: Delegations) -> None:
        one = _personal(principal)
        await self.check_delegations(one, delegations)
        await self._store.delegate(one, delegations)

    async def check_delegations(self, one: PersonId, delegations: Delegations) -> None:
        signed = await self._store.signed(one)
        chain = await self._replay(signed.links)
        _believed(lambda: sets.check(delegations, chain, signed.delegations))

    async def departed(
        self, one: PersonId, home: HouseholdId, link: HouseholdLeave | None, *, goes_anyway: bool
    ) -> tuple[Roster | None, bool]:
        """The household's roster without the person, as `link` says, and whether it has nobody but them.

        None where they are not in it; then, and where there is nobody else in it, there is nothing to be signed.
        Who `goes_anyway` may say nothing: somebody who stays signs them out then.
        """
        before, signed = await self.roster(home)
        chain = await self.chain(one)
        roots = await self._by_root(signed)
        roster = await _thread(lambda: household.replay(before, roots)) if before else None
        member = roster is not None and chain is not None and chain.root in roster.members
        alone = member and roster is not None and len(roster.members) == 1
        if not member or alone or roster is None or chain is None:
            if link is not None:
                raise Problem(Code.UNTRUSTED, path="link")
            return None, alone
        if link is None and goes_anyway:
            return None, False
        if link is None or (link.member, link.person) != (chain.root, chain.root):
            raise Problem(Code.UNTRUSTED, path="link")
        signed_link = link
        return await _thread(lambda: household.extend(roster, signed_link, roots)), False

    async def recover(
        self, link: PersonRecover, name: str, capabilities: Capabilities
    ) -> tuple[Endpoint, Sequence[EndpointId]]:
        """Enrol the endpoint that a recovery key names; returns it with those that are removed for it."""
        one, signed = await self.by_recovery(link.signer)
        chain = await self._replay(signed.links)
        new = _believed(lambda: person.extend(chain, link))
        found = await self._directory.person(one)
        if found is None:
            raise Problem(Code.UNKNOWN_PERSON)
        now = self._clock()
        endpoint = Endpoint(
            id=new_endpoint(),
            household=found.household,
            person=one,
            name=tidy(name, "name"),
            shared=False,
            keys=keys_in(link),
            capabilities=capabilities,
            added=now,
            seen=now,
        )
        former = await self._store.recover(one, link, endpoint, chain=new, now=now)
        return endpoint, former

    async def begin_anew(self, principal: Principal, link: PersonBegin) -> Sequence[EndpointId]:
        """A new identity after everything was lost: everybody sees that it is another one.

        Only for an endpoint that nobody has signed for, so that no one that was is talked out of its chain.
        Returns the endpoints that are removed.
        """
        _personal(principal)
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None or not endpoint.waiting:
            raise Problem(Code.NOT_PERMITTED)
        self.check_begin(link, endpoint.keys.identity)
        chain = _believed(lambda: person.extend(None, link))
        return await self._store.begin_anew(endpoint, link, chain=chain, now=self._clock())

    # -- checking --------------------------------------------------------------------------------

    async def extended(
        self, one: PersonId, links: Sequence[PersonLink], delegations: Delegations | None
    ) -> Chain:
        """What the person's chain would be with these links, and that the set is then in force."""
        signed = await self._store.signed(one)
        chain = await self._replay((*signed.links, *links), remember=False)
        if delegations is not None:
            _believed(lambda: sets.check(delegations, chain, signed.delegations))
        return chain

    async def _extend(
        self, one: PersonId, links: Sequence[PersonLink], delegations: Delegations | None
    ) -> None:
        chain = await self.extended(one, links, delegations)
        await self._store.extend_person(one, links, chain=chain, delegations=delegations)

    async def _roster(self, home: HouseholdId) -> Roster | None:
        links, signed = await self.roster(home)
        if not links:
            return None
        roots = await self._by_root(signed)
        return await _thread(lambda: household.replay(links, roots))

    async def _by_root(self, identities: Iterable[Identity]) -> dict[bytes, Chain]:
        chains = [await self._replay(signed.links) for _, signed in identities]
        return {chain.root: chain for chain in chains}

    async def _replay(self, links: Sequence[PersonLink], *, remember: bool = True) -> Chain:
        """The chain of these links, off the event loop and from what was replayed before. Only stored links
        are remembered: what comes from outside may never be saved."""
        if not links:
            raise Problem(Code.UNTRUSTED)
        first = links[0].signature
        length, chain = self._chains.get(first, (0, None))
        if length > len(links):
            length, chain = 0, None
        if length < len(links):
            known, rest = chain, links[length:]
            chain = await _thread(lambda: _continued(known, rest))
        assert chain is not None
        if remember:
            self._chains[first] = len(links), chain
            self._chains.move_to_end(first)
            while len(self._chains) > REMEMBERED:
                self._chains.popitem(last=False)
        return chain


def _continued(chain: Chain | None, links: Iterable[PersonLink]) -> Chain | None:
    for link in links:
        chain = person.extend(chain, link)
    return chain


def _roots(links: Iterable[HouseholdLink]) -> set[bytes]:
    """Everybody whose chain a roster rests on."""
    signers = {link.person for link in links}
    return signers | {link.member for link in links if isinstance(link, HouseholdJoin)}


def _personal(principal: Principal) -> PersonId:
    """The person who signs. Raises Problem: a shared endpoint signs for nobody."""
    if principal.shared:
        raise Problem(Code.NOT_PERMITTED)
    return registered(principal)


async def _thread(work: Callable[[], T]) -> T:
    """Many signatures take milliseconds, for which nobody else should wait."""
    return await asyncio.to_thread(_believed, work)


def _believed(work: Callable[[], T]) -> T:
    """Raises Problem(untrusted) in the place of Untrusted."""
    try:
        return work()
    except Untrusted as untrusted:
        raise Problem(Code.UNTRUSTED, data={"reason": untrusted.reason}) from None
