"""Calls that a person may go on with at another of their own endpoints, and who is told of them."""

import logging

from kith.core.ids import EndpointId, PersonId
from kith.core.problem import Problem
from kith.directory.ports import DirectoryStore
from signaling.call import Call, CallKind, Phase
from signaling.call_index import LiveCalls
from signaling.protocol import CallsElsewhere, OngoingCall
from signaling.sessions import Sessions
from signaling.views import call_view

log = logging.getLogger(__name__)


def places(call: Call) -> frozenset[tuple[PersonId, EndpointId]]:
    """Who is in the call, and at which endpoint, once the two can hear each other; in none of a drop in, which
    stays where it is."""
    if (
        call.kind is not CallKind.CALL
        or call.phase not in (Phase.ACTIVE, Phase.RECOVERING)
        or call.winner is None
    ):
        return frozenset()
    sides = {(call.caller_person, call.caller)}
    if call.callee_person is not None:
        sides.add((call.callee_person, call.winner))
    return frozenset(sides)


class Elsewhere:
    """Tells a person's endpoints of that person's calls at the others. Shared endpoints, and those that wait
    to be signed for, are told nothing."""

    def __init__(self, directory: DirectoryStore, sessions: Sessions, calls: LiveCalls) -> None:
        self._directory = directory
        self._sessions = sessions
        self._calls = calls
        self._told: set[EndpointId] = set()
        """Endpoints that were told of a call last: only they need to hear that there is none any more."""

    async def ongoing(self, person: PersonId, viewer: EndpointId) -> tuple[OngoingCall, ...]:
        """What `viewer`, an endpoint of the person's own, could take over now."""
        found = tuple(
            OngoingCall(
                call=live.call.id,
                name=call_view(live.call, endpoint.id, live.faces).peer_name,
                at=endpoint.name,
                video=live.call.video,
            )
            for endpoint in await self._directory.endpoints_for(person)
            for live in self._calls.of_endpoint(endpoint.id)
            if (person, endpoint.id) in places(live.call)
            and viewer not in (live.call.caller, live.call.winner)
        )
        if found:
            self._told.add(viewer)
        else:
            self._told.discard(viewer)
        return found

    async def tell(self, person: PersonId) -> None:
        """Something about the person's calls has changed."""
        try:
            for endpoint in await self._directory.endpoints_for(person):
                if endpoint.shared or endpoint.waiting or self._sessions.of(endpoint.id) is None:
                    continue
                knew = endpoint.id in self._told
                found = await self.ongoing(person, endpoint.id)
                if found or knew:
                    self._sessions.push(endpoint.id, CallsElsewhere(calls=found))
        except Problem as problem:
            log.warning("calls elsewhere not announced: code=%s", problem.code)
