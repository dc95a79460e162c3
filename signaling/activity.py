"""Who is told that somebody was recently active: whoever may drop in on them there, and nobody else.

The law of this file

    A touch sets it, and nothing else that an endpoint does. What is told is yes or no of a person: no time, no room.
    It is told where a drop in would be admitted, were the device free and reachable; and not of a device at which
    somebody is not to be disturbed, nor of anybody who has switched it off. That is never told apart from "no".
    It turns at whole minutes: no moment of anything can be read from when it does. Only whom it is about changes at
    once, with the grants.
    Nobody else's frames change by it, neither in content nor in time.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.problem import Problem
from kith.directory.granting import Granting
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from policy.activity import MINUTE, Source, recent
from policy.drop_in import Admit, decide
from presence.active import Active
from presence.reachable import Reachable
from signaling.deadlines import Deadlines
from signaling.drop_in_facts import DropInFinder, Spot
from signaling.granted import Granted
from signaling.protocol import HOME, Activity, ActivityView, GrantedView
from signaling.sessions import Live, Sessions

log = logging.getLogger(__name__)

Shown = tuple[ActivityView, ...]


class Activities:
    """Hears of touches, and tells."""

    def __init__(
        self,
        active: Active,
        granted: Granted,
        granting: Granting,
        finder: DropInFinder,
        directory: DirectoryStore,
        sessions: Sessions,
        reachable: Reachable,
        deadlines: Deadlines,
        clock: Callable[[], float],
    ) -> None:
        self._active = active
        self._granted = granted
        self._granting = granting
        self._finder = finder
        self._directory = directory
        self._sessions = sessions
        self._reachable = reachable
        self._deadlines = deadlines
        self._clock = clock
        self._stirred: set[EndpointId] = set()
        self._viewers: set[HouseholdId] = set()
        self._turning: asyncio.Task[None] | None = None
        granted.listener = self.regranted

    # -- what is noticed -------------------------------------------------------------------------

    def touched(self, endpoint: Endpoint) -> None:
        """Somebody is there. One that nobody has signed for is nobody's."""
        if not endpoint.waiting:
            self._active.touch(endpoint.id, self._clock())
            self._arm()

    def stirred(self, endpoint: EndpointId) -> None:
        """Something else is to be told of an endpoint, perhaps: it is not to disturb any more, or again."""
        if self._active.last(endpoint) is not None:
            self._stirred.add(endpoint)
            self._arm()

    def regranted(self, endpoint: EndpointId, granted: Sequence[GrantedView]) -> None:
        """On whom a viewer may drop in has changed: who is gone is told at once, all else at the next whole minute."""
        live = self._sessions.of(endpoint)
        if live is None:
            return
        known = {one.person: one.recent for one in live.activity}
        at_home = HOME in known and any(one.household for one in granted)
        people = _people(granted, _self(live), at_home=at_home)
        self._tell(live, tuple(ActivityView(person=one, recent=known.get(one, False)) for one in people))
        self._viewers.add(live.endpoint.household)
        self._arm()

    # -- showing -------------------------------------------------------------------------------------

    async def shown(self, live: Live) -> Shown:
        """For a snapshot; from now on it is told what changes."""
        live.activity = await self._view(live)
        return live.activity

    async def _view(self, live: Live) -> Shown:
        """All that is told at an endpoint, which knows on whom it may drop in."""
        own, endpoint = live.principal.person, live.endpoint
        if own is None or not live.granted:
            return ()
        now = self._clock()
        housemates = {one.id for one in await self._directory.housemates(endpoint.household)}
        at_home = any(one.household and one.person in housemates for one in live.granted)
        shown = []
        for person in _people(live.granted, _self(live), at_home=at_home):
            if person == HOME:
                near = await self._directory.household_endpoints(endpoint.household)
            else:
                near = await self._directory.endpoints_for(PersonId(person))
                # What is at home is told of home: that somebody is there does not say who.
                near = [one for one in near if not (one.shared and one.household == endpoint.household)]
            others = [one for one in near if one.id != endpoint.id]
            recently = await self._recent(others, endpoint, own, now)
            shown.append(ActivityView(person=person, recent=recently))
        return tuple(shown)

    async def _recent(
        self, endpoints: Sequence[Endpoint], viewer: Endpoint, caller: PersonId, now: float
    ) -> bool:
        lately = [one for one in endpoints if recent([Source(self._active.counts(one.id, now))], now)]
        if not lately:
            return False
        claim = await self._granting.claim(viewer, caller)
        spots = await self._finder.spots(lately, viewer, caller, claim)
        return any(_seen(spot) for spot in spots)

    # -- turning -----------------------------------------------------------------------------------

    def _arm(self) -> None:
        due = self._active.next_turn()
        if self._stirred or self._viewers:
            minute = (self._clock() // MINUTE + 1) * MINUTE
            due = minute if due is None else min(due, minute)
        self._deadlines.set("activity", due, self._turn)

    def _turn(self) -> None:
        if self._turning is None or self._turning.done():
            self._turning = asyncio.get_running_loop().create_task(self._tell_all())

    async def settled(self) -> None:
        """Until what is due is told."""
        if self._turning is not None:
            await asyncio.wait([self._turning])

    async def _tell_all(self) -> None:
        turned = self._active.turn(self._clock()) | self._stirred
        viewers = self._viewers
        self._stirred, self._viewers = set(), set()
        try:
            for household in viewers | await self._concerned(turned):
                for endpoint in self._reachable.at(household):
                    await self._look_again(endpoint)
        except Problem as problem:
            log.warning("activity not told: code=%s", problem.code)
        except Exception:
            log.exception("activity not told")
        self._arm()

    async def _concerned(self, endpoints: Iterable[EndpointId]) -> set[HouseholdId]:
        """Where those live who may drop in on one of these."""
        households: set[HouseholdId] = set()
        for each in endpoints:
            endpoint = await self._directory.endpoint(each)
            if endpoint is None:
                continue
            households.add(endpoint.household)
            sets = await self._granting.at(endpoint)
            people = await self._granting.receivers(grants for _, grants in sets)
            households |= {person.household for person in people.values()}
        return households

    async def _look_again(self, endpoint: EndpointId) -> None:
        live = self._sessions.of(endpoint)
        if live is not None:
            self._tell(live, await self._view(live))

    def _tell(self, live: Live, activity: Shown) -> None:
        if live.activity != activity:
            live.activity = activity
            self._sessions.push(live.endpoint.id, Activity(activity=activity))


def _self(live: Live) -> PersonId | None:
    """Whose the viewer is. Before a shared one anybody may stand."""
    return None if live.endpoint.shared else live.principal.person


def _people(granted: Iterable[GrantedView], own: PersonId | None, *, at_home: bool) -> list[str]:
    """Of whom is told, in one order: nobody is told of themself, and all that is shared at home is one."""
    return [*([HOME] if at_home else []), *sorted({one.person for one in granted} - {own})]


def _seen(spot: Spot) -> bool:
    """Whether a drop in would be admitted there if it was free, and nobody there wants to be left alone."""
    facts = replace(spot.facts, reachable=True, busy=False, ready=True, quota_wait=0.0)
    shown = all(grants.show_activity for grants in spot.sets)
    return shown and not facts.quiet_by and isinstance(decide(facts), Admit)
