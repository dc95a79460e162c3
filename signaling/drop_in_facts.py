"""What must be known about a drop in: for each endpoint that it could be at, the facts for policy.

Whatever will be decided, the same is asked of the same stores in the same order, so that how long a refusal takes does
not say why it is one.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.standing import DeviceStanding
from kith.core.trust.grants import Grants
from kith.directory.granting import Granting
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from policy.child import Limits, Way, may_be_reached, may_reach
from policy.drop_in import ATTEMPTS, DropInFacts, Told, told
from policy.drop_in_facts import Here, gather, next_change
from policy.grants import Claim, Place, Void
from policy.quota import look_back, wait
from presence.reachable import Reachable
from signaling.call_facts import Distances, Limiting
from signaling.protocol import HOME
from signaling.quiet import own_word, said_by, switch_at
from signaling.sessions import Sessions

MAX_PAIRS = 10_000
"""Of a caller and a household whose attempts are remembered: a few hundred bytes each, the oldest go first."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An endpoint that could be dropped in on, whose word counts there, and what is known of it."""

    endpoint: Endpoint
    sets: Sequence[Grants]
    place: Place
    claim: Claim
    facts: DropInFacts

    def next_change(self, now: float) -> float | None:
        """When to decide anew, if nothing else happens."""
        return next_change(self.sets, self.place, self.claim, now)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who wants to drop in from where, on whom, and where that could be. `callee` is absent where it is a household.
    `told` is what the caller learns of a refusal, which is about them alone; `noted` whether it is written down."""

    caller: PersonId
    calling: Endpoint
    callee: PersonId | None
    household: HouseholdId
    spots: Sequence[Spot]
    told: Told
    quota_wait: float
    noted: bool


@dataclass(slots=True)
class _Tried:
    at: deque[float]
    over: bool = False


class Attempts:
    """When each person tried to drop in on each household of late, admitted or not."""

    def __init__(self) -> None:
        self._tried: OrderedDict[tuple[PersonId, HouseholdId], _Tried] = OrderedDict()

    def wait(self, caller: PersonId, household: HouseholdId, now: float) -> tuple[float, bool]:
        """Until the next attempt, in seconds, this one counting for those that come; and whether it is worth being
        written down: what is too often is, once, or a log could be filled with it."""
        most, span = look_back(ATTEMPTS)
        tried = self._tried.setdefault((caller, household), _Tried(deque(maxlen=most)))
        self._tried.move_to_end((caller, household))
        while len(self._tried) > MAX_PAIRS:
            self._tried.popitem(last=False)
        found = wait([at for at in reversed(tried.at) if at > now - span], ATTEMPTS, now)
        first = found == 0 or not tried.over
        tried.over = found > 0
        if not found:
            tried.at.append(now)
        return found, first


@dataclass(frozen=True, slots=True)
class _About:
    """What is known of the caller, whatever they want."""

    calling: Endpoint
    claim: Claim
    person: Person | None
    blockers: Collection[PersonId]
    blocked: Collection[PersonId]
    limits: Mapping[PersonId, Limits]
    quota_wait: float


class Occupied(Protocol):
    """Which endpoints are in a call (the switchboard)."""

    def occupied(self, endpoint: EndpointId) -> bool: ...


class DropInFinder:
    """Asks the directory, the signed sets and the sessions; decides nothing."""

    def __init__(
        self,
        directory: DirectoryStore,
        granting: Granting,
        distances: Distances,
        sessions: Sessions,
        reachable: Reachable,
        occupied: Occupied,
        limits: Limiting,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._granting = granting
        self._distances = distances
        self._sessions = sessions
        self._reachable = reachable
        self._occupied = occupied
        self._limits = limits
        self._clock = clock
        self._attempts = Attempts()

    async def look(self, principal: Principal, caller: PersonId, target: str) -> Attempt:
        """The facts of one attempt. Raises Problem(self_call) for an endpoint that names itself."""
        return (await self.look_at_all(principal, caller, (target,)))[0]

    async def look_at_all(
        self, principal: Principal, caller: PersonId, targets: Sequence[str]
    ) -> Sequence[Attempt]:
        """The same of several at once, which is one attempt at each household."""
        calling = await self._directory.endpoint(principal.endpoint)
        if calling is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        if principal.endpoint in targets:
            raise Problem(Code.SELF_CALL, path="to")
        claim = await self._granting.claim(calling, caller)
        tried: dict[HouseholdId, tuple[float, bool]] = {}
        return [await self._look(principal, calling, caller, claim, one, tried) for one in targets]

    async def _look(
        self,
        principal: Principal,
        calling: Endpoint,
        caller: PersonId,
        claim: Claim,
        target: str,
        tried: dict[HouseholdId, tuple[float, bool]],
    ) -> Attempt:
        """`tried` are the households at which this is an attempt already: how long to wait, and whether it is noted."""
        callee, endpoints = await self._wanted(calling, target)
        found = [one for one in endpoints if one.id != calling.id]
        # Where there is nobody, the same is asked about the caller's own endpoint, and comes to nothing.
        household = found[0].household if found else calling.household
        if household not in tried:
            tested = principal.test
            tried[household] = (
                (0.0, True) if tested else self._attempts.wait(caller, household, self._clock())
            )
        quota_wait, noted = tried[household]
        spots = await self.spots(found or [calling], calling, caller, claim, quota_wait=quota_wait)
        about_caller = told(spots[0].facts)
        real = spots if found else ()
        return Attempt(caller, calling, callee, household, real, about_caller, quota_wait, noted)

    async def _wanted(self, calling: Endpoint, target: str) -> tuple[PersonId | None, Sequence[Endpoint]]:
        if target == HOME:
            shared = await self._directory.household_endpoints(calling.household)
            return None, [one for one in shared if one.shared]
        if target.startswith("e_"):
            endpoint = await self._directory.endpoint(EndpointId(target))
            return (None, ()) if endpoint is None else (endpoint.person, [endpoint])
        person = PersonId(target)
        return person, await self._directory.endpoints_for(person)

    async def spots(
        self,
        endpoints: Sequence[Endpoint],
        calling: Endpoint,
        caller: PersonId,
        claim: Claim,
        *,
        quota_wait: float = 0.0,
    ) -> Sequence[Spot]:
        """The facts at each of these endpoints, as they are now."""
        own = [one.person for one in endpoints if one.person is not None and not one.shared]
        blockers, blocked, person, limits = await asyncio.gather(
            self._distances.blockers(caller),
            self._distances.blocked_by(caller),
            self._directory.person(caller),
            self._limits.limits((caller, *own)),
        )
        about = _About(calling, claim, person, blockers, blocked, limits, quota_wait)
        return await asyncio.gather(*(self._spot(one, about) for one in endpoints))

    async def _spot(self, endpoint: Endpoint, about: _About) -> Spot:
        counting, place, owners, heard = await asyncio.gather(
            self._granting.at(endpoint),
            self._granting.place(endpoint),
            self._owners(endpoint),
            self._granting.versions(endpoint.id),
        )
        void = await self._granting.void([one.id for one in owners])
        sets = [grants for _, grants in counting]
        theirs = {one.id for one in owners}
        caller = about.person
        facts = replace(
            self._gathered(endpoint, sets, place, about.claim, heard, void),
            blocked=not theirs.isdisjoint(about.blockers),
            child_limit=_limited(endpoint, about),
            # At a device that others use, too, nobody is told whom somebody has blocked.
            you_blocked=not (endpoint.shared or about.calling.shared or theirs.isdisjoint(about.blocked)),
            caller_suspended=caller is None or caller.suspended is not None,
            caller_registered=caller is not None and caller.registered is not None,
            caller_confirmed=not about.calling.waiting,
            quota_wait=about.quota_wait,
            callee_suspended=bool(owners) and all(one.suspended is not None for one in owners),
            callee_registered=any(one.registered is not None for one in owners),
            callee_confirmed=not endpoint.waiting,
            reachable=endpoint.id in self._reachable,
            busy=self._occupied.occupied(endpoint.id),
        )
        return Spot(endpoint, sets, place, about.claim, facts)

    def _gathered(
        self,
        endpoint: Endpoint,
        sets: Sequence[Grants],
        place: Place,
        claim: Claim,
        heard: Mapping[bytes, int],
        void: frozenset[Void],
    ) -> DropInFacts:
        live = self._sessions.of(endpoint.id)
        said = DeviceStanding() if live is None else live.standing
        capabilities = endpoint.capabilities if live is None else live.capabilities
        switch = own_word(switch_at(live, heard), sets, place.identity, self._clock())
        here = Here(
            switch=switch,
            drop_in=said.drop_in,
            microphone_off=said.microphone_off or capabilities.microphone_off,
            ready=said.ready,
        )
        now = self._clock()
        facts = gather(sets, place, claim, here, now, void)
        return replace(facts, quiet_by=said_by(sets, place.identity, switch, now))

    async def _owners(self, endpoint: Endpoint) -> Sequence[Person]:
        """Whose device it is: one person's, or everybody's who lives with it."""
        if endpoint.shared:
            return [
                one
                for one in await self._directory.housemates(endpoint.household)
                if one.registered is not None and not one.child
            ]
        person = None if endpoint.person is None else await self._directory.person(endpoint.person)
        return () if person is None else [person]


def _limited(endpoint: Endpoint, about: _About) -> bool:
    """Whether a parent keeps the two apart: a child who drops in, or whose own device it is."""
    caller = None if about.person is None else about.person.id
    whose = None if endpoint.shared else endpoint.person
    at_home = endpoint.household == about.calling.household
    reaches = may_reach(_of(about, caller), Way.DROP_IN, whose, at_home=at_home)
    return not (reaches and may_be_reached(_of(about, whose), Way.DROP_IN, caller, at_home=at_home))


def _of(about: _About, person: PersonId | None) -> Limits | None:
    return None if person is None else about.limits.get(person)
