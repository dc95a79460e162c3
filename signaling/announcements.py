"""The commands by which somebody speaks to all devices of their household at once. Raises Problem for every "no".

The law of this file

    It reaches devices of the speaker's own household, and no others: which those are is asked of the directory, never
    taken from the speaker.
    Nothing comes back: a device that was reached can say that it has loaded the announcement, and nothing more.
    All of them play at one instant, LEAD after the last one is ready, or after those that take longer than LOAD_WITHIN
    were given up. Once that instant has come nothing is kept of what was said; none of it was ever on disk.
    The same announcement, told twice, plays once.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import msgspec

from kith.core.ids import EndpointId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.message import SealedKey, require_signed
from kith.core.trust.untrusted import Untrusted
from kith.directory.model import Endpoint
from policy.announce import Admit, AnnounceFacts, Reason, Refuse, may_announce
from signaling import protocol as wire
from signaling.announce_facts import AnnounceFinder, Speaking
from signaling.deadlines import Deadlines
from signaling.limits import Buckets
from signaling.sessions import Sessions

log = logging.getLogger(__name__)

ANNOUNCE_COMMANDS = (wire.ListTargets, wire.Announce, wire.AnnouncementLoaded, wire.TellTime)

LOAD_WITHIN = 2.0
"""Seconds for which those that are ready wait for the others. Longer, and dinner is cold."""

LEAD = 0.6
"""Seconds between telling the instant and the instant: as long as word of it may take to reach a device by Wi-Fi that
sleeps, and still be in time."""

AT_ONCE = 200
"""Announcements that are under way in all households: with 400 kilobytes each at the most."""

REMEMBERED = 10_000
"""Announcements that were made, so that one that is told again plays once."""

LISTS = (1.0, 20.0)
"""How often one endpoint may ask for the devices of its household: a second, and at once."""

_CODES = {
    Reason.SPEAKER_SUSPENDED: Code.SUSPENDED,
    Reason.SPEAKER_NOT_REGISTERED: Code.NOT_REGISTERED,
    Reason.SPEAKER_NOT_CONFIRMED: Code.NOT_CONFIRMED,
    Reason.CHILD_LIMIT: Code.CHILD_LIMIT,
    Reason.QUOTA: Code.QUOTA_EXCEEDED,
}


class Pieces(Protocol):
    """Where sealed pieces are put before what they belong to is sent."""

    def take(self, endpoint: EndpointId, message: str, count: int) -> Sequence[bytes]:
        """The first `count` that this endpoint put, in their order, which are then no longer there. Raises
        Problem(segments_missing) where there are fewer."""
        ...


@dataclass(slots=True)
class _Live:
    """An announcement between being made and being played. `targets` are those at which it plays, `loading` those of
    them that are not ready."""

    id: str
    targets: frozenset[EndpointId]
    loading: set[EndpointId]
    pieces: Sequence[bytes]


class Announcements:
    """See the module."""

    def __init__(
        self,
        finder: AnnounceFinder,
        pieces: Pieces,
        sessions: Sessions,
        deadlines: Deadlines,
        clock: Callable[[], float],
    ) -> None:
        self._finder = finder
        self._pieces = pieces
        self._sessions = sessions
        self._deadlines = deadlines
        self._clock = clock
        self._live: dict[str, _Live] = {}
        self.witnesses: tuple[Callable[[Speaking, str], None], ...] = ()
        """What is told of each announcement: who speaks, and its id. None of them waits."""
        self._made: OrderedDict[str, tuple[bytes, int]] = OrderedDict()
        self._lists: Buckets[EndpointId] = Buckets(*LISTS)

    async def carry_out(self, principal: Principal, command: Any) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        match command:
            case wire.TellTime():
                return wire.Time(re=command.id, now=self._clock())
            case wire.AnnouncementLoaded():
                self._loaded(principal.endpoint, command.announcement)
                return wire.Ok(re=command.id)
            case wire.ListTargets():
                self._lists.take(principal.endpoint, self._clock())
                return await self._targets(principal, command)
            case wire.Announce():
                return await self._announce(principal, command)
        raise Problem(Code.UNKNOWN_COMMAND, path="t")

    def segment(self, endpoint: EndpointId, message: str, index: int) -> bytes | None:
        """A sealed piece of an announcement that is about to play at this endpoint; None where there is no such."""
        live = self._live.get(message)
        if live is None or endpoint not in live.targets or index >= len(live.pieces):
            return None
        return live.pieces[index]

    # -- who could hear it -------------------------------------------------------------------------

    async def _targets(self, principal: Principal, command: wire.ListTargets) -> wire.Targets:
        speaking = await self._finder.speaking(principal)
        if speaking.calling.waiting:
            raise Problem(Code.NOT_CONFIRMED)
        devices = await self._finder.devices(speaking.calling.household)
        shown = (_device(one) for one in devices if one.id != speaking.calling.id and not one.waiting)
        return wire.Targets(re=command.id, devices=tuple(shown))

    # -- announcing --------------------------------------------------------------------------------

    async def _announce(self, principal: Principal, command: wire.Announce) -> wire.Announced:
        digest = hashlib.sha256(msgspec.msgpack.encode(command.envelope)).digest()
        before = self._made.get(command.envelope.id)
        if before is not None:
            return _again(command, before, digest)
        speaking = await self._finder.speaking(principal)
        _require_own(speaking, command)
        devices = await self._finder.devices(speaking.calling.household)
        if command.to is not None and not {one.id for one in devices}.issuperset(command.to):
            raise Problem(Code.UNKNOWN_ENDPOINT, path="to")
        keys = {each.endpoint: each for each in command.keys}
        facts = await self._finder.facts(principal, speaking, devices, to=command.to, sealed=keys)
        before = self._made.get(command.envelope.id)
        if before is not None:  # it came twice at once
            return _again(command, before, digest)
        admitted = _decided(facts)
        if len(self._live) >= AT_ONCE:
            raise Problem(Code.RATE_LIMITED, data={"retry_after": LOAD_WITHIN})
        pieces = self._pieces.take(principal.endpoint, command.envelope.id, command.segments)
        self._remember(command.envelope.id, digest, admitted.told)
        self._finder.spoken.note(speaking.who, self._clock())
        self._begin(command, speaking, admitted.plays, keys, pieces)
        for witness in self.witnesses:
            witness(speaking, command.envelope.id)
        return wire.Announced(re=command.id, announcement=command.envelope.id, targets=admitted.told)

    def _begin(
        self,
        command: wire.Announce,
        speaking: Speaking,
        plays: frozenset[EndpointId],
        keys: dict[str, SealedKey],
        pieces: Sequence[bytes],
    ) -> None:
        announcement = command.envelope.id
        log.info("announcement: id=%s endpoint=%s at=%d", announcement, speaking.calling.id, len(plays))
        if not plays:
            return
        self._live[announcement] = _Live(announcement, plays, set(plays), pieces)
        for endpoint in sorted(plays):
            event = wire.Announcement(
                envelope=command.envelope,
                key=keys[endpoint].key,
                segments=len(pieces),
                name=speaking.name,
                device=speaking.calling.name,
            )
            self._sessions.push(endpoint, event)
        self._deadlines.set(_key(announcement), self._clock() + LOAD_WITHIN, lambda: self._play(announcement))

    def _loaded(self, endpoint: EndpointId, announcement: str) -> None:
        """Too late is no problem: it plays without them."""
        live = self._live.get(announcement)
        if live is None or endpoint not in live.loading:
            return
        live.loading.discard(endpoint)
        if not live.loading:
            self._play(announcement)

    def _play(self, announcement: str) -> None:
        live = self._live[announcement]
        live.loading.clear()
        at = self._clock() + LEAD
        for endpoint in sorted(live.targets):
            self._sessions.push(endpoint, wire.AnnouncementPlays(announcement=announcement, at=at))
        self._deadlines.set(_key(announcement), at, lambda: self._forget(announcement))

    def _forget(self, announcement: str) -> None:
        self._live.pop(announcement, None)

    def _remember(self, announcement: str, digest: bytes, told: int) -> None:
        self._made[announcement] = (digest, told)
        while len(self._made) > REMEMBERED:
            self._made.popitem(last=False)


def _decided(facts: AnnounceFacts) -> Admit:
    decision = may_announce(facts)
    match decision:
        case Admit():
            return decision
        case Refuse(Reason.QUOTA):
            raise Problem(Code.QUOTA_EXCEEDED, data={"retry_after": round(facts.quota_wait, 3)})
        case Refuse(reason):
            raise Problem(_CODES[reason])


def _again(command: wire.Announce, before: tuple[bytes, int], digest: bytes) -> wire.Announced:
    """The same reply to the same words; other words need another id."""
    if before[0] != digest:
        _refuse("envelope.id")
    return wire.Announced(re=command.id, announcement=command.envelope.id, targets=before[1])


def _require_own(speaking: Speaking, command: wire.Announce) -> None:
    """It says who speaks, and that one signed it. Nobody who hears it believes that because the server looked."""
    envelope, calling = command.envelope, speaking.calling
    person = None if speaking.person is None else speaking.person.id
    if envelope.kind != "announcement":
        _refuse("envelope.kind")
    if (envelope.endpoint, envelope.identity) != (calling.id, calling.keys.identity):
        _refuse("envelope.endpoint")
    if envelope.person != person:
        _refuse("envelope.person")
    try:
        require_signed(envelope)
    except Untrusted:
        raise Problem(Code.BAD_SIGNATURE, path="envelope.signature") from None


def _refuse(path: str) -> NoReturn:
    raise Problem(Code.INVALID, path=path)


def _device(endpoint: Endpoint) -> wire.HouseholdDevice:
    keys = endpoint.keys
    return wire.HouseholdDevice(
        endpoint=endpoint.id,
        person=None if endpoint.shared else endpoint.person,
        shared=endpoint.shared,
        keys=wire.Keys(
            identity=keys.identity, sealing=keys.sealing, sealing_signature=keys.sealing_signature
        ),
    )


def _key(announcement: str) -> str:
    return f"announcement {announcement}"
