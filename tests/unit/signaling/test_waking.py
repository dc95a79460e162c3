"""Who is woken for what rings, and who is told that it rings no more."""

import json
from typing import Any

import pytest

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from signaling import call as calls
from signaling.call import Call
from signaling.call_step import start, step
from signaling.deadlines import Deadlines
from signaling.views import Faces
from signaling.waking import ASLEEP, DAY, WITHDRAW, Push, Waking

CALLER, PHONE, TABLET = EndpointId("e_caller"), EndpointId("e_phone"), EndpointId("e_tablet")
NOBODY = Faces({}, {})


class Service:
    def __init__(self) -> None:
        self.pushed: list[tuple[EndpointId, Push]] = []

    def push(self, endpoint: EndpointId, push: Push) -> None:
        self.pushed.append((endpoint, push))

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        taken, self.pushed = self.pushed, []
        return [(endpoint, json.loads(push.data)) for endpoint, push in taken]


class Later(Deadlines):
    """Deadlines that pass when the test says so."""

    def __init__(self) -> None:
        super().__init__(lambda: 100.0)
        self.set_for: dict[str, tuple[float, Any]] = {}

    def set(self, key: str, when: float | None, callback: Any) -> None:
        if when is None:
            self.set_for.pop(key, None)
        else:
            self.set_for[key] = (when, callback)

    def pass_all(self) -> None:
        for _, callback in list(self.set_for.values()):
            callback()


class World:
    def __init__(self, *wanted: EndpointId) -> None:
        self.service, self.later = Service(), Later()
        self.waking = Waking(self.service, self.later, lambda: 100.0)
        self.waking.wanted |= set(wanted)

    def rings(self, *online: EndpointId, **options: Any) -> Call:
        options = {"ring": {PHONE: True, TABLET: True}} | options
        call, _ = start(
            call=CallId("c_1"),
            caller=CALLER,
            caller_person=PersonId("p_ana"),
            caller_personal=True,
            callee_person=PersonId("p_ben"),
            callee_household=HouseholdId("h_1"),
            target="p_ben",
            video=False,
            online=frozenset(online),
            now=100.0,
            **options,
        )
        self.waking.call(call, NOBODY)
        return call

    def then(self, call: Call, *events: calls.Event) -> Call:
        for event in events:
            call, _ = step(call, event, 101.0)
            self.waking.call(call, NOBODY)
        return call


def test_whoever_is_not_there_is_woken_if_they_asked() -> None:
    world = World(PHONE)
    world.rings()
    [(endpoint, push)] = world.service.pushed
    assert endpoint == PHONE
    assert json.loads(push.data) == {"what": "call", "ref": "c_1", "until": 100.0 + calls.RING_TIMEOUT}
    assert (push.urgent, push.until, push.topic) == (True, 100.0 + calls.RING_TIMEOUT, "c_1")


def test_nobody_is_woken_who_did_not_ask() -> None:
    world = World()
    world.then(world.rings(), calls.HungUp(CALLER))
    world.later.pass_all()
    assert world.service.take() == [] and world.later.set_for == {}


def test_a_silent_call_and_a_drop_in_wake_nobody() -> None:
    world = World(PHONE)
    world.rings(silent=True, ring={})
    world.rings(mode="knock")
    world.rings(quiet=frozenset({PHONE}), ring={PHONE: True})
    world.later.pass_all()
    assert world.service.take() == []


def test_one_that_is_connected_is_woken_only_if_it_does_not_ring() -> None:
    world = World(PHONE, TABLET)
    call = world.rings(PHONE, TABLET)
    assert world.service.take() == []
    world.then(call, calls.Alerting(TABLET))
    assert world.later.set_for["push c_1"][0] == 100.0 + ASLEEP
    world.later.pass_all()
    assert [endpoint for endpoint, _ in world.service.take()] == [PHONE]


@pytest.mark.parametrize(
    ("events", "missed"),
    [
        ((calls.HungUp(CALLER),), True),
        ((calls.DeadlinePassed(1_000.0),), True),
        ((calls.Joined(TABLET, personal=True), calls.Answered(TABLET, video=False)), False),
        ((calls.Joined(TABLET, personal=True), calls.Declined(TABLET)), False),
        ((calls.Withdrawn(calls.Role.CALLEE),), False),
    ],
)
def test_whoever_was_woken_is_told_that_it_rings_no_more(
    events: tuple[calls.Event, ...], missed: bool
) -> None:
    world = World(PHONE)
    call = world.rings()
    world.service.take()
    world.then(call, *events)
    [(endpoint, push)] = world.service.pushed
    assert (endpoint, push.topic) == (PHONE, "c_1"), "what was not delivered yet is replaced"
    assert json.loads(push.data) == {"what": "over", "ref": "c_1", "missed": missed}
    assert push.until == 100.0 + (DAY if missed else WITHDRAW)
    assert world.later.set_for == {}


def test_do_not_disturb_takes_the_ringing_back_there_alone() -> None:
    world = World(PHONE, TABLET)
    call = world.rings()
    world.service.take()
    world.then(call, calls.Hushed(PHONE))
    assert world.service.take() == [(PHONE, {"what": "over", "ref": "c_1", "missed": False})]


def test_whoever_answers_was_not_rung_in_vain() -> None:
    """The app that was woken answers: it is told nothing that could disturb the call."""
    world = World(PHONE)
    call = world.then(world.rings(), calls.Joined(PHONE, personal=True))
    world.service.take()
    world.then(call, calls.Answered(PHONE, video=False))
    assert [endpoint for endpoint, _ in world.service.take()] == []


def test_a_message_says_nothing_of_itself() -> None:
    world = World(PHONE)
    world.waking.message([PHONE, TABLET], "m_1")
    [(endpoint, push)] = world.service.pushed
    assert (endpoint, json.loads(push.data)) == (PHONE, {"what": "message", "ref": "m_1"})
    assert (push.until, push.urgent) == (100.0 + DAY, False)
