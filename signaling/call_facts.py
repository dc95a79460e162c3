"""What must be known about a call: the facts for policy, and the names and endpoints for those who see it."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore, Known
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from policy.call import CallFacts
from policy.child import Limits, Way, may_be_reached, may_reach
from policy.quota import CALLS, Quota, look_back, wait
from signaling.call import Call, Role
from signaling.quiet import NobodyQuiet, Quieting
from signaling.sessions import Sessions
from signaling.views import Faces


class Distances(Protocol):
    """Who keeps whom at a distance (kith.directory.blocks)."""

    async def blocked_by(self, owner: PersonId) -> frozenset[PersonId]: ...
    async def blockers(self, person: PersonId) -> frozenset[PersonId]: ...


class Placed(Protocol):
    """When a person placed calls, the latest first."""

    async def placed(self, person: PersonId, *, since: float, most: int) -> Sequence[float]: ...


class Limiting(Protocol):
    """What parents let children do, of those among `persons` who are children (kith.directory.children)."""

    async def limits(self, persons: Collection[PersonId]) -> Mapping[PersonId, Limits]: ...


class NobodyLimited:
    """Where there are no children."""

    async def limits(self, persons: Collection[PersonId]) -> Mapping[PersonId, Limits]:
        return {}


class Closing(Protocol):
    """Who of those who live somewhere has closed everything (kith.directory.granting)."""

    async def closed(self, household: HouseholdId, *, adults: bool) -> frozenset[PersonId]: ...


class NobodyCloses:
    """Where nobody can."""

    async def closed(self, household: HouseholdId, *, adults: bool) -> frozenset[PersonId]:
        return frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who and what is called: `ring` are the endpoints that could, as they declare themselves right now."""

    facts: CallFacts
    caller: PersonId
    callee: PersonId | None
    household: HouseholdId
    ring: Sequence[Endpoint]


def _at_home_only(facts: CallFacts, ring: Iterable[Endpoint]) -> CallFacts:
    """What a household shares rings for nobody from outside, once an adult there has closed everything."""
    own = {one.id for one in ring if not one.shared}
    return replace(facts, endpoints=facts.endpoints & own)


class FactFinder:
    """Asks the directory and the sessions; decides nothing."""

    def __init__(
        self,
        directory: DirectoryStore,
        contacts: ContactStore,
        sessions: Sessions,
        distances: Distances,
        placed: Placed,
        clock: Callable[[], float],
        quotas: Sequence[Quota] = CALLS,
        limits: Limiting | None = None,
        quieting: Quieting | None = None,
        closing: Closing | None = None,
    ) -> None:
        self._directory = directory
        self._contacts = contacts
        self._sessions = sessions
        self._distances = distances
        self._placed = placed
        self._clock = clock
        self._quotas = quotas
        self._limits = limits or NobodyLimited()
        self._quieting = quieting or NobodyQuiet()
        self._closing = closing or NobodyCloses()

    async def wanted(self, principal: Principal, caller: PersonId, target: str) -> Wanted:
        """The facts of one call attempt. Whom it is for changes neither what is asked nor how often."""
        blockers, blocked, quota_wait = await asyncio.gather(
            self._distances.blockers(caller),
            self._distances.blocked_by(caller),
            self._wait(principal, caller),
        )
        if target.startswith("e_"):
            wanted = await self._wanted_endpoint(principal, caller, EndpointId(target))
        else:
            wanted = await self._wanted_person(principal, caller, PersonId(target), blockers)
        person, calling, limits, quiet, closed, by_adults = await asyncio.gather(
            self._directory.person(caller),
            self._directory.endpoint(principal.endpoint),
            self._limits.limits((caller, PersonId(target))),
            self._quieting.among(wanted.ring),
            self._closing.closed(wanted.household, adults=False),
            self._closing.closed(wanted.household, adults=True),
        )
        at_home = wanted.household == principal.household
        concerned = wanted.ring if calling is None else [calling, *wanted.ring]
        facts = replace(
            wanted.facts,
            waiting=frozenset(one.id for one in concerned if one.waiting),
            quiet=quiet,
            caller_suspended=person is not None and person.suspended is not None,
            # At a device that others use, too, nobody is told whom somebody has blocked.
            you_blocked=target in blocked and not principal.shared,
            child_limit=not may_reach(limits.get(caller), Way.CALL, PersonId(target), at_home=at_home),
            callee_child_limit=not may_be_reached(
                limits.get(PersonId(target)), Way.CALL, caller, at_home=at_home
            ),
            quota_wait=quota_wait,
            closed=wanted.callee in closed and not at_home,
        )
        return replace(
            wanted, facts=_at_home_only(facts, wanted.ring) if by_adults and not at_home else facts
        )

    async def _wait(self, principal: Principal, caller: PersonId) -> float:
        """Until the caller may place another call, in seconds. Load generators are there to place many."""
        if principal.test:
            return 0.0
        now = self._clock()
        most, span = look_back(self._quotas)
        return wait(await self._placed.placed(caller, since=now - span, most=most), self._quotas, now)

    async def _wanted_endpoint(self, principal: Principal, caller: PersonId, target: EndpointId) -> Wanted:
        endpoint = await self._directory.endpoint(target)
        # One device may be called by those who live with it, and by whose it is.
        known = endpoint is not None and (
            endpoint.person == caller or (endpoint.shared and endpoint.household == principal.household)
        )
        ring = [] if endpoint is None else [self.current(endpoint)]
        return Wanted(
            facts=self._facts(principal, ring, known=known, callee_registered=True),
            caller=caller,
            callee=None if endpoint is None else endpoint.person,
            household=principal.household if endpoint is None else endpoint.household,
            ring=ring,
        )

    async def _wanted_person(
        self, principal: Principal, caller: PersonId, callee: PersonId, blockers: frozenset[PersonId]
    ) -> Wanted:
        # From a shared endpoint one may call the very person that it acts for: "Kitchen calls Ana".
        if callee == caller and not principal.shared:
            raise Problem(Code.SELF_CALL, path="to")
        endpoints, known, by_number, person = await asyncio.gather(
            self._directory.endpoints_for(callee),
            self._directory.knows(caller, callee),
            self._known_by_number(principal, caller, callee),
            self._directory.person(callee),
        )
        ring = [self.current(endpoint) for endpoint in endpoints]
        registered = person is not None and person.registered is not None
        known = known or callee == caller or by_number is Known.YES
        facts = self._facts(principal, ring, known=known, callee_registered=registered)
        return Wanted(
            facts=replace(
                facts,
                moved=by_number is Known.MOVED,
                blocked=callee in blockers,
                callee_suspended=person is not None and person.suspended is not None,
            ),
            caller=caller,
            callee=callee,
            household=principal.household if person is None else person.household,
            ring=ring,
        )

    async def knows(self, principal: Principal, caller: PersonId, callee: PersonId) -> bool:
        """Whether the caller may reach this person at all: as of whoever is called."""
        known, by_number = await asyncio.gather(
            self._directory.knows(caller, callee), self._known_by_number(principal, caller, callee)
        )
        return known or by_number is Known.YES

    async def _known_by_number(self, principal: Principal, caller: PersonId, callee: PersonId) -> Known:
        """From a shared endpoint by the contacts of anybody who lives with it."""
        if principal.shared:
            return await self._contacts.known_at_home(principal.household, callee)
        return await self._contacts.known(caller, callee)

    def _facts(
        self, principal: Principal, ring: Iterable[Endpoint], *, known: bool, callee_registered: bool
    ) -> CallFacts:
        return CallFacts(
            caller_registered=principal.registered,
            caller_endpoint=principal.endpoint,
            known=known,
            callee_registered=callee_registered,
            endpoints=frozenset(endpoint.id for endpoint in ring),
        )

    async def quiet(self, endpoint: EndpointId) -> bool:
        """Whether Do Not Disturb is on there now."""
        found = await self._directory.endpoint(endpoint)
        return found is not None and found.id in await self._quieting.among([found])

    async def withdrawn(self, call: Call) -> tuple[Role, ...]:
        """The sides of a call that may have no part in it any more, because of a block or a suspension."""
        people = {Role.CALLER: call.caller_person, Role.CALLEE: call.callee_person}
        gone: list[Role] = []
        for role, other in ((Role.CALLER, Role.CALLEE), (Role.CALLEE, Role.CALLER)):
            one, apart = people[role], people[other]
            at_device = (
                not call.legs[call.caller].personal if role is Role.CALLER else call.target[:2] == "e_"
            )
            if one is None or (at_device and role is Role.CALLEE):
                continue
            person = await self._directory.person(one)
            suspended = person is None or person.suspended is not None
            blocked = not at_device and apart is not None and apart in await self._distances.blocked_by(one)
            if suspended or blocked or await self._limited(call, role):
                gone.append(role)
        return tuple(gone)

    async def _limited(self, call: Call, role: Role) -> bool:
        """Whether the one on this side is a child, and no parent lets them be in the call."""
        callee = PersonId(call.target)
        caller = await self._directory.person(call.caller_person)
        at_home = caller is not None and caller.household == call.callee_household
        if role is Role.CALLER:
            limits = (await self._limits.limits((call.caller_person,))).get(call.caller_person)
            return not may_reach(limits, Way.CALL, callee, at_home=at_home)
        limits = (await self._limits.limits((callee,))).get(callee)
        return not may_be_reached(limits, Way.CALL, call.caller_person, at_home=at_home)

    async def faces(self, wanted: Wanted, caller: EndpointId) -> Faces:
        """Names and endpoints for a call that is about to begin."""
        people = [wanted.caller] if wanted.callee is None else [wanted.caller, wanted.callee]
        return await self.faces_for(people, caller, wanted.ring)

    async def faces_for(
        self, people: Iterable[PersonId], caller: EndpointId, endpoints: Sequence[Endpoint]
    ) -> Faces:
        """The same, for whoever has found out by themselves who and what is concerned."""
        current = [self.current(endpoint) for endpoint in endpoints]
        return await self._faces(people, {caller}, current)

    async def faces_of(self, call: Call) -> Faces:
        """Names and endpoints for a call that was saved."""
        people = (
            [call.caller_person] if call.callee_person is None else [call.caller_person, call.callee_person]
        )
        # One that was called and never had a leg, because the call rings out, has its name all the same.
        called = {EndpointId(call.target)} if call.target.startswith("e_") else set()
        return await self._faces(people, set(call.legs) | called, ())

    async def endpoint(self, endpoint: EndpointId) -> Endpoint:
        """An endpoint as it declares itself right now. Raises Problem(unknown_endpoint)."""
        record = await self._directory.endpoint(endpoint)
        if record is None:
            raise Problem(Code.UNKNOWN_ENDPOINT)
        return self.current(record)

    def current(self, endpoint: Endpoint) -> Endpoint:
        live = self._sessions.of(endpoint.id)
        return endpoint if live is None else replace(endpoint, capabilities=live.capabilities)

    def refresh(self, faces: Faces) -> None:
        """Take what every endpoint of a call declares right now."""
        for endpoint, face in faces.endpoints.items():
            faces.endpoints[endpoint] = self.current(face)

    async def _faces(
        self, people: Iterable[PersonId], endpoints: set[EndpointId], known: Sequence[Endpoint]
    ) -> Faces:
        faces = Faces({endpoint.id: endpoint for endpoint in known}, {})
        missing = sorted(endpoints - faces.endpoints.keys())
        for record in await asyncio.gather(*(self._directory.record(endpoint) for endpoint in missing)):
            if record is None:
                raise Problem(Code.UNKNOWN_ENDPOINT)
            faces.endpoints[record.id] = self.current(
                record
            )  # removed meanwhile, perhaps: a face all the same
        for found in await asyncio.gather(*(self._directory.person(person) for person in people)):
            if found is not None:
                faces.people[found.id] = found.name
        return faces
