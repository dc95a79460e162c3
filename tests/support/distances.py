"""Who has blocked whom, and who has called how often, in memory."""

import asyncio
from collections.abc import Sequence

from kith.core.ids import PersonId


class Distances:
    """Implements signaling.call_facts.Distances; `blocks` are pairs of blocker and blocked."""

    def __init__(self) -> None:
        self.blocks: set[tuple[PersonId, PersonId]] = set()
        self.prompt = asyncio.Event()
        """While it is not set, what was read does not arrive: something else may happen meanwhile."""
        self.prompt.set()

    async def blocked_by(self, owner: PersonId) -> frozenset[PersonId]:
        return frozenset(blocked for blocker, blocked in self.blocks if blocker == owner)

    async def blockers(self, person: PersonId) -> frozenset[PersonId]:
        found = frozenset(blocker for blocker, blocked in self.blocks if blocked == person)
        await self.prompt.wait()
        return found


class NeverTooMany:
    """The part of signaling.call_store.CallStore that quotas ask, where nobody has placed a call."""

    async def placed(self, person: PersonId, *, since: float, most: int) -> Sequence[float]:
        return ()

    async def over_quota(self, person: PersonId, wait: float, *, at: float) -> None:
        raise AssertionError("nobody has used up a quota")
