"""What becomes of the calls that go on while somebody blocks somebody, or is suspended. Decides; tells nobody.

The law of this file

    A call that they have answered ends, as if the one who is kept from the other had hung up.
    A call that rings falls silent where it rings, and rings out where it was placed: the caller does not notice.
    A call that the blocker has placed is cancelled.
    A call to a device that a household shares is the household's, and not one person's to end.
"""

from collections.abc import Collection, Iterator

from kith.core.ids import PersonId
from signaling.call import Call, Role, Withdrawn
from signaling.call_index import LiveCalls
from signaling.live_call import LiveCall

Change = tuple[LiveCall, Withdrawn]


def apart(calls: LiveCalls, owner: PersonId, others: Collection[PersonId]) -> Iterator[Change]:
    """`owner` has blocked `others`."""
    for live, event in out(calls, owner):
        other = live.call.callee_person if event.role is Role.CALLER else live.call.caller_person
        if other in others:
            yield live, event


def out(calls: LiveCalls, person: PersonId) -> Iterator[Change]:
    """`person` is to be in no call any more."""
    for live in calls.with_person(person):
        if live.call.caller_person == person:
            yield live, Withdrawn(Role.CALLER)
        elif not to_device(live.call):
            yield live, Withdrawn(Role.CALLEE)


def to_device(call: Call) -> bool:
    """Whether a device was called and not a person, whoever it acts for by default."""
    return call.target.startswith("e_")
