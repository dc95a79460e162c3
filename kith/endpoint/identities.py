"""Who is who, as this endpoint has been shown it, has checked it and remembers it.

What was asked for is kept until the server says that it has grown. Whom the endpoint believes, it remembers;
who has become another one it remembers only when a person says so (`accept`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

import msgspec

from kith.core.keys import KeyPair, PublicKeys
from kith.core.problem import Problem
from kith.core.trust.history import Change, History, Known, believed
from kith.core.trust.household import Roster
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import Chain
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.believing import (
    Household,
    Person,
    Side,
    judge,
    judge_chain,
    judge_roster,
    public,
    side,
    signed_in,
)
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.memory import Memory
from signaling import protocol
from signaling.protocol import AnyReply, CallView, Command, WaitingEndpoint

log = logging.getLogger(__name__)

Ask = Callable[[Command], Awaitable[AnyReply]]


@dataclass(frozen=True, slots=True)
class End:
    """An endpoint as the server names it: its keys, and for whom it speaks (an id; None: for its household)."""

    person: str | None
    keys: PublicKeys


@dataclass(frozen=True, slots=True)
class Meeting:
    """Both ends of an answered call. `changed` is who it is that has become another one; None if nobody has."""

    own: Side
    peer: Side
    changed: Person | None


class Identities:
    """`ask` sends a command, `new_id` makes its id. What is not believed is raised as Untrusted."""

    def __init__(
        self, *, ask: Ask, new_id: Callable[[], str], home: Home, enrolment: Enrolment, keys: KeyPair
    ) -> None:
        self.waiting: tuple[WaitingEndpoint, ...] = ()
        """Endpoints for which this one could sign."""
        self.housemates: dict[str, Person] = {}
        """Everybody of the household who has an identity that is believed."""
        self._ask = ask
        self._new_id = new_id
        self._home = home
        self._enrolment = enrolment
        self._keys = keys
        self._memory = home.memory()
        self._persons: dict[str, Person] = {}
        self._growth = 0
        """How often somebody was said to have grown; and how often by the time that the last question was asked."""
        self._growth_asked = 0
        self._roster: Roster | None = None
        self.household_chains: dict[bytes, Chain] = {}
        """On what it rests: chains by root, of whatever id they were shown."""
        self.links: tuple[HouseholdLink, ...] = ()
        """What the own household's roster was made of."""
        self._roster_is_new = False
        self._asking = asyncio.Lock()
        self._saving = asyncio.Lock()

    @property
    def memory(self) -> Memory:
        return self._memory

    # -- what is known --------------------------------------------------------------------------------

    def grown(self, person: str) -> None:
        """There is more of a person than was shown."""
        self._persons.pop(person, None)
        self._growth += 1

    def roster_grown(self) -> None:
        self._roster_is_new = False

    def forget_shown(self) -> None:
        """The session is a new one: nobody said what has grown meanwhile."""
        self._persons.clear()
        self._growth += 1
        self._roster_is_new = False

    async def person(self, person: str, *, anew: bool = False) -> Person:
        """A person, as shown and checked; asked for unless that was done. Raises Untrusted, Unreachable."""
        return (await self.persons(person, anew=anew))[person]

    async def persons(self, *persons: str, anew: bool = False) -> dict[str, Person]:
        """Raises Untrusted if one of them cannot be believed or has no identity."""
        async with self._asking:
            there = {} if anew else {one: self._persons[one] for one in persons if one in self._persons}
            missing = tuple(one for one in dict.fromkeys(persons) if one not in there)
            return there | (await self._look_up(missing) if missing else {})

    async def take(self, shown: Iterable[protocol.PersonIdentity]) -> None:
        """Persons who were shown unasked, beside something else. Raises Untrusted if one of them cannot be believed."""
        async with self._asking:
            for one in shown:
                await self._take(one)

    async def roster(self, *, anew: bool = False) -> Roster | None:
        """The own household's, as far as it is believed; None where nobody has begun it.

        Raises Untrusted, NOT_CONFIRMED where others have taken the own person in and nobody here has said that they
        know them (`vouch_for_household`); Unreachable.
        """
        roster = await self.shown_roster(anew=anew)
        require(roster is None or self._memory.household is not None, Reason.NOT_CONFIRMED)
        return roster

    async def shown_roster(self, *, anew: bool = False) -> Roster | None:
        """The same, believed or not."""
        async with self._asking:
            if anew or not self._roster_is_new:
                await self._look_at_home()
            return self._roster

    async def meet(self, view: CallView, *, anew: bool = False) -> Meeting:
        """The two ends of an answered call. Raises Untrusted if one of them may not speak for whom it does."""
        if view.endpoint is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        ends = End(view.own_person, self._keys.public), End(view.peer_person, public(view.endpoint.keys))
        return await self.meet_as(*ends, anew=anew)

    async def meet_as(
        self, here: "End", there: "End", *, anew: bool = False, lives: Roster | None = None
    ) -> Meeting:
        """The same of any two ends, of which `here` is this endpoint; `lives` is the roster for which the other one
        speaks where that is not the own household's."""
        people = [one for one in (here.person, there.person) if one is not None]
        found = await self.persons(*people, anew=anew) if people else {}
        own = found.get(here.person) if here.person else None
        peer = found.get(there.person) if there.person else None
        household = await self._household(anew=anew)
        await self._require_own(own, household)
        changed = peer if peer is not None and peer.change is Change.CHANGED else None
        return Meeting(
            own=side(here.keys, own, household),
            peer=side(there.keys, peer, household if lives is None else Household(lives)),
            changed=changed,
        )

    async def household(self) -> Roster | None:
        """The own household's roster where it counts for something here; None where it does not. Raises Unreachable."""
        return (await self._household(anew=False)).roster

    async def chains(self, shown: Iterable[protocol.PersonIdentity]) -> dict[bytes, Chain]:
        """Chains on which something of another household rests, by their roots, each checked against what is remembered
        of it. Raises Untrusted."""
        found = [await asyncio.to_thread(judge_chain, one, self._memory) for one in shown]
        return {chain.root: chain for chain in found}

    async def require_of_household(self, person: str) -> None:
        """Raises Untrusted unless this person may speak through what the own household shares."""
        roster = await self.roster()
        found = await self.person(person)
        require(roster is not None and found.chain.root in roster.members, Reason.NOT_A_MEMBER)

    async def _household(self, *, anew: bool) -> Household:
        """A household that others have taken the own person into counts for nothing yet; one that cannot be believed
        is in the way of whatever rests on it."""
        try:
            return Household(await self.roster(anew=anew))
        except Untrusted as untrusted:
            if untrusted.reason is Reason.NOT_CONFIRMED and self._enrolment.person is not None:
                return Household()
            return Household(trouble=untrusted)

    async def _require_own(self, own: Person | None, household: Household) -> None:
        """For whom this endpoint speaks: its own person, vouched for, or if it is shared somebody of its household."""
        if self._enrolment.person is not None:
            require(own is not None and own.id == self._enrolment.person, Reason.UNKNOWN_PERSON)
            require(self._enrolment.person in self._memory.persons, Reason.NOT_ACTIVE)
            require(own is not None and own.change is not Change.CHANGED, Reason.FORKED)
            return
        roster = household.require()
        require(self._memory.household is not None and roster is not None, Reason.NOT_ACTIVE)
        if own is not None and roster is not None:
            require(own.chain.root in roster.members, Reason.NOT_A_MEMBER)
            if own.change is Change.CHANGED:
                await self.accept(own)  # the household took the new one in

    # -- remembering ----------------------------------------------------------------------------------

    async def accept(self, person: Person) -> None:
        """Somebody has seen that this person is another one now, and goes on."""
        self._persons[person.id] = replace(person, change=Change.SAME)
        await self._remember(_with(self._memory, person, None))

    async def note_compared(self, person: Person, *, verified: bool) -> None:
        """Somebody has compared the safety number with this person, as they are here."""
        history = person.chain.history
        known = Known(history.root, history.newest.version, history.newest.head, verified)
        self._persons[person.id] = replace(person, change=Change.SAME)
        await self._remember(self._memory.with_person(person.id, known, person.delegations))

    async def vouch_for_person(self, person: Person) -> None:
        """Remember the own person, for whom somebody has vouched as they are here."""
        await self._remember(_with(self._memory, person, self._memory.persons.get(person.id)))

    async def vouch_for_household(self, roster: Roster) -> None:
        """Remember the own household, for which somebody has vouched as it is here."""
        await self._remember(self._memory.with_household(believed(self._memory.household, roster.history)))

    async def lives_at(self, household: str) -> None:
        """The own person lives elsewhere now, by the server's word: what is believed of that household begins anew."""
        async with self._asking:
            if self._enrolment.person is None or household == self._enrolment.household:
                return
            self._enrolment = msgspec.structs.replace(self._enrolment, household=household)
            self._roster, self._roster_is_new = None, False
            await self._remember(self._memory.moved())
            await asyncio.to_thread(self._home.save, self._enrolment)

    async def left(self, roster: History) -> None:
        """The own person has signed that they leave this household."""
        await self._remember(self._memory.with_left(believed(None, roster)))

    async def _remember(self, memory: Memory) -> None:
        """On disk before anything rests on it, written beside the event loop."""
        if memory == self._memory:
            return
        self._memory = memory
        async with self._saving:
            await asyncio.to_thread(self._home.remember, self._memory)

    # -- asking ---------------------------------------------------------------------------------------

    async def _look_up(self, persons: tuple[str, ...]) -> dict[str, Person]:
        self._growth_asked = self._growth
        reply = await self._request(protocol.ListIdentities(id=self._new_id(), persons=persons))
        if not isinstance(reply, protocol.Identities):
            raise Untrusted(Reason.MISSING)
        for one in persons:
            self._persons.pop(one, None)
        found = {
            shown.person: await self._take(shown) for shown in reply.identities if shown.person in persons
        }
        require(found.keys() == set(persons), Reason.UNKNOWN_PERSON)
        return found

    async def _look_at_home(self) -> None:
        self._roster_is_new = True  # what grows while the answer is on its way makes it old again
        self._growth_asked = self._growth
        try:
            reply = await self._request(protocol.ShowRoster(id=self._new_id()))
            if not isinstance(reply, protocol.RosterShown):
                raise Untrusted(Reason.MISSING)
            self.waiting = reply.waiting
            chains = await self._take_housemates(reply.identities)
            self._roster = judge_roster(reply, chains, self._memory.household, self._memory.left)
            self.household_chains = {chain.root: chain for chain in chains}
            self.links = reply.links
        except BaseException:
            self._roster_is_new = False
            raise
        if self._roster is not None and self._believes_household(reply):
            await self.vouch_for_household(self._roster)

    async def _take_housemates(self, identities: Iterable[protocol.PersonIdentity]) -> list[Chain]:
        """Each person as they are now comes first; a former chain of theirs may follow, on which links rest."""
        chains = []
        self.housemates = {}
        for shown in identities:
            try:
                if shown.person in self.housemates:
                    chains.append(await asyncio.to_thread(judge_chain, shown, self._memory))
                else:
                    person = await self._take(shown)
                    self.housemates[shown.person] = person
                    chains.append(person.chain)
            except Untrusted as untrusted:
                log.warning("a housemate is not believed: %s", untrusted.reason)
        return chains

    async def _take(self, shown: protocol.PersonIdentity) -> Person:
        person = await asyncio.to_thread(judge, shown, self._memory)
        if self._growth == self._growth_asked:  # or else it may be old already
            self._persons[person.id] = person
        if person.change is not Change.CHANGED and self._believes(person):
            known = self._memory.persons.get(person.id)
            await self._remember(_with(self._memory, person, known))
        return person

    def _believes(self, person: Person) -> bool:
        """Others at first sight; the own person only if somebody has vouched for them."""
        return person.id != self._enrolment.person or person.id in self._memory.persons

    def _believes_household(self, shown: protocol.RosterShown) -> bool:
        """One that is remembered; and at first sight one in which an endpoint of the own person has signed."""
        if self._memory.household is not None:
            return True
        own = self._memory.persons.get(self._enrolment.person or "")
        return own is not None and signed_in(shown, own.root)

    async def _request(self, command: Command) -> AnyReply:
        try:
            return await self._ask(command)
        except Problem as problem:
            log.warning("%s was refused: %s", type(command).__name__, problem.code)
            raise Untrusted(Reason.MISSING) from problem


def _with(memory: Memory, person: Person, known: Known | None) -> Memory:
    return memory.with_person(person.id, believed(known, person.chain.history), person.delegations)
