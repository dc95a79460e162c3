"""The transcript bench: one call, events in, effects out, time passing as told. In memory, nothing else.

    bench = Bench.calling(ring={KITCHEN: SHARED, PHONE: PERSONAL})
    assert bench.feed(Answered(KITCHEN, video=True)) == (Update(...), ...)
    assert bench.elapse(CONNECT_TIMEOUT) == (End(...), ...)

Between any two steps the call goes through the bytes in which it would be stored, so that
nothing can hide in the object that the store would not keep.
"""

from collections.abc import Mapping

import msgspec

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.trust.grants import Mode
from signaling.call import (
    KNOCK_TIMEOUT,
    RING_TIMEOUT,
    Acceptance,
    Call,
    DeadlinePassed,
    Effects,
    Event,
    Leg,
    Phase,
    next_deadline,
)
from signaling.call_step import start, step

PERSONAL = True
SHARED = False

CALLER = EndpointId("e_caller")
"""Mum's tablet. She calls Dad, who has a phone, and speakers in the rooms that act for him."""

PHONE = EndpointId("e_phone")
KITCHEN = EndpointId("e_kitchen")
HALL = EndpointId("e_hall")
STRANGER = EndpointId("e_stranger")

NOON = 1_800_000_000.0
_DEADLINES_AT_ONCE = 100


def stored(call: Call) -> Call:
    """The call as it comes back from the store."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(call), type=Call)


class Bench:
    """Feeds events to one call and lets time pass. `told` is every effect so far, in order."""

    def __init__(self, call: Call, effects: Effects, now: float) -> None:
        self.call = call
        self.now = now
        self.told: list[object] = list(effects)
        self.first = effects

    @classmethod
    def calling(
        cls,
        ring: Mapping[EndpointId, bool],
        *,
        offline: frozenset[EndpointId] = frozenset(),
        video: bool = True,
        now: float = NOON,
        mode: Mode | None = None,
    ) -> "Bench":
        """A call from CALLER that has just been placed. `ring` says for each endpoint whether it is personal; with a
        `mode` she drops in."""
        call, effects = start(
            call=CallId("c_1"),
            caller=CALLER,
            caller_person=PersonId("p_mum"),
            caller_personal=True,
            callee_person=PersonId("p_dad"),
            callee_household=HouseholdId("h_1"),
            target="p_dad",
            video=video,
            ring=ring,
            online=frozenset(ring) - offline,
            now=now,
            mode=mode,
            ringing=RING_TIMEOUT if mode is None else KNOCK_TIMEOUT,
        )
        return cls(call, effects, now)

    def feed(self, *events: Event) -> Effects:
        """The effects of `events`, one after the other, at the present moment."""
        effects: Effects = ()
        for event in events:
            self.call, more = step(stored(self.call), event, self.now)
            effects += more
        self.told.extend(effects)
        return effects

    def elapse(self, seconds: float) -> Effects:
        """Let time pass, with every deadline met at its own moment. Seconds; returns what that led to."""
        until = self.now + seconds
        effects: Effects = ()
        for _ in range(_DEADLINES_AT_ONCE):
            due = next_deadline(self.call)
            if due is None or due > until:
                self.now = until
                return effects
            self.now = max(self.now, due)
            effects += self.feed(DeadlinePassed())
        raise AssertionError("a deadline that has passed is due again and again")

    def leg(self, endpoint: EndpointId) -> Leg:
        return self.call.legs[endpoint]

    def acceptance(self, endpoint: EndpointId) -> Acceptance:
        return self.call.legs[endpoint].acceptance

    def phase(self) -> Phase:
        return self.call.phase
