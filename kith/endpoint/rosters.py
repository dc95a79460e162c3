"""Rosters of other households: asked for by their roots, and believed only as far as they were signed."""

import logging
from collections.abc import Callable

from kith.core.problem import Problem
from kith.core.trust.household import Roster
from kith.core.trust.household import replay as replay_roster
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.identities import Ask, Identities
from kith.endpoint.sets import Sets
from signaling import protocol
from signaling.protocol import RosterView

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Households whose rosters are asked for at a time."""

Found = tuple[Roster, tuple[HouseholdLink, ...]]
"""A roster, and the links that it was made of."""


class Rosters:
    """`sets` remember how far each roster went, so that none is shown shorter later."""

    def __init__(self, sets: Sets, identities: Identities, *, ask: Ask, new_id: Callable[[], str]) -> None:
        self._sets = sets
        self._identities = identities
        self._ask = ask
        self._new_id = new_id

    async def of(self, households: tuple[bytes, ...]) -> list[Found]:
        """Those of these households, at most AT_ONCE, that are shown and believed. Raises Unreachable."""
        try:
            reply = await self._ask(protocol.ShowRosters(id=self._new_id(), households=households))
        except Problem as problem:
            log.info("rosters were not shown: %s", problem.code)
            return []
        shown = reply.rosters if isinstance(reply, protocol.Rosters) else ()
        found = [await self._believed(one, households) for one in shown[:AT_ONCE]]
        return [one for one in found if one is not None]

    async def _believed(self, shown: RosterView, named: tuple[bytes, ...]) -> Found | None:
        try:
            chains = await self._identities.chains(shown.identities)
            roster = replay_roster(shown.links, chains)
            if roster.root in named:
                await self._sets.visit(roster)
                return roster, shown.links
        except Untrusted as untrusted:
            log.warning("the roster of a household is not believed: %s", untrusted.reason)
        return None
