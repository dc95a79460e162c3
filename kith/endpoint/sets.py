"""The signed sets that have a say at this endpoint: asked for, checked, kept, and acknowledged with a signature.

A personal endpoint goes by its person's set, a shared one by those of all members of its household. A set is on disk
before anything rests on it, and never gives way to an older one.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec

from kith.core.keys import KeyPair
from kith.core.problem import Problem
from kith.core.trust.grants import DropInTerm, Grants, check, hear
from kith.core.trust.history import believed
from kith.core.trust.household import Roster
from kith.core.trust.person import Chain
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.identities import Ask, Identities
from kith.endpoint.terms import Terms
from policy.enhanced import opted_in
from policy.grants import SOON, lapsed
from signaling import protocol

log = logging.getLogger(__name__)


class Sets:
    """`clock` gives Unix seconds; `changed` hears that there is something new to go by. Raises ValueError if what was
    kept is damaged."""

    def __init__(
        self,
        home: Home,
        enrolment: Enrolment,
        identities: Identities,
        keys: KeyPair,
        *,
        ask: Ask,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self.terms: Terms = home.terms()
        self._home = home
        self._person = enrolment.person
        self._identities = identities
        self._keys = keys
        self._ask = ask
        self._new_id = new_id
        self._clock = clock
        self._changed = changed
        self._taking = asyncio.Lock()
        self._saving = asyncio.Lock()
        self.now_in_force = tuple(lapsed(one) for one in self.terms.last_counted)
        """As it was found last; `in_force` looks again. Before the first look what was forbidden is forbidden still."""

    def now(self) -> float:
        """Unix seconds, never behind what was signed and seen here."""
        return max(self._clock(), float(self.terms.time))

    @property
    def enhanced(self) -> bool:
        """Whether all who have a say here want features for which the server decrypts what is said."""
        owners = [bytes.fromhex(root) for root in self.terms.roots]
        return opted_in(self.now_in_force, owners, self.now())

    # -- hearing --------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Ask for all of them. Raises Problem, Unreachable."""
        reply = await self._ask(protocol.ShowGrants(id=self._new_id()))
        if isinstance(reply, protocol.GrantsShown):
            for shown in reply.sets:
                await self.take(shown.person, shown.grants)
        await self.in_force()
        self._changed()
        await self._acknowledge(self.terms.sets)

    async def hear(self, person: str, grants: Grants) -> None:
        """One has changed. Raises Problem, Unreachable."""
        if await self.take(person, grants):
            await self.in_force()
            self._changed()
            await self._acknowledge({grants.person.hex(): grants})

    async def take(self, person: str, grants: Grants) -> bool:
        """Keep it, if it is believed and its person has a say here; whether it was. Raises Unreachable."""
        async with self._taking:
            try:
                await self._check(person, grants)
            except Untrusted as untrusted:
                log.warning("a set of grants is not believed: %s", untrusted.reason)
                return False
            await self.keep(self.terms.heard(grants))
            return True

    async def _check(self, person: str, grants: Grants) -> None:
        known = self.terms.known(grants.person)
        require(grants.person in await self._roots(), Reason.NOT_A_MEMBER)
        try:
            check(grants, (await self._identities.person(person)).chain, known)
        except Untrusted:  # more of the person may have been signed since
            check(grants, (await self._identities.person(person, anew=True)).chain, known)

    async def _acknowledge(self, sets: Mapping[str, Grants]) -> None:
        now = int(self.now())
        receipts = tuple(hear(one, self._keys, time=now) for one in sets.values())
        if receipts:
            try:
                await self._ask(protocol.HeardGrants(id=self._new_id(), receipts=receipts))
            except Problem as problem:
                log.warning("a receipt was refused: %s", problem.code)

    # -- what counts ----------------------------------------------------------------------------------

    async def in_force(self) -> tuple[Grants, ...]:
        """The sets of all who have a say here, by what is believed of them now. Raises Untrusted, Unreachable.

        One whose signer is no endpoint of the person any more lapses, and so does one whose person is not shown as they
        are known: it grants nothing, and still forbids. One that is ahead of its time is left to `policy.grants`.
        """
        roots = await self._roots()
        chains = await self._chains()
        # By the device's own clock, or sets would walk it on from one to the next.
        near = self._clock() + SOON
        signed = [one for one in self.terms.of(roots) if _signed(one, chains.get(one.person))]
        newest = max((one.time for one in signed if one.time <= near), default=0)
        await self.keep(self.terms.counted(roots, newest))
        self.now_in_force = tuple(one if one in signed else lapsed(one) for one in self.terms.of(roots))
        return self.now_in_force

    async def _roots(self) -> frozenset[bytes]:
        """Of all who have a say here, by what is remembered of them: whoever is shown in their place takes nothing
        away. Raises Untrusted, Unreachable."""
        if self._person is None:
            roster = await self._identities.roster()
            return frozenset() if roster is None else roster.members
        own = self._identities.memory.persons.get(self._person)
        return frozenset() if own is None else frozenset({own.root})

    async def _chains(self) -> Mapping[bytes, Chain]:
        """As far as they are believed now, by root."""
        if self._person is None:
            return self._identities.household_chains
        try:
            chain = (await self._identities.person(self._person)).chain
        except Untrusted:
            return {}
        return {chain.root: chain}

    # -- keeping --------------------------------------------------------------------------------------

    async def switch(self, *, quiet: bool | None = None, drop_in: DropInTerm | None = None) -> None:
        """What somebody switched at the device itself."""
        kept = self.terms
        if quiet is not None:
            kept = kept.switched(quiet=quiet, now=self.now())
        if drop_in is not None:
            kept = msgspec.structs.replace(kept, drop_in=drop_in)
        await self.keep(kept)
        self._changed()

    async def visit(self, roster: Roster) -> None:
        """A roster of another household is believed from now on, and none that is older. Raises Untrusted."""
        before = self.terms.rosters.get(roster.root.hex())
        await self.keep(self.terms.visited(roster.root, believed(before, roster.history)))

    async def keep(self, kept: Terms) -> None:
        """On disk before anything rests on it, written beside the event loop."""
        if kept == self.terms:
            return
        self.terms = kept
        async with self._saving:
            await asyncio.to_thread(self._home.keep, self.terms)


def _signed(known: Grants, chain: Chain | None) -> bool:
    """Whether it is signed by who may still sign."""
    try:
        if chain is not None:
            check(known, chain, known)
    except Untrusted:
        return False
    return chain is not None
