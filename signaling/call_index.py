"""The live calls by everything they are looked up by. Pure bookkeeping; always follows the calls' saved state."""

from collections.abc import Iterator
from typing import TypeVar, cast

from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.principal import Principal
from kith.directory.model import Endpoint
from signaling.call import Acceptance, Call, CallKind, Phase
from signaling.live_call import LiveCall

K = TypeVar("K")


class LiveCalls:
    """By id, by the names of retried invites, by endpoint with a leg, by caller, by callee."""

    def __init__(self) -> None:
        self._by_id: dict[CallId, LiveCall] = {}
        self._aliases: dict[CallId, CallId] = {}
        self._of_endpoint: dict[EndpointId, set[CallId]] = {}
        self._of_caller: dict[PersonId, set[CallId]] = {}
        self._of_callee: dict[PersonId, set[CallId]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[LiveCall]:
        return iter(tuple(self._by_id.values()))

    def get(self, call: str) -> LiveCall | None:
        """The call of this id; or the one that an invite of this id became the answer to."""
        live = self._by_id.get(cast(CallId, call))
        if live is None and self._aliases:
            alias = self._aliases.get(cast(CallId, call))
            live = None if alias is None else self._by_id.get(alias)
        return live

    def add(self, live: LiveCall) -> None:
        call = live.call
        self._by_id[call.id] = live
        self._of_caller.setdefault(call.caller_person, set()).add(call.id)
        if call.callee_person is not None:
            self._of_callee.setdefault(call.callee_person, set()).add(call.id)
        self.follow(live)

    def follow(self, live: LiveCall) -> None:
        """The call has changed: it may have a new leg or another name."""
        call = live.call
        for endpoint in call.legs:
            self._of_endpoint.setdefault(endpoint, set()).add(call.id)
        for alias in call.aliases:
            self._aliases[alias] = call.id

    def remove(self, live: LiveCall) -> None:
        call = live.call
        self._by_id.pop(call.id, None)
        for alias in call.aliases:
            self._aliases.pop(alias, None)
        for endpoint in call.legs:
            _discard(self._of_endpoint, endpoint, call.id)
        _discard(self._of_caller, call.caller_person, call.id)
        if call.callee_person is not None:
            _discard(self._of_callee, call.callee_person, call.id)

    def of_endpoint(self, endpoint: EndpointId) -> list[LiveCall]:
        """The calls in which the endpoint has a leg."""
        return self._all(self._of_endpoint.get(endpoint, set()))

    def placed_by(self, person: PersonId) -> int:
        """How many calls the person is the caller of."""
        return len(self._of_caller.get(person, ()))

    def with_person(self, person: PersonId) -> list[LiveCall]:
        """The calls that the person placed or is called by."""
        return self._all(self._of_caller.get(person, set()) | self._of_callee.get(person, set()))

    def joinable(self, endpoint: Endpoint) -> list[LiveCall]:
        """Calls that ring for the endpoint's person (a shared one: for anybody of its household), but not there yet."""
        people = list(self._of_callee) if endpoint.shared else [endpoint.person]
        ids = set(self._of_endpoint.get(endpoint.id, ()))
        for person in people:
            if person is not None:
                ids |= self._of_callee.get(person, set())
        return [live for live in self._all(ids) if _may_join(live.call, endpoint)]

    def glaring(self, principal: Principal, target: str) -> LiveCall | None:
        """The call by which `target` is ringing `principal` right now."""
        if principal.person is None:
            return None
        ids = self._of_callee.get(principal.person, set()) | self._of_endpoint.get(principal.endpoint, set())
        for live in self._all(ids):
            if _rings_back(live.call, principal, target):
                return live
        return None

    def _all(self, ids: set[CallId]) -> list[LiveCall]:
        return [self._by_id[call] for call in sorted(ids) if call in self._by_id]


def _may_join(call: Call, endpoint: Endpoint) -> bool:
    """Whether a call rings at an endpoint that was not there when it began."""
    leg = call.legs.get(endpoint.id)
    if (
        call.kind is not CallKind.CALL
        or call.phase is not Phase.RINGING
        or call.silent
        or call.callee_household != endpoint.household
    ):
        return False
    if leg is None:
        theirs = endpoint.shared or endpoint.person == call.callee_person
        return theirs and call.target == call.callee_person
    return leg.acceptance is Acceptance.UNREACHABLE


def _rings_back(call: Call, principal: Principal, target: str) -> bool:
    leg = call.legs.get(principal.endpoint)
    said_no = leg is not None and leg.acceptance in (Acceptance.DECLINED, Acceptance.BUSY)
    return (
        call.kind is CallKind.CALL
        and call.phase is Phase.RINGING
        and not call.silent
        and not said_no
        and call.target in (principal.person, principal.endpoint)
        and target in (call.caller_person, call.caller)
    )


def _discard(index: dict[K, set[CallId]], key: K, call: CallId) -> None:
    ids = index.get(key)
    if ids is not None:
        ids.discard(call)
        if not ids:
            del index[key]
