"""What becomes of the calls that go on while somebody blocks somebody, or is suspended. Decides; tells nobody.

The law of this file

    A call that they have answered ends, as if the one who is kept from the other had hung up.
    A call that rings falls silent where it rings, and rings out where it was placed: the caller does not notice.
    A call that the blocker has placed is cancelled.
"""

from collections.abc import Collection, Iterator

from kith.core.ids import HouseholdId, PersonId
from signaling.call import Call, Phase, Role, Withdrawn
from signaling.call_index import LiveCalls
from signaling.live_call import LiveCall

Change = tuple[LiveCall, Withdrawn]


def apart(
    calls: LiveCalls, owner: PersonId, home: HouseholdId, others: Collection[PersonId]
) -> Iterator[Change]:
    """`owner`, who lives in `home`, has blocked `others`."""
    for live in calls.with_person(owner):
        if _other(live.call, owner) in others:
            yield live, _withdrawn(live.call, owner)
    for live in calls.at_devices_of(home):  # those ring for nobody whom one of the household has blocked
        if live.call.caller_person in others and live.call.phase is Phase.RINGING:
            yield live, Withdrawn(Role.CALLEE)


def out(calls: LiveCalls, person: PersonId) -> Iterator[Change]:
    """`person` is to be in no call any more."""
    for live in calls.with_person(person):
        yield live, _withdrawn(live.call, person)


def _other(call: Call, one: PersonId) -> PersonId | None:
    return call.callee_person if call.caller_person == one else call.caller_person


def _withdrawn(call: Call, one: PersonId) -> Withdrawn:
    return Withdrawn(Role.CALLER if call.caller_person == one else Role.CALLEE)
