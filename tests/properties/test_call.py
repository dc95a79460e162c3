"""The call machine under everything that can happen: any event from anybody in any order, again and
again, or never; time; and the server dying between saving a call and telling anybody."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kith.core.ids import EndpointId
from kith.core.trust.grants import Mode
from signaling.call import (
    CONNECT_TIMEOUT,
    GRACE,
    LONGEST,
    RING_TIMEOUT,
    Alerting,
    Answered,
    Barred,
    Busy,
    DeadlinePassed,
    Declined,
    EndReason,
    Event,
    HungUp,
    Hushed,
    Joined,
    MediaLost,
    MediaUp,
    Moved,
    Phase,
    Restarted,
    Role,
    SignalingBack,
    SignalingLost,
    Withdrawn,
    next_deadline,
)
from signaling.call_step import step
from tests.properties.call_laws import Listeners, check, check_change, check_hushed
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, STRANGER, Bench, stored

ENDPOINTS = {PHONE: PERSONAL, KITCHEN: SHARED, HALL: SHARED}
EVERYBODY = frozenset({CALLER, PHONE, KITCHEN, HALL, STRANGER})
PATIENCE = RING_TIMEOUT + 2 * CONNECT_TIMEOUT + GRACE
"""If nobody does anything for this long, a call is over or active."""

anybody = st.sampled_from(sorted(EVERYBODY))
epochs = st.integers(min_value=0, max_value=4)

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Alerting, anybody),
    st.builds(Answered, anybody, st.booleans()),
    st.builds(Declined, anybody),
    st.builds(Busy, anybody),
    st.builds(HungUp, anybody, st.sampled_from((EndReason.HUNG_UP, EndReason.SILENCE, EndReason.NOT_LET_IN))),
    st.builds(Barred, anybody),
    st.builds(MediaUp, anybody, epochs),
    st.builds(MediaLost, anybody, epochs),
    st.builds(SignalingLost, anybody),
    st.builds(SignalingBack, anybody),
    st.builds(Joined, anybody, st.booleans(), st.booleans()),
    st.builds(Hushed, anybody),
    st.builds(Moved, anybody, anybody),
    st.builds(Withdrawn, st.sampled_from(Role)),
    st.builds(DeadlinePassed),
)


class AnyCall(RuleBasedStateMachine):
    """One call and everybody who can touch it."""

    @initialize(
        ring=st.dictionaries(st.sampled_from(sorted(ENDPOINTS)), st.booleans(), max_size=3),
        offline=st.frozensets(st.sampled_from(sorted(ENDPOINTS))),
        video=st.booleans(),
        mode=st.sampled_from((None, *Mode)),
    )
    def place(
        self, ring: dict[EndpointId, bool], offline: frozenset[EndpointId], video: bool, mode: Mode | None
    ) -> None:
        self.bench = Bench.calling(ring, offline=offline, video=video, mode=mode)
        self.listeners = Listeners(CALLER)
        self.listeners.hear(self.bench.first)
        self.late: list[Event] = []

    def feed(self, event: Event) -> None:
        before = self.bench.call
        effects = self.bench.feed(event)
        self.listeners.hear(effects)
        check_change(before, self.bench.call, event)
        check_hushed(before, self.bench.call, effects, event)

    @rule(event=events)
    def anything_happens(self, event: Event) -> None:
        self.feed(event)

    @rule(event=events)
    def it_happens_twice(self, event: Event) -> None:
        self.feed(event)
        self.feed(event)

    @rule(event=events)
    def it_happens_but_arrives_late(self, event: Event) -> None:
        self.late.append(event)

    @precondition(lambda self: bool(self.late))
    @rule(data=st.data())
    def something_late_arrives(self, data: st.DataObject) -> None:
        self.feed(self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    @rule(event=st.builds(Answered, st.sampled_from(sorted(ENDPOINTS)), st.booleans()))
    def somebody_answers(self, event: Event) -> None:
        self.feed(event)

    @precondition(lambda self: self.bench.call.winner is not None and not self.bench.call.over)
    @rule(moving=st.booleans())
    def media_comes_up(self, moving: bool) -> None:
        call = self.bench.call
        for endpoint in (call.caller, call.winner, call.moving):
            if endpoint is not None and (moving or endpoint != call.moving):
                self.feed(MediaUp(endpoint, self.bench.call.epoch))

    @precondition(lambda self: self.bench.call.phase is Phase.ACTIVE)
    @rule(to=anybody, callee=st.booleans())
    def the_call_moves(self, to: EndpointId, callee: bool) -> None:
        call = self.bench.call
        source = call.winner if callee else call.caller
        assert source is not None
        self.feed(Moved(to, source))

    @rule(seconds=st.floats(min_value=0.0, max_value=60.0))
    def time_passes(self, seconds: float) -> None:
        self.listeners.hear(self.bench.elapse(seconds))

    @rule(seconds=st.floats(min_value=0.0, max_value=600.0))
    def the_machine_sleeps_through_deadlines(self, seconds: float) -> None:
        self.bench.now += seconds
        self.feed(DeadlinePassed())

    @rule()
    def the_server_dies_at_rest(self) -> None:
        self.crash()

    @rule(event=events)
    def the_server_dies_between_saving_and_telling(self, event: Event) -> None:
        self.bench.call, _lost = step(self.bench.call, event, self.bench.now)
        self.crash()

    def crash(self) -> None:
        self.bench.call = stored(self.bench.call)
        self.listeners.crash(EVERYBODY, over=self.bench.call.over)
        self.feed(Restarted())

    @rule(endpoint=anybody)
    def an_endpoint_comes_back(self, endpoint: EndpointId) -> None:
        self.feed(SignalingBack(endpoint))
        self.listeners.sync(endpoint, self.bench.call)

    @invariant()
    def the_laws_hold(self) -> None:
        check(self.bench.call)
        self.listeners.check(self.bench.call)

    def teardown(self) -> None:
        """Everybody falls silent: the call ends by itself, unless it is active and so may go on for a long time."""
        if not hasattr(self, "bench"):
            return
        self.listeners.hear(self.bench.elapse(PATIENCE))
        self.the_laws_hold()
        call = self.bench.call
        assert call.over or call.phase is Phase.ACTIVE, "nobody acts any more, and it does not end"
        self.listeners.hear(self.bench.elapse(LONGEST))
        self.the_laws_hold()
        assert self.bench.call.over
        assert next_deadline(self.bench.call) is None


AnyCall.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyCall: Any = AnyCall.TestCase
TestAnyCall.pytestmark = [pytest.mark.timeout(300)]
