"""What a personal endpoint signs: for new endpoints, and for whom shared ones may act.

The server says `untrusted` if somebody else was faster: then what there is now is asked for, and signed anew.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kith.core.keys import KeyPair, PublicKeys
from kith.core.problem import Code, Problem
from kith.core.trust import household_write, person_write
from kith.core.trust.delegations import MAX_ENDPOINTS, delegate
from kith.core.trust.history import Point
from kith.core.trust.household import MAX_LINKS, Roster, extend
from kith.core.trust.household_links import HouseholdLink, message
from kith.core.trust.person import Chain
from kith.core.trust.person import extend as extend_person
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.believing import Person
from kith.endpoint.identities import Ask, Identities
from signaling import protocol

TRIES = 3

T = TypeVar("T")


class Signing:
    """`person` is the own person's id. Methods raise Untrusted, Problem, Unreachable."""

    def __init__(
        self,
        identities: Identities,
        own: KeyPair,
        person: str,
        *,
        ask: Ask,
        new_id: Callable[[], str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._identities = identities
        self._own = own
        self._person = person
        self._ask = ask
        self._new_id = new_id
        self._now = now
        self._coming: set[bytes] = set()
        """Shared endpoints that are about to be in the roster."""
        self._taking_in = asyncio.Lock()

    async def chain(self, *, anew: bool = False) -> Person:
        """The own person. Raises Untrusted unless this endpoint may sign for them."""
        person = await self._identities.person(self._person, anew=anew)
        require(self._person in self._identities.memory.persons, Reason.NOT_ACTIVE)
        require(self._own.public.identity in person.chain.active, Reason.NOT_ACTIVE)
        return person

    async def begun_roster(self) -> Roster:
        """The own household's, begun here if nobody has."""

        async def begin() -> Roster:
            roster = await self._identities.roster(anew=True)
            if roster is None:
                chain = (await self.chain(anew=True)).chain
                await self._extend_household(household_write.begin(chain, self._own, time=self._time()))
                roster = await self._identities.roster(anew=True)
            if roster is None:
                raise Untrusted(Reason.MISSING)
            return roster

        return await self._trying(begin)

    async def take_in(self, keys: PublicKeys, *, shared: bool) -> tuple[bytes, Point]:
        """Sign for an endpoint of one's own, or for one that the household shares. Root and point with it in. Whoever
        asks again before that was done is answered once it is."""
        async with self._taking_in:
            if shared:
                return await self._take_in_shared(keys)
            chain = await self._trying(lambda: self._add_own(keys))
            await self._trying(self._confirm)
            return chain.root, chain.point

    async def _take_in_shared(self, keys: PublicKeys) -> tuple[bytes, Point]:
        """It may act for the own person first: once it is in the roster, it may call at once."""
        await self.begun_roster()
        self._coming.add(keys.identity)
        try:
            await self.delegate()
            roster = await self._trying(lambda: self._add_shared(keys))
        finally:
            self._coming.discard(keys.identity)
        return roster.root, roster.point

    async def take_out(self, identity: bytes, *, shared: bool) -> None:
        """An endpoint of one's own, or one that the household shares, goes and never comes back."""
        if shared:
            await self._trying(lambda: self._remove_shared(identity))
            await self.delegate()
            return
        await self._trying(lambda: self._remove_own(identity))
        if identity != self._own.public.identity:
            await self._trying(self._confirm)

    async def welcome(self, member: str) -> None:
        """Take a person of the household into its roster, whom somebody here knows to live here."""

        async def join() -> None:
            roster = await self._identities.roster(anew=True)
            chain = (await self.chain(anew=True)).chain
            found = await self._identities.person(member)
            if roster is not None and found.chain.root not in roster.members:
                await self._extend_household(
                    household_write.join(roster, chain, self._own, found.chain, time=self._time())
                )

        await self.begun_roster()
        await self._trying(join)

    async def delegate(self) -> None:
        """Let every endpoint that the household shares, or is about to, act for the own person, and no other."""

        async def sign() -> None:
            roster = await self._identities.roster()
            person = await self.chain()
            if roster is None or person.chain.root not in roster.members:
                return
            wanted = tuple(sorted(self._coming | roster.shared.keys())[:MAX_ENDPOINTS])
            known = person.delegations
            if wanted == (known.endpoints if known is not None else ()):
                return
            signed = delegate(person.chain, self._own, known, wanted, time=self._time())
            await self._ask(protocol.Delegate(id=self._new_id(), delegations=signed))
            self._identities.grown(self._person)

        await self._trying(sign)

    async def leave(self, *, for_good: bool) -> None:
        """Out of the household, or out of Kith: others believe it because it is signed here."""

        async def sign() -> None:
            roster = await self._identities.shown_roster(anew=True)
            person = await self.chain(anew=True)
            chain, known, link = person.chain, person.delegations, None
            if roster is not None and chain.root in roster.members and len(roster.members) > 1:
                link = household_write.leave(roster, chain, self._own, chain.root, time=self._time())
            if for_good:
                await self._ask(protocol.Deregister(id=self._new_id(), link=link))
                return
            none = None if known is None else delegate(chain, self._own, known, (), time=self._time())
            await self._ask(protocol.LeaveHousehold(id=self._new_id(), link=link, delegations=none))
            self._identities.grown(self._person)
            if roster is not None and link is not None:
                after = roster.history.after(
                    link.version, link.previous, link.time, message(link), limit=MAX_LINKS
                )
                await self._identities.left(after)

        await self._trying(sign)

    # -- the pieces -----------------------------------------------------------------------------------

    async def _add_own(self, keys: PublicKeys) -> Chain:
        chain = (await self.chain(anew=True)).chain
        if keys.identity not in chain.active:
            link = person_write.add(chain, self._own, keys, time=self._time())
            await self._ask(protocol.ExtendPerson(id=self._new_id(), links=(link,)))
            chain = (await self.chain(anew=True)).chain
        return chain

    async def _remove_own(self, identity: bytes) -> None:
        """A set of delegations that it had signed lapses with it, and is signed anew."""
        person = await self.chain(anew=True)
        chain, known = person.chain, person.delegations
        if identity not in chain.active:
            return
        link = person_write.remove(chain, self._own, identity, time=self._time())
        lapses = known is not None and known.signer == identity != self._own.public.identity
        signed = None
        if known is not None and lapses:
            after = extend_person(chain, link)
            signed = delegate(after, self._own, known, known.endpoints, time=self._time())
        await self._ask(protocol.ExtendPerson(id=self._new_id(), links=(link,), delegations=signed))
        self._identities.grown(self._person)

    async def _remove_shared(self, identity: bytes) -> None:
        roster = await self._identities.roster(anew=True)
        chain = (await self.chain()).chain
        if roster is not None and identity in roster.shared:
            await self._extend_household(
                household_write.remove(roster, chain, self._own, identity, time=self._time())
            )

    async def _add_shared(self, keys: PublicKeys) -> Roster:
        roster = await self._identities.roster(anew=True)
        chain = (await self.chain()).chain
        if roster is None:
            raise Untrusted(Reason.MISSING)
        if keys.identity not in roster.shared:
            link = household_write.add(roster, chain, self._own, keys, time=self._time())
            extend(roster, link, {chain.root: chain})  # what could not be believed is not sent
            await self._extend_household(link)
            roster = await self._identities.roster(anew=True)
            if roster is None:
                raise Untrusted(Reason.MISSING)
        return roster

    async def _confirm(self) -> None:
        """Pin the own chain in the roster, so that a key which left it can sign nothing there."""
        try:
            roster = await self._identities.roster(anew=True)
        except Untrusted:
            return  # nothing of this person's rests on a roster that is not believed
        chain = (await self.chain()).chain
        if roster is not None and chain.root in roster.members and roster.pins.get(chain.root) != chain.point:
            await self._extend_household(household_write.confirm(roster, chain, self._own, time=self._time()))

    async def _extend_household(self, link: HouseholdLink) -> None:
        await self._ask(protocol.ExtendHousehold(id=self._new_id(), links=(link,)))
        self._identities.roster_grown()

    async def _trying(self, work: Callable[[], Awaitable[T]]) -> T:
        for _ in range(TRIES - 1):
            try:
                return await work()
            except Problem as problem:
                if problem.code is not Code.UNTRUSTED:
                    raise
                self._identities.forget_shown()
        return await work()

    def _time(self) -> int:
        return int(self._now())
