"""Which endpoints are woken by a push, and when: those that are to ring or have a message, and are not there.

The law of this file

    A push says of what kind it is and which it is, and nothing else: no name, no number, no word.
    Only an endpoint is woken that has asked for it, and at which it rings by what policy decided.
    One that is connected rings by itself. Where it does not say so soon, its system has put it to sleep: it is woken.
    Each that was woken for a call is told once it rings there no more, so that none goes on ringing for nobody.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from kith.core.ids import CallId, EndpointId
from signaling.call import Acceptance, Call, CallKind, Phase, Role, missed_by
from signaling.deadlines import Deadlines
from signaling.group import Group, PlaceState
from signaling.views import Faces

log = logging.getLogger(__name__)

ASLEEP = 4.0
"""Seconds after which an endpoint that is connected and does not say that it rings is taken to sleep. A page says so
within one; what a push takes on top must leave most of the ringing."""

DAY = 86_400.0
"""How long a push service is to keep trying with a message, or to say that a call was missed, in seconds."""

WITHDRAW = 60.0
"""The same for saying that a call was dealt with elsewhere: nobody has to be woken for that."""

_ASLEEP_ALREADY = (Acceptance.UNREACHABLE, Acceptance.PENDING)
_STILL = (*_ASLEEP_ALREADY, Acceptance.OFFERED, Acceptance.ALERTING)


@dataclass(frozen=True, slots=True)
class Push:
    """`data` is JSON. `until` is when it is of no use any more, Unix seconds. Of several with one `topic` the newest
    stands for all. `urgent`: somebody waits."""

    data: bytes
    topic: str
    until: float
    urgent: bool


class Pushing(Protocol):
    """What carries pushes (kith.server.push)."""

    def push(self, endpoint: EndpointId, push: Push) -> None:
        """Never waits, never raises."""
        ...


class NoPushing:
    """Where the operator has switched it off."""

    def push(self, endpoint: EndpointId, push: Push) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Rings:
    """Something that rings, or has: at which endpoints and how, until when; for which it was a missed call; which take
    part in it."""

    ref: CallId
    kind: Literal["call", "group"]
    at: Mapping[EndpointId, Acceptance]
    until: float
    missed: frozenset[EndpointId] = frozenset()
    part: frozenset[EndpointId] = frozenset()


@dataclass(slots=True)
class _Woken:
    rings: Rings
    endpoints: set[EndpointId] = field(default_factory=set)


class Waking:
    """`wanted` are the endpoints that asked to be woken."""

    def __init__(self, pushing: Pushing, deadlines: Deadlines, clock: Callable[[], float]) -> None:
        self._pushing = pushing
        self._deadlines = deadlines
        self._clock = clock
        self.wanted: set[EndpointId] = set()
        self._ringing: dict[CallId, _Woken] = {}

    def call(self, call: Call, faces: Faces) -> None:
        """A call as it is now."""
        del faces  # nobody is named in a push
        if self.wanted:
            self._follow(rings_of_call(call))

    def group(self, group: Group, faces: Faces) -> None:
        """A group as it is now."""
        del faces
        if self.wanted:
            self._follow(rings_of_group(group))

    def message(self, endpoints: Iterable[EndpointId], ref: str) -> None:
        """A message waits for these endpoints, which are not connected."""
        until = self._clock() + DAY
        data = _data("message", ref)
        for endpoint in endpoints:
            if endpoint in self.wanted:
                self._pushing.push(endpoint, Push(data, "message", until, urgent=False))

    # -- ringing -----------------------------------------------------------------------------------

    def _follow(self, rings: Rings) -> None:
        at = {one: how for one, how in rings.at.items() if one in self.wanted and how in _STILL}
        known = self._ringing.get(rings.ref)
        if known is None:
            if not at:
                return
            known = self._ringing[rings.ref] = _Woken(rings)
            due = self._clock() + ASLEEP
            self._deadlines.set(_key(rings.ref), due, lambda: self._look(rings.ref))
        known.rings = rings
        self._wake(known, [one for one, how in at.items() if how in _ASLEEP_ALREADY])
        self._over(known, known.endpoints - at.keys() - rings.part)
        if not at:
            del self._ringing[rings.ref]
            self._deadlines.set(_key(rings.ref), None, lambda: None)

    def _look(self, ref: CallId) -> None:
        """Whoever is connected has had the time to say that it rings."""
        known = self._ringing.get(ref)
        if known is not None:
            at = known.rings.at
            self._wake(
                known, [one for one, how in at.items() if how is Acceptance.OFFERED and one in self.wanted]
            )

    def _wake(self, known: _Woken, endpoints: Collection[EndpointId]) -> None:
        rings = known.rings
        for endpoint in sorted(set(endpoints) - known.endpoints):
            known.endpoints.add(endpoint)
            push = Push(_data(rings.kind, rings.ref, until=rings.until), rings.ref, rings.until, urgent=True)
            self._pushing.push(endpoint, push)

    def _over(self, known: _Woken, endpoints: Collection[EndpointId]) -> None:
        rings, now = known.rings, self._clock()
        for endpoint in sorted(endpoints):
            known.endpoints.discard(endpoint)
            missed = endpoint in rings.missed
            data = _data("over", rings.ref, missed=missed)
            until = now + (DAY if missed else WITHDRAW)
            self._pushing.push(endpoint, Push(data, rings.ref, until, urgent=not missed))


def rings_of_call(call: Call) -> Rings:
    """Where it rings: nowhere any more once it is answered or over, and never where nobody is to be told."""
    theirs = {one.endpoint: one.acceptance for one in call.legs.values() if one.role is Role.CALLEE}
    rings = call.phase is Phase.RINGING and call.kind is CallKind.CALL and not call.silent
    missed = frozenset(theirs) if missed_by(call) is not None else frozenset()
    part = frozenset() if call.winner is None else frozenset({call.winner})
    return Rings(call.id, "call", theirs if rings else {}, call.deadline or 0.0, missed, part)


def rings_of_group(group: Group) -> Rings:
    """As of a call, at all of its places."""
    at: dict[EndpointId, Acceptance] = {}
    missed: set[EndpointId] = set()
    until = 0.0
    for place in group.places.values():
        told = group.kind is CallKind.CALL and not place.silent and place.asked
        if told and place.state is PlaceState.RINGING and not group.over:
            at |= {one.endpoint: one.acceptance for one in place.rings.values()}
            until = max(until, place.until or 0.0)
        elif told and place.state is PlaceState.NO_ANSWER:
            missed |= place.rings.keys()
    return Rings(group.id, "group", at, until, frozenset(missed), frozenset(group.members))


def _data(what: str, ref: str, **more: float | bool) -> bytes:
    return json.dumps({"what": what, "ref": ref, **more}, separators=(",", ":")).encode()


def _key(ref: CallId) -> str:
    return f"push {ref}"
