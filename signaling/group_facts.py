"""What must be known about a group: who is asked and where, who may meet whom, and whether all have opted in.

Whatever will be decided, the same is asked about everybody who is asked, so that how long an answer takes says nothing
about one of them.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.grants import Mode
from kith.directory.granting import Granting
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from policy.call import Admit, Refuse, RingOut, may_call
from policy.child import Way, may_be_reached, may_reach
from policy.enhanced import may_use, opted_in
from policy.group import apart, mode_among
from presence.reachable import Reachable
from signaling import call_replies
from signaling.call import KNOCK_TIMEOUT, OPENING_TIMEOUT, RING_TIMEOUT, CallKind
from signaling.call_facts import Distances, FactFinder, Limiting, Wanted
from signaling.drop_in_facts import Attempt, DropInFinder
from signaling.dropping_in import DropIns, refusal
from signaling.group import Place
from signaling.group_step import place_of
from signaling.protocol import EVERYONE
from signaling.views import Faces

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who is asked. `place` is None where they are not, because a drop in may not be there: `refused` says so.
    `endpoints` could all come; `opted_in` whether each of them may use what decrypts at the server. `longest` is how
    many seconds a drop in may last there."""

    target: str
    person: PersonId | None
    endpoints: Sequence[Endpoint]
    opted_in: bool
    place: Place | None
    refused: Problem | None = None
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class Party:
    """Everybody who would take part. `starter` is the endpoint that asks, `home` its place."""

    starter: Endpoint
    home: Place
    found: Sequence[Found]
    opted_in: bool

    @property
    def places(self) -> list[Place]:
        return [one.place for one in self.found if one.place is not None]

    @property
    def size(self) -> int:
        return 1 + len(self.found)


class GroupFinder:
    """Asks the directory, the signed sets and the sessions; decides about each who is asked as for one alone."""

    def __init__(
        self,
        directory: DirectoryStore,
        granting: Granting,
        distances: Distances,
        limits: Limiting,
        calls: FactFinder,
        drop_in_facts: DropInFinder,
        drop_ins: DropIns,
        reachable: Reachable,
        clock: Callable[[], float],
        *,
        ringing: float = RING_TIMEOUT,
    ) -> None:
        self._directory = directory
        self._granting = granting
        self._distances = distances
        self._limits = limits
        self._calls = calls
        self._drop_in_facts = drop_in_facts
        self._drop_ins = drop_ins
        self._reachable = reachable
        self._clock = clock
        self._ringing = ringing

    # -- who is asked ----------------------------------------------------------------------------

    async def calling(
        self, principal: Principal, caller: PersonId, targets: Sequence[str], *, among: Iterable[Place] = ()
    ) -> Party:
        """Several are called; `among` are in the group already. Raises Problem as for a call to any of them."""
        starter, home = await self._starter(principal, caller)
        targets = _distinct(targets, principal, CallKind.CALL)
        wanted = await asyncio.gather(*(self._calls.wanted(principal, caller, one) for one in targets))
        found = [
            await self._called(target, one, principal) for target, one in zip(targets, wanted, strict=True)
        ]
        return await self._party(starter, home, found, among)

    async def planned(self, principal: Principal, caller: PersonId, targets: Sequence[str]) -> Party:
        """Several would be dropped in on. It is not asked whether they may be: that is for an attempt, which is written
        down. Of those whom one may not reach at all it comes to what it does where nobody has opted in."""
        starter, home = await self._starter(principal, caller)
        targets = await self._all(starter, caller, _distinct(targets, principal, CallKind.DROP_IN))
        found = []
        for target in targets:
            endpoints = await self._could_open(target)
            opted, near = await asyncio.gather(
                self.opted_in(endpoints), self._may_reach(principal, caller, target, endpoints)
            )
            found.append(Found(target, _speaks_for(target, endpoints), endpoints, opted and near, None))
        return await self._party(starter, home, found, ())

    async def dropping_in(
        self, principal: Principal, caller: PersonId, targets: Sequence[str], call: str, written: set[str]
    ) -> Party:
        """Several are dropped in on: whoever refuses is not asked, and it is written down for them, but for those in
        `written`, which holds them from then on."""
        starter, home = await self._starter(principal, caller)
        targets = await self._all(starter, caller, _distinct(targets, principal, CallKind.DROP_IN))
        attempts = await self._drop_in_facts.look_at_all(principal, caller, targets) if targets else ()
        homes = [one.household for one in attempts]
        found = [
            await self._dropped_in(
                target, one, [each for at, each in enumerate(homes) if at != index], call, written
            )
            for index, (target, one) in enumerate(zip(targets, attempts, strict=True))
        ]
        return await self._party(starter, home, found, ())

    async def _starter(self, principal: Principal, caller: PersonId) -> tuple[Endpoint, Place]:
        starter = await self._directory.endpoint(principal.endpoint)
        if starter is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        return starter, Place(target=caller, person=caller, household=starter.household, asked=False)

    async def _all(self, starter: Endpoint, caller: PersonId, targets: Sequence[str]) -> Sequence[str]:
        """`everyone`: all other devices of the own household that are there."""
        if targets != [EVERYONE]:
            return targets
        shared = await self._directory.household_endpoints(starter.household)
        own = [] if starter.shared else await self._directory.endpoints_for(caller)
        every = {one.id for one in (*shared, *own) if one.shared or one.person == caller}
        return sorted(one for one in every - {starter.id} if one in self._reachable)

    async def _could_open(self, target: str) -> Sequence[Endpoint]:
        if target.startswith("e_"):
            endpoint = await self._directory.endpoint(EndpointId(target))
            return () if endpoint is None else (endpoint,)
        return await self._directory.endpoints_for(PersonId(target))

    async def _may_reach(
        self, principal: Principal, caller: PersonId, target: str, endpoints: Sequence[Endpoint]
    ) -> bool:
        """Whether the caller may reach those whose word counts there, and no block is between them."""
        owners = {PersonId(target)} if target.startswith("p_") else await self._owners(endpoints)
        known = await asyncio.gather(*(self._calls.knows(principal, caller, one) for one in sorted(owners)))
        blockers, blocked = await asyncio.gather(
            self._distances.blockers(caller), self._distances.blocked_by(caller)
        )
        own = any(one.household == principal.household for one in endpoints)
        return (own or any(known)) and not owners & (blockers | blocked)

    async def _owners(self, endpoints: Iterable[Endpoint]) -> set[PersonId]:
        homes = {one.household for one in endpoints if one.shared}
        people = await asyncio.gather(*(self._directory.housemates(one) for one in homes))
        personal = {one.person for one in endpoints if not one.shared and one.person is not None}
        return personal | {one.id for theirs in people for one in theirs if not one.child}

    # -- each of them ----------------------------------------------------------------------------

    async def _called(self, target: str, wanted: Wanted, principal: Principal) -> Found:
        decision = may_call(wanted.facts)
        if isinstance(decision, Refuse):
            raise call_replies.refusal(decision, wanted.facts, target)
        opted = await self.opted_in([one for one in wanted.ring if one.id != principal.endpoint])
        # Who is kept away learns no more of them than of somebody who has not opted in.
        kept_away = isinstance(decision, RingOut)
        admitted = decision if isinstance(decision, Admit) else Admit(frozenset())
        rung = admitted.ring | admitted.silenced
        place = place_of(
            target,
            {one.id: not one.shared for one in wanted.ring if one.id in rung},
            frozenset(one.id for one in wanted.ring if one.id in self._reachable),
            admitted.silenced,
            person=_speaks_for(target, wanted.ring),
            household=wanted.household,
            silent=kept_away,
            until=self._clock() + self._ringing,
        )
        return Found(target, place.person, wanted.ring, opted and not kept_away, place)

    async def _dropped_in(
        self, target: str, attempt: Attempt, others: Collection[HouseholdId], call: str, written: set[str]
    ) -> Found:
        chosen, refused = self._drop_ins.chosen(attempt, home=False)
        could = [spot.endpoint for spot in attempt.spots]
        opted = await self.opted_in(could)
        if not chosen:
            if target not in written:
                written.add(target)
                await self._drop_ins.write_down(attempt, refused, target, call)
            return Found(target, _speaks_for(target, could), could, opted, None, refusal(attempt))
        mode = mode_among(chosen[0][1].mode, attempt.household, others)
        endpoints = [spot.endpoint for spot, _ in chosen]
        ringing = OPENING_TIMEOUT if mode is Mode.INSTANT else KNOCK_TIMEOUT
        place = place_of(
            target,
            {one.id: not one.shared for one in endpoints},
            frozenset(one.id for one in endpoints),
            person=_speaks_for(target, could),
            household=attempt.household,
            mode=mode,
            until=self._clock() + ringing,
        )
        longest = max(admit.bounds.longest for _, admit in chosen) * MINUTE
        return Found(target, place.person, could, opted, place, longest=longest)

    async def _party(
        self, starter: Endpoint, home: Place, found: Sequence[Found], among: Iterable[Place]
    ) -> Party:
        if any(one.person is not None and one.person == home.person for one in found if one.target[0] == "p"):
            raise Problem(Code.SELF_CALL, path="to")
        kept = await self._kept_apart(home, [one for one in found if one.place is not None], among)
        found = [
            one
            if one.place is None or one.person not in kept
            else Found(
                one.target, one.person, one.endpoints, one.opted_in, replace(one.place, silent=True, rings={})
            )
            for one in found
        ]
        opted = may_use([await self.opted_in([starter]), *(one.opted_in for one in found)])
        return Party(starter, home, found, opted)

    async def _kept_apart(
        self, home: Place, found: Sequence[Found], among: Iterable[Place]
    ) -> frozenset[PersonId]:
        """Who is not to meet one of the others: because one has blocked the other, or because of a parent."""
        there = [one.person for one in among if one.person is not None and one.person != home.person]
        asked = [one.person for one in found if one.person is not None and one.person != home.person]
        people = list(dict.fromkeys([*there, *asked]))
        if len(people) < 2:
            return frozenset()
        blocked = await asyncio.gather(*(self._distances.blocked_by(one) for one in people))
        pairs = {(one, other) for one, theirs in zip(people, blocked, strict=True) for other in theirs}
        # Who is there stays there: of two it is the newcomer who does not come.
        pairs |= {(other, one) for one, other in pairs if other in there and one not in there}
        pairs = {(one, other) for one, other in pairs if other not in there}
        gone = {PersonId(one) for one in apart(people, pairs)}
        return frozenset(gone | {child for child, _ in await self._forbidden(people)})

    async def may_meet(self, person: PersonId, there: Collection[PersonId]) -> bool:
        """Whether somebody may come to those who are there by now: no block is between them, nor a parent."""
        others = [one for one in there if one != person]
        blockers, blocked, forbidden = await asyncio.gather(
            self._distances.blockers(person),
            self._distances.blocked_by(person),
            self._forbidden([person, *others]),
        )
        return not (blockers | blocked) & set(others) and not any(person in pair for pair in forbidden)

    async def _forbidden(self, people: Sequence[PersonId]) -> set[tuple[PersonId, PersonId]]:
        """The children among them, and with whom of the others their parents do not let them talk."""
        limits = await self._limits.limits(people)
        if not limits:
            return set()
        found = await asyncio.gather(*(self._directory.person(one) for one in people))
        homes = {one.id: one.household for one in found if one is not None}

        def kept(child: PersonId, other: PersonId) -> bool:
            at_home = homes.get(child) == homes.get(other)
            theirs = limits.get(child)
            reached = may_be_reached(theirs, Way.CALL, other, at_home=at_home)
            return not (reached and may_reach(theirs, Way.CALL, other, at_home=at_home))

        return {(one, other) for one in limits for other in people if other != one and kept(one, other)}

    # -- enhanced --------------------------------------------------------------------------------

    async def opted_in(self, endpoints: Collection[Endpoint]) -> bool:
        """Whether all whose devices these are have opted in to what decrypts at the server. Of none nobody has."""
        return may_use(await asyncio.gather(*(self._opted_in(one) for one in endpoints)))

    async def _opted_in(self, endpoint: Endpoint) -> bool:
        sets = await self._granting.at(endpoint)
        if not endpoint.shared:
            owners = [] if endpoint.person is None else [endpoint.person]
        else:
            people = await self._directory.housemates(endpoint.household)
            owners = [one.id for one in people if one.registered is not None and not one.child]
        now = self._clock()
        on = {one for one, grants in sets if opted_in([grants], [grants.person], now)}
        return may_use([one in on for one in owners])

    # -- who else ---------------------------------------------------------------------------------

    async def others_of(self, party: Party) -> frozenset[EndpointId]:
        """Other endpoints of the person who starts it, at which they may go on."""
        if party.home.person is None:
            return frozenset()
        theirs = await self._directory.endpoints_for(party.home.person)
        return frozenset(
            one.id for one in theirs if not (one.shared or one.waiting or one.id == party.starter.id)
        )

    # -- names -----------------------------------------------------------------------------------

    async def faces(self, party: Party) -> Faces:
        """Names and endpoints for a group that is about to begin."""
        return await self._calls.faces_for(
            [*([] if party.home.person is None else [party.home.person]), *_people(party)],
            party.starter.id,
            [one for found in party.found for one in found.endpoints],
        )


def _speaks_for(target: str, endpoints: Sequence[Endpoint]) -> PersonId | None:
    """For whom an endpoint speaks that comes: a shared one that was asked as such for its household."""
    if target.startswith("p_"):
        return PersonId(target)
    return next((one.person for one in endpoints if not one.shared), None)


def _people(party: Party) -> list[PersonId]:
    return [one.person for one in party.found if one.person is not None]


def _distinct(targets: Sequence[str], principal: Principal, kind: CallKind) -> list[str]:
    """Each once. Raises Problem where `everyone` is not alone, or the endpoint names itself."""
    distinct = list(dict.fromkeys(targets))
    if EVERYONE in distinct and (len(distinct) > 1 or kind is CallKind.CALL):
        raise Problem(Code.INVALID, path="to")
    if principal.endpoint in distinct:
        raise Problem(Code.SELF_CALL, path="to")
    return distinct
