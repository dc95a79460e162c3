"""Groups that go on: decided anew, endpoint by endpoint, whenever something changes that they rest on.

A drop in rests on what its people have allowed, the mixer on that all have opted in to it.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence

from kith.core.ids import EndpointId, HouseholdId
from kith.core.problem import Problem
from kith.directory.granting import Granting
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from policy.group import Path
from signaling.call import Barred, Busy, CallKind
from signaling.deadlines import Deadlines, drop_in_key
from signaling.drop_in_facts import DropInFinder
from signaling.dropping_in import goes_on
from signaling.group import Group, Leaves
from signaling.group_apart import Groups
from signaling.live_group import LiveGroup

log = logging.getLogger(__name__)


class GroupDropIns:
    """Ends what may not go on, at the endpoint concerned."""

    def __init__(
        self,
        groups: Groups,
        finder: DropInFinder,
        granting: Granting,
        directory: DirectoryStore,
        deadlines: Deadlines,
        clock: Callable[[], float],
        opted_in: Callable[[Sequence[Endpoint]], Awaitable[bool]],
    ) -> None:
        """`opted_in`: whether all whose devices these are may use what decrypts at the server."""
        self._opted_in = opted_in
        self._groups = groups
        self._finder = finder
        self._granting = granting
        self._directory = directory
        self._deadlines = deadlines
        self._clock = clock

    async def reconsider(self, household: HouseholdId) -> None:
        """Something about the household has changed."""
        for live in self._groups.live.of(household):
            await self.decide_anew(live)

    async def reconsider_at(self, endpoint: EndpointId) -> None:
        """The endpoint has said something else of itself."""
        for live in self._groups.live.of(endpoint):
            await self.decide_anew(live)

    async def reconsider_all(self) -> None:
        """After a start: what was decided last may not have reached the groups before the server ended."""
        for live in self._groups.live:
            await self.decide_anew(live)

    async def decide_anew(self, live: LiveGroup) -> None:
        """Look again, whatever it rests on."""
        if live.group.path is Path.MIXER:
            await self._keep_out(live)
        if live.group.kind is not CallKind.DROP_IN or live.group.over:
            return
        try:
            await self._look_again(live)
        except Problem as problem:  # what cannot be read is not known to be permitted
            log.warning("drop in cannot be decided anew: group=%s code=%s", live.group.id, problem.code)
            for endpoint in _concerned(live.group):
                live.enqueue(Barred(endpoint))

    async def _keep_out(self, live: LiveGroup) -> None:
        """Whoever has opted out is out, and is not asked at that device any more."""
        group = live.group
        for one in sorted({*group.members, *_rung(group)}):
            endpoint = live.faces.endpoints.get(one)
            if endpoint is None or not await self._may_use(endpoint):
                live.enqueue(Leaves(one) if one in group.members else Busy(one))

    async def _may_use(self, endpoint: Endpoint) -> bool:
        try:
            return await self._opted_in([endpoint])
        except Problem:  # what cannot be read is not known to be permitted
            return False

    async def _look_again(self, live: LiveGroup) -> None:
        group = live.group
        calling, caller = await self._directory.endpoint(group.starter), group.starting_place.person
        if calling is None or caller is None:
            live.enqueue(Barred(group.starter))
            return
        concerned = _concerned(group)
        found = [await self._directory.endpoint(one) for one in concerned]
        endpoints = [one for one in found if one is not None]
        for gone in sorted(concerned.keys() - {one.id for one in endpoints}):
            live.enqueue(Barred(gone))
        claim = await self._granting.claim(calling, caller)
        spots = await self._finder.spots(endpoints, calling, caller, claim)
        for spot in spots:
            if not goes_on(group.places[concerned[spot.endpoint.id]].mode, spot):
                live.enqueue(Barred(spot.endpoint.id))
        moments = [spot.next_change(self._clock()) for spot in spots]
        due = min((moment for moment in moments if moment is not None), default=None)
        if not live.group.over:
            key = drop_in_key(group.id)
            self._deadlines.set(key, due, lambda: self._groups.spawn(self.decide_anew(live)))


def _concerned(group: Group) -> dict[EndpointId, str]:
    """The endpoints at which it goes on, or could begin, and at which place each."""
    there = {each: one.place for each, one in group.members.items() if one.place != group.home}
    return _rung(group) | there


def _rung(group: Group) -> dict[EndpointId, str]:
    """Where it rings, and for which place each."""
    return {
        one: place.target
        for place in group.places.values()
        for one in place.rings
        if place in group.ringing_at(one)
    }
