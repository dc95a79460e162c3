"""What must be known about an announcement: the devices of the household, and the facts for policy.

Nothing is asked about anybody who does not live there.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from policy.announce import ANNOUNCEMENTS, AnnounceFacts, Device
from policy.child import Limits, Way, may_be_reached, may_reach
from policy.quota import look_back, wait
from presence.reachable import Reachable
from signaling.call_facts import Distances, Limiting
from signaling.quiet import Quieting
from signaling.sessions import Sessions

MAX_SPEAKERS = 10_000
"""Of whom it is remembered when they announced: some two kilobytes each at the most, the oldest go first."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who announces, from where: a person at a device of their own, or a household at one that it shares."""

    calling: Endpoint
    person: Person | None

    @property
    def name(self) -> str:
        return self.calling.name if self.person is None else self.person.name

    @property
    def who(self) -> str:
        """Whose announcements are counted together."""
        return self.calling.id if self.person is None else self.person.id


class Spoken:
    """When each announced of late."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, who: str, now: float) -> float:
        """In how many seconds they may again, 0 for now."""
        _, span = look_back(ANNOUNCEMENTS)
        return wait(
            [at for at in reversed(self._at.get(who, ())) if now - span < at <= now], ANNOUNCEMENTS, now
        )

    def note(self, who: str, now: float) -> None:
        most, _ = look_back(ANNOUNCEMENTS)
        self._at.setdefault(who, deque(maxlen=most)).append(now)
        self._at.move_to_end(who)
        while len(self._at) > MAX_SPEAKERS:
            self._at.popitem(last=False)


class AnnounceFinder:
    """Asks the directory, the signed sets and the sessions; decides nothing."""

    def __init__(
        self,
        directory: DirectoryStore,
        distances: Distances,
        limits: Limiting,
        quieting: Quieting,
        sessions: Sessions,
        reachable: Reachable,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._distances = distances
        self._limits = limits
        self._quieting = quieting
        self._sessions = sessions
        self._reachable = reachable
        self._clock = clock
        self.spoken = Spoken()

    async def speaking(self, principal: Principal) -> Speaking:
        """Raises Problem(endpoint_removed)."""
        calling = await self._directory.endpoint(principal.endpoint)
        if calling is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        own = None if calling.shared or calling.person is None else calling.person
        return Speaking(calling, None if own is None else await self._directory.person(own))

    async def devices(self, household: HouseholdId) -> Sequence[Endpoint]:
        """All of the household: what it shares, and what is the own of whoever lives there. Each once, as it is now."""
        people = await self._directory.housemates(household)
        every = await asyncio.gather(
            self._directory.household_endpoints(household),
            *(self._directory.endpoints_for(one.id) for one in people),
        )
        found = {one.id: one for each in every for one in each if one.household == household}
        return [self._current(one) for one in found.values()]

    async def facts(
        self,
        principal: Principal,
        speaking: Speaking,
        devices: Sequence[Endpoint],
        *,
        to: Collection[str] | None,
        sealed: Collection[str],
    ) -> AnnounceFacts:
        """Of one attempt; `to` are the devices that were chosen, None for all, `sealed` those that can read it."""
        household = speaking.calling.household
        speaker = None if speaking.person is None else speaking.person.id
        owners = {one.person for one in devices if one.person is not None and not one.shared}
        blockers, limits, quiet, people = await asyncio.gather(
            self._blockers(speaker),
            self._limits.limits(owners if speaker is None else owners | {speaker}),
            self._quieting.among(devices),
            self._directory.housemates(household),
        )
        about = _About(
            speaker, blockers, limits, quiet, frozenset(one.id for one in people if one.suspended is not None)
        )
        registered = principal.registered
        if speaking.person is None:
            registered = any(one.registered is not None and not one.child for one in people)
        return AnnounceFacts(
            devices=tuple(
                self._device(one, about, speaking, chosen=to is None or one.id in to, sealed=one.id in sealed)
                for one in devices
            ),
            speaker_suspended=speaking.person is not None and speaking.person.suspended is not None,
            speaker_registered=registered,
            speaker_confirmed=not speaking.calling.waiting,
            child_limit=not may_reach(_of(limits, speaker), Way.MESSAGE, None, at_home=True),
            quota_wait=0.0 if principal.test else self.spoken.wait(speaking.who, self._clock()),
        )

    def _device(
        self, endpoint: Endpoint, about: "_About", speaking: Speaking, *, chosen: bool, sealed: bool
    ) -> Device:
        own = None if endpoint.shared else endpoint.person
        return Device(
            endpoint.id,
            others=own is not None and own != about.speaker,
            speaking=endpoint.id == speaking.calling.id,
            chosen=chosen,
            sealed=sealed,
            confirmed=not endpoint.waiting,
            online=endpoint.id in self._reachable,
            audible=endpoint.capabilities.speaker,
            suspended=own in about.suspended,
            blocked=own in about.blockers,
            child_limit=not may_be_reached(_of(about.limits, own), Way.MESSAGE, about.speaker, at_home=True),
            quiet=endpoint.id in about.quiet,
        )

    async def _blockers(self, speaker: PersonId | None) -> frozenset[PersonId]:
        return frozenset() if speaker is None else await self._distances.blockers(speaker)

    def _current(self, endpoint: Endpoint) -> Endpoint:
        """With what it can do now; whether somebody has signed for it meanwhile its session need not know."""
        live = self._sessions.of(endpoint.id)
        return endpoint if live is None else replace(endpoint, capabilities=live.capabilities)


@dataclass(frozen=True, slots=True)
class _About:
    speaker: PersonId | None
    blockers: frozenset[PersonId]
    limits: Mapping[PersonId, Limits]
    quiet: frozenset[EndpointId]
    suspended: frozenset[PersonId]


def _of(limits: Mapping[PersonId, Limits], person: PersonId | None) -> Limits | None:
    return None if person is None else limits.get(person)
