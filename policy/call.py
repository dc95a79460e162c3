"""May this call happen, and where does it ring? Pure: facts in, decision out.

The law of this file is the table RULES, from top to bottom: the first rule that applies decides. Where none does,
the call rings. docs/policy.md says the same for people.

    refuse      the caller is told why: it is about the caller, or the caller's own deed
    ring out    the caller hears what one hears where nobody is at home; only the log has the reason

What is refused stands first. A rule that refuses behind one that rings out would tell, by its absence, that the
latter applied: whoever has used up their quota would find out who blocked them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kith.core.ids import EndpointId


class Reason(StrEnum):
    CALLER_SUSPENDED = "caller_suspended"
    CALLER_NOT_REGISTERED = "caller_not_registered"
    CALLER_NOT_CONFIRMED = "caller_not_confirmed"
    CHILD_LIMIT = "child_limit"
    NUMBER_MOVED = "number_moved"
    CALLEE_UNKNOWN = "callee_unknown"
    CALLEE_NOT_REGISTERED = "callee_not_registered"
    OWN_ENDPOINT = "own_endpoint"
    YOU_BLOCKED = "you_blocked"
    QUOTA = "quota"
    CALLEE_SUSPENDED = "callee_suspended"
    BLOCKED = "blocked"
    CALLEE_CHILD_LIMIT = "callee_child_limit"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known when the invite arrives.

    `known` is whether the caller may reach this person or device at all: they live together, know each other by an
    invitation, or the caller has the number. `moved`: the caller has it as that of whoever had it before.
    `endpoints` are all that could ring: the person's own and those shared ones that act for them, or the one device
    that was called. `waiting` are those that nobody has signed for, though somebody could: the other side would believe
    nothing that they say (docs/trust.md), so they neither call nor ring. `quiet` are those at which Do Not Disturb is
    on (policy.quiet): the caller does not notice, and whoever is called finds the call among the missed ones.
    `blocked`: by whoever is called; for a shared device by any adult whose it is. `you_blocked`: the other way round.
    `child_limit`: the caller is a child, and no parent lets them call this person; `callee_child_limit`: whoever is
    called is one, and no parent lets them be called by the caller (policy.child).
    `closed`: the person called has closed everything, and the caller lives elsewhere.
    `quota_wait` is in how many seconds the caller may place another call, 0 for now (policy.quota).
    """

    caller_registered: bool
    caller_endpoint: EndpointId
    known: bool
    callee_registered: bool
    endpoints: frozenset[EndpointId]
    waiting: frozenset[EndpointId] = frozenset()
    quiet: frozenset[EndpointId] = frozenset()
    moved: bool = False
    caller_suspended: bool = False
    callee_suspended: bool = False
    blocked: bool = False
    you_blocked: bool = False
    child_limit: bool = False
    callee_child_limit: bool = False
    closed: bool = False
    quota_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Admit:
    """The call happens; each of `ring` gets a leg. Empty rings out like nobody at home. `silenced` are those that do
    not ring because somebody there is not to be disturbed."""

    ring: frozenset[EndpointId]
    silenced: frozenset[EndpointId] = frozenset()


@dataclass(frozen=True, slots=True)
class RingOut:
    """The call happens for the caller alone, and looks like nobody at home. Nobody else is told, then or later."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: Reason


Decision = Admit | RingOut | Refuse


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `applies` holds of the facts, `verdict` is what happens. `sentence` is for the log and for people."""

    reason: Reason
    verdict: type[Refuse | RingOut]
    applies: Callable[[CallFacts], bool]
    sentence: str


RULES = (
    Rule(
        Reason.CALLER_SUSPENDED,
        Refuse,
        lambda facts: facts.caller_suspended,
        "The operator has suspended the caller.",
    ),
    Rule(
        Reason.CALLER_NOT_REGISTERED,
        Refuse,
        lambda facts: not facts.caller_registered,
        "The caller's mobile number is not verified.",
    ),
    Rule(
        Reason.CALLER_NOT_CONFIRMED,
        Refuse,
        lambda facts: facts.caller_endpoint in facts.waiting,
        "Nobody has confirmed yet that the calling device is the caller's.",
    ),
    Rule(
        Reason.CHILD_LIMIT,
        Refuse,
        lambda facts: facts.child_limit,
        "The caller is a child, and no parent has allowed this call.",
    ),
    Rule(
        Reason.NUMBER_MOVED,
        Refuse,
        lambda facts: facts.moved and not facts.known,
        "The number by which the caller knows this person was somebody else's before.",
    ),
    Rule(
        Reason.CALLEE_UNKNOWN,
        Refuse,
        lambda facts: not facts.known,
        "The caller does not know this person or device.",
    ),
    Rule(
        Reason.CALLEE_NOT_REGISTERED,
        Refuse,
        lambda facts: not facts.callee_registered,
        "The person called has not finished signing up.",
    ),
    Rule(
        Reason.OWN_ENDPOINT,
        Refuse,
        lambda facts: facts.endpoints == {facts.caller_endpoint},
        "The call would ring nothing but the device it comes from.",
    ),
    Rule(
        Reason.YOU_BLOCKED,
        Refuse,
        lambda facts: facts.you_blocked,
        "The caller has blocked the person called.",
    ),
    Rule(
        Reason.QUOTA,
        Refuse,
        lambda facts: facts.quota_wait > 0,
        "The caller has placed as many calls as one person may in this time.",
    ),
    Rule(
        Reason.CALLEE_SUSPENDED,
        RingOut,
        lambda facts: facts.callee_suspended,
        "The operator has suspended the person called.",
    ),
    Rule(
        Reason.BLOCKED,
        RingOut,
        lambda facts: facts.blocked,
        "The person called has blocked the caller.",
    ),
    Rule(
        Reason.CALLEE_CHILD_LIMIT,
        RingOut,
        lambda facts: facts.callee_child_limit,
        "The person called is a child, and no parent has allowed that the caller calls.",
    ),
    Rule(
        Reason.CLOSED,
        RingOut,
        lambda facts: facts.closed,
        "The person called has closed everything to whoever does not live with them.",
    ),
)
"""The precedence."""


def may_call(facts: CallFacts) -> Decision:
    """Decide one call attempt."""
    for rule in RULES:
        if rule.applies(facts):
            return rule.verdict(rule.reason)
    others = facts.endpoints - {facts.caller_endpoint} - facts.waiting
    return Admit(others - facts.quiet, others & facts.quiet)
