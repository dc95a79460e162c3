"""Where Do Not Disturb is on, as the server may count on it. Decides nothing else.

The law of this file

    On at either side is on: what the device reports, and what people have signed. A device that says "off" overrides
    only what it has heard of; until it has, the signed word counts.
    The same is asked whoever calls, and for however many devices at once.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from kith.core.ids import EndpointId
from kith.core.trust.grants import Grants
from kith.directory.granting import Granting
from kith.directory.model import Endpoint
from policy.quiet import Switch, quiet_by
from signaling.sessions import Live, Sessions


class Quieting(Protocol):
    """Who asks which endpoints are not to disturb anybody."""

    async def among(self, endpoints: Sequence[Endpoint]) -> frozenset[EndpointId]: ...


class NobodyQuiet:
    """Where nobody can switch it on."""

    async def among(self, endpoints: Sequence[Endpoint]) -> frozenset[EndpointId]:
        return frozenset()


class Quiet:
    """Asks the signed sets and the sessions. Implements Quieting."""

    def __init__(self, granting: Granting, sessions: Sessions, clock: Callable[[], float]) -> None:
        self._granting = granting
        self._sessions = sessions
        self._clock = clock

    async def among(self, endpoints: Sequence[Endpoint]) -> frozenset[EndpointId]:
        said = await asyncio.gather(*(self._at(one) for one in endpoints))
        return frozenset(one.id for one, quiet in zip(endpoints, said, strict=True) if quiet)

    async def _at(self, endpoint: Endpoint) -> bool:
        return self.is_on(endpoint, *await self.said_at(endpoint))

    async def said_at(self, endpoint: Endpoint) -> tuple[Sequence[Grants], Mapping[bytes, int]]:
        """What people signed that counts there, and which versions of it the endpoint has heard of."""
        sets, heard = await asyncio.gather(self._granting.at(endpoint), self._granting.versions(endpoint.id))
        return [grants for _, grants in sets], heard

    def is_on(self, endpoint: Endpoint, sets: Sequence[Grants], heard: Mapping[bytes, int]) -> bool:
        """Whether it is on there now, by what `said_at` gave."""
        live = self._sessions.of(endpoint.id)
        if not sets and (live is None or not live.standing.quiet):
            return False
        return bool(said_by(sets, endpoint.keys.identity, switch_at(live, heard), self._clock()))


def switch_at(live: Live | None, heard: Mapping[bytes, int]) -> Switch | None:
    """What the endpoint said of itself, if it is there and has."""
    if live is None or live.standing_at is None:
        return None
    return Switch(on=live.standing.quiet, at=live.standing_at, heard=heard)


def own_word(switch: Switch | None, sets: Iterable[Grants], identity: bytes, now: float) -> Switch | None:
    """What was said at the endpoint itself, beyond what its people have signed: a report does not tell why."""
    explained = switch is not None and switch.on and quiet_by(sets, identity, None, now)
    return None if explained else switch


def said_by(sets: Iterable[Grants], identity: bytes, switch: Switch | None, now: float) -> frozenset[bytes]:
    """Who says that the device is not to disturb (policy.quiet). What it has not heard of it cannot have overridden:
    no schedule either, which is overridden by the time alone."""
    every = tuple(sets)
    said = quiet_by(every, identity, switch, now)
    if switch is None or switch.on:
        return said
    unheard = [replace(one, quiet=()) for one in every if switch.heard.get(one.person, -1) < one.version]
    return said | quiet_by(unheard, identity, None, now)
