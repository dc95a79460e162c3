"""The live calls, and what happens to them from outside: endpoints come and go, people are kept apart.

Passing      blobs between the two who talk, without touching the state      signaling.passing
CallBoard    one call's turns: step, save, tell                              signaling.call_board
Placing      what endpoints ask for                                          signaling.placing
Switchboard  what happens whether they ask or not, also to groups            here
"""

import asyncio
from collections.abc import Collection
from typing import Protocol

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.directory.model import Endpoint
from signaling import call as calls
from signaling.apart import apart, out
from signaling.call_replies import has_part
from signaling.live_call import LiveCall
from signaling.placing import Placing


class Beside(Protocol):
    """What goes on beside calls and follows the same events (signaling.group_apart.Groups)."""

    async def arrived(self, endpoint: Endpoint) -> None: ...
    async def hush(self, endpoint: EndpointId) -> None: ...
    def leave(self) -> None: ...
    def went(self, endpoint: EndpointId) -> None: ...
    def left(self, endpoint: EndpointId) -> None: ...
    def keep_apart(self, owner: PersonId, others: Collection[PersonId]) -> None: ...
    def take_out(self, person: PersonId) -> None: ...
    async def taken_out(self, person: PersonId) -> None: ...
    def shut(self, household: HouseholdId) -> None: ...
    def withdraw(self, person: PersonId, endpoints: Collection[EndpointId]) -> None: ...
    def occupied(self, endpoint: EndpointId) -> bool: ...
    def people_with(self, endpoint: EndpointId) -> set[PersonId]: ...
    async def settle(self) -> None: ...


class Switchboard(Placing):
    """Owns every live call of this server."""

    beside: tuple[Beside, ...] = ()
    """What is told, too, of all that happens to calls from outside."""
    _leaving = False

    async def settle(self) -> None:
        await super().settle()
        for one in self.beside:
            await one.settle()

    async def announce_missed(self, person: PersonId) -> None:
        """Tell the person's own endpoints the list of missed calls as it is now."""
        await self._telling.announce_missed(person)

    def occupied(self, endpoint: EndpointId) -> bool:
        """Whether the endpoint speaks in a call, or is about to."""
        won = calls.Acceptance.WON
        live = self._calls.of_endpoint(endpoint)
        if any(one.occupied(endpoint) for one in self.beside):
            return True
        return any(one.call.legs[endpoint].acceptance is won and has_part(one.call, endpoint) for one in live)

    def people_with(self, endpoint: EndpointId) -> set[PersonId]:
        """Everybody in a call that this endpoint has a part in."""
        live = [one.call for one in self._calls.of_endpoint(endpoint) if has_part(one.call, endpoint)]
        people = {person for call in live for person in (call.caller_person, call.callee_person)}
        return {person for person in people if person is not None}.union(
            *(one.people_with(endpoint) for one in self.beside)
        )

    # -- endpoints come and go ------------------------------------------------------------------

    async def arrived(self, endpoint: Endpoint) -> None:
        """Signaling is there (again): resume its calls, and let it ring for those of its people.

        That what it was away for cannot be saved keeps nobody from signing in.
        """
        for live in self._calls.of_endpoint(endpoint.id):
            # Always, even where the call does not show it away: that it went may be waiting to be saved.
            await live.settled(calls.SignalingBack(endpoint.id))
            self._hand_over(live, endpoint.id)
        for live in () if endpoint.waiting else self._calls.joinable(endpoint):
            live.faces.endpoints[endpoint.id] = self.finder.current(endpoint)
            await self._join(live, endpoint.id, personal=not endpoint.shared)
        for one in self.beside:
            await one.arrived(endpoint)

    async def hush(self, endpoint: EndpointId) -> None:
        """Do Not Disturb was switched on or off there, perhaps: what rings falls silent, what was silent rings."""
        for live in self._calls.of_endpoint(endpoint):
            leg = live.call.legs[endpoint]
            if leg.role is calls.Role.CALLEE and live.call.phase is calls.Phase.RINGING:
                if await self.finder.quiet(endpoint):
                    await live.settled(calls.Hushed(endpoint))
                elif endpoint in self._reachable:
                    await live.settled(calls.Joined(endpoint, personal=leg.personal))
        for one in self.beside:
            await one.hush(endpoint)

    async def woken(self, endpoint: Endpoint, call: CallId) -> LiveCall | None:
        """A call that rings at this endpoint, which is no connection yet but knows of it and can decline it."""
        live = self._calls.get(call)
        if live is None:
            return None
        if live in self._calls.joinable(endpoint) and not endpoint.waiting:
            live.faces.endpoints[endpoint.id] = self.finder.current(endpoint)
            await self._join(live, endpoint.id, personal=not endpoint.shared)
        rings = live.call.phase is calls.Phase.RINGING and live.call.caller != endpoint.id
        return live if rings and has_part(live.call, endpoint.id) else None

    def leave(self) -> None:
        """The server is about to end, and whoever goes off from now on does so because of that. Calls stay as they
        are saved: the next server counts everybody as away, and asks of nobody what they could not help."""
        self._leaving = True
        for one in self.beside:
            one.leave()

    def went(self, endpoint: EndpointId) -> None:
        """Signaling is away; media may well flow on."""
        if self._leaving:
            return
        for live in self._calls.of_endpoint(endpoint):
            live.enqueue(calls.SignalingLost(endpoint))
        for one in self.beside:
            one.went(endpoint)

    def left(self, endpoint: EndpointId) -> None:
        """The endpoint is going off on purpose: out of every call that it speaks in."""
        for live in self._calls.of_endpoint(endpoint):
            leg = live.call.legs[endpoint]
            if leg.acceptance is calls.Acceptance.WON:
                live.enqueue(calls.HungUp(endpoint))
        for one in self.beside:
            one.left(endpoint)

    # -- people are kept apart ------------------------------------------------------------------

    def keep_apart(self, owner: PersonId, others: Collection[PersonId]) -> None:
        """`owner` has blocked the others: what goes on between them ends, and what rings falls
        silent (signaling.apart). What they begin from now on is decided by facts that know of it."""
        self.changes += 1
        for live, event in apart(self._calls, owner, others):
            live.enqueue(event)
        for one in self.beside:
            one.keep_apart(owner, others)

    def take_out(self, person: PersonId) -> None:
        """`person` is suspended: out of every call, and none rings for them. As `keep_apart` for all others."""
        self.changes += 1
        for live, event in out(self._calls, person):
            live.enqueue(event)
        for one in self.beside:
            one.take_out(person)

    async def taken_out(self, person: PersonId) -> None:
        """As `take_out`, and done when it is saved: nothing of the person is written any more."""
        self.changes += 1
        await asyncio.gather(*(live.settled(event) for live, event in out(self._calls, person)))
        for live in self._calls.with_person(
            person
        ):  # what still rings out at a caller, for whom it looks like any
            await live.settled(calls.DeadlinePassed(live.call.deadline or 0.0))
        for one in self.beside:
            await one.taken_out(person)

    def shut(self, household: HouseholdId) -> None:
        """Everything is closed there: what the household shares talks to nobody from outside any more."""
        self.changes += 1
        for live in self._calls:
            faces = live.faces.endpoints
            for one, peer in live.call.talking().items():
                inside = faces[one].household == household and faces[one].shared
                if inside and faces[peer].household != household:
                    live.enqueue(calls.HungUp(one))
        for other in self.beside:
            other.shut(household)

    def withdraw(self, person: PersonId, endpoints: Collection[EndpointId]) -> None:
        """These shared endpoints speak for the person no more: out of the calls in which they do or might."""
        for endpoint in endpoints:
            for live in self._calls.of_endpoint(endpoint):
                if person not in (live.call.caller_person, live.call.callee_person):
                    continue
                won = live.call.legs[endpoint].acceptance is calls.Acceptance.WON
                live.enqueue(calls.HungUp(endpoint) if won else calls.Declined(endpoint))
        for one in self.beside:
            one.withdraw(person, endpoints)
