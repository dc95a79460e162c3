"""Who can be called from where, and who is told when that changes.

What was read before something else was awaited may be old by now: each telling reads what it tells.
"""

import logging
from collections.abc import Awaitable, Iterable

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from kith.directory.registry import named
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.call_facts import Distances
from signaling.sessions import Live, Sessions
from signaling.views import endpoint_view, person_view

log = logging.getLogger(__name__)


class Announcer:
    """The directory as each endpoint sees it, and its changes pushed to those who see them."""

    def __init__(
        self, directory: DirectoryStore, sessions: Sessions, reachable: Reachable, distances: Distances
    ) -> None:
        self._directory = directory
        self._distances = distances
        self._sessions = sessions
        self._reachable = reachable

    async def refresh(self, live: Live) -> Person | None:
        """Take the endpoint and its person as they are on disk; returns the person.

        Raises Problem(endpoint_removed) where it was removed since it proved its key, (suspended) where its person may
        not be here.

        To be called after every change of either: reads are answered in order, so the last one is right,
        which what was read before something else was awaited need not be.
        """
        endpoint = await self._directory.endpoint(live.endpoint.id)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        person = None if endpoint.person is None else await self._directory.person(endpoint.person)
        if not endpoint.shared and person is not None and person.suspended is not None:
            raise Problem(Code.SUSPENDED)
        live.endpoint, live.principal = endpoint, named(endpoint, person)
        return person

    async def listing(
        self, endpoint: Endpoint, principal: Principal
    ) -> tuple[tuple[wire.PersonView, ...], tuple[wire.EndpointView, ...]]:
        """Persons and endpoints that can be called from here. An own endpoint shows nobody whom the person has blocked;
        a shared one shows them as ever, because whoever stands there is not to find out."""
        person = principal.person
        people = [] if person is None else list(await self._directory.people_known_to(person))
        if person is not None and not endpoint.shared:
            blocked = await self._distances.blocked_by(person)
            people = [one for one in people if one.id not in blocked]
        me = await self._directory.person(person) if endpoint.shared and person is not None else None
        if me is not None and me.registered is not None:
            people.insert(0, me)  # the Kitchen may call the very person it acts for
        if endpoint.shared or person is None:
            callable_ = await self._directory.household_endpoints(endpoint.household)
        else:
            callable_ = await self._directory.endpoints_for(person)
        return (
            tuple(person_view(one) for one in people),
            tuple(
                self._endpoint_view(one, own=one.person == person and not one.shared)
                for one in callable_
                if one.id != endpoint.id
            ),
        )

    def _endpoint_view(self, endpoint: Endpoint, *, own: bool) -> wire.EndpointView:
        live = self._sessions.of(endpoint.id)
        current = endpoint if live is None else live.endpoint
        quiet = live is not None and live.standing.quiet
        return endpoint_view(current, online=endpoint.id in self._reachable, own=own, quiet=quiet)

    async def told(self, telling: Awaitable[None]) -> None:
        """What was done is done: that the others could not be told is no reason to answer with a problem."""
        try:
            await telling
        except Problem as problem:
            log.warning("change not announced: code=%s", problem.code)
        except Exception:
            log.exception("change not announced")

    async def registered(self, person: PersonId) -> None:
        """A number was verified. The person may be the profile of shared endpoints from now on."""
        for endpoint in await self._directory.endpoints_for(person):
            live = self._sessions.of(endpoint.id)
            if live is not None:
                await self.refresh(live)
            if not endpoint.shared:
                self._sessions.push(endpoint.id, wire.Registered())
        await self.person_changed(person)

    async def unregistered(self, person: PersonId) -> None:
        """Somebody else has the person's number: nobody is called in their name from now on."""
        for endpoint in await self._directory.endpoints_for(person):
            live = self._sessions.of(endpoint.id)
            if live is not None:
                await self.refresh(live)
            if not endpoint.shared:
                self._sessions.push(endpoint.id, wire.Unregistered())
        await self.person_changed(person)

    async def described(self, endpoint: EndpointId) -> None:
        live = self._sessions.of(endpoint)
        if live is not None:
            await self.refresh(live)
        described = await self._directory.endpoint(endpoint)
        if described is not None:
            self.endpoint_changed(described)

    def endpoint_changed(self, endpoint: Endpoint) -> None:
        """Tell those who may call this endpoint directly how it is now."""
        for other in self._reachable.at(endpoint.household):
            live = self._sessions.of(other)
            if live is None or other == endpoint.id:
                continue
            own = live.endpoint.person == endpoint.person and not endpoint.shared
            if endpoint.shared or (own and not live.endpoint.shared):
                there = self._sessions.of(endpoint.id)
                quiet = there is not None and there.standing.quiet
                view = endpoint_view(endpoint, online=endpoint.id in self._reachable, own=own, quiet=quiet)
                self._sessions.push(other, wire.EndpointChanged(endpoint=view))

    async def person_changed(self, person: PersonId) -> None:
        """A name or a registration changed: new directories for all who know the person. Whoever has blocked them is
        not told, but what they share is."""
        deaf = await self._distances.blockers(person)
        seen: set[EndpointId] = set()
        for one in (person, *(known.id for known in await self._directory.people_known_to(person))):
            endpoints = await self._directory.endpoints_for(one)
            await self._push_directory([each for each in endpoints if each.shared or one not in deaf], seen)

    async def directories_changed(self, people: Iterable[PersonId]) -> None:
        """New directories for these persons and what speaks for them."""
        seen: set[EndpointId] = set()
        for one in people:
            await self._push_directory(await self._directory.endpoints_for(one), seen)

    async def directory_of(self, person: PersonId) -> None:
        """Whom the person can call from their own endpoints has changed."""
        own = [one for one in await self._directory.endpoints_for(person) if not one.shared]
        await self._push_directory(own, set())

    async def endpoints_changed(self, endpoint: Endpoint) -> None:
        """An endpoint was added to a household."""
        await self.household_changed(endpoint.household)

    async def household_changed(self, household: HouseholdId) -> None:
        """Who or what lives there has changed: new directories for all of it. What it shares may act for another."""
        for endpoint in await self._directory.household_endpoints(household):
            live = self._sessions.of(endpoint.id)
            if live is not None:
                await self.refresh(live)
        await self.directories_changed([one.id for one in await self._directory.housemates(household)])

    async def _push_directory(self, endpoints: Iterable[Endpoint], seen: set[EndpointId]) -> None:
        for endpoint in endpoints:
            live = self._sessions.of(endpoint.id)
            if live is None or endpoint.id in seen:
                continue
            seen.add(endpoint.id)
            principal = live.principal
            people, callable_ = await self.listing(live.endpoint, principal)
            me = None if principal.person is None else await self._directory.person(principal.person)
            view = None if me is None else person_view(me, own=True)
            self._sessions.push(
                endpoint.id, wire.DirectoryChanged(person=view, people=people, endpoints=callable_)
            )
