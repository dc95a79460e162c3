"""May this call happen, and where does it ring? Pure: facts in, decision out.

The order of the cases is the order of precedence. Every decision has a sentence for the
callee's log and a code for the caller; the two differ on purpose.
"""

from dataclasses import dataclass
from enum import StrEnum

from kith.core.ids import EndpointId


class Reason(StrEnum):
    CALLER_NOT_REGISTERED = "caller_not_registered"
    CALLER_NOT_CONFIRMED = "caller_not_confirmed"
    CALLEE_UNKNOWN = "callee_unknown"
    NUMBER_MOVED = "number_moved"
    CALLEE_NOT_REGISTERED = "callee_not_registered"
    OWN_ENDPOINT = "own_endpoint"


SENTENCES = {
    Reason.CALLER_NOT_REGISTERED: "The caller's mobile number is not verified.",
    Reason.CALLER_NOT_CONFIRMED: "Nobody has confirmed yet that the calling device is the caller's.",
    Reason.CALLEE_UNKNOWN: "The caller does not know this person or device.",
    Reason.NUMBER_MOVED: "The number by which the caller knows this person was somebody else's before.",
    Reason.CALLEE_NOT_REGISTERED: "The person called has not finished signing up.",
    Reason.OWN_ENDPOINT: "The call would ring nothing but the device it comes from.",
}


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known when the invite arrives.

    `known` is whether the caller may call this person or device at all: they live together, know each other by an
    invitation, or the caller has the number. `moved`: the caller has it as that of whoever had it before.
    `endpoints` are all that could ring: the person's own and those shared ones that act for them,
    or the one device that was called. `waiting` are those that nobody has signed for, though somebody could:
    the other side would believe nothing that they say (docs/trust.md), so they neither call nor ring.
    """

    caller_registered: bool
    caller_endpoint: EndpointId
    known: bool
    callee_registered: bool
    endpoints: frozenset[EndpointId]
    waiting: frozenset[EndpointId] = frozenset()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Admit:
    """The call happens; each of `ring` gets a leg. Empty rings out like nobody at home."""

    ring: frozenset[EndpointId]


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: Reason

    @property
    def sentence(self) -> str:
        return SENTENCES[self.reason]


Decision = Admit | Refuse


def may_call(facts: CallFacts) -> Decision:
    """Decide one call attempt."""
    match facts:
        case CallFacts(caller_registered=False):
            return Refuse(Reason.CALLER_NOT_REGISTERED)
        case _ if facts.caller_endpoint in facts.waiting:
            return Refuse(Reason.CALLER_NOT_CONFIRMED)
        case CallFacts(known=False, moved=True):
            return Refuse(Reason.NUMBER_MOVED)
        case CallFacts(known=False):
            return Refuse(Reason.CALLEE_UNKNOWN)
        case CallFacts(callee_registered=False):
            return Refuse(Reason.CALLEE_NOT_REGISTERED)
    ring = facts.endpoints - {facts.caller_endpoint}
    if facts.endpoints and not ring:
        return Refuse(Reason.OWN_ENDPOINT)
    return Admit(ring - facts.waiting)
