"""May this message be sent, and does it reach its receiver? Pure: facts in, decision out.

The law of this file is the table RULES, from top to bottom: the first rule that applies decides. Where none does, the
message is delivered to every endpoint of both sides. docs/policy.md says the same for people.

    refuse      the sender is told why: it is about the sender, or the sender's own deed
    withhold    the sender sees what one sees of a message that nobody has fetched yet; the receiver never sees anything

What is refused stands first, as with calls: else a refusal that is missing would tell that the receiver keeps the
sender away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from policy.quota import DAY, Quota

MINUTE = 60.0

MESSAGES = (Quota(60, MINUTE), Quota(1_000, DAY))
"""Messages that one person may send: nobody types faster than one a second, or talks all day like that."""

TO_STRANGERS = Quota(30, DAY)
"""Of these, to persons who do not have the sender among their contacts and do not live with them: enough to answer
everybody who asks about something for sale, and too few to sell anything by it."""


BYTES = Quota(64 << 20, DAY)
"""Of sealed contents and pieces: five hours of talk. What is sent may have to be kept for a month."""


class Reason(StrEnum):
    SENDER_SUSPENDED = "sender_suspended"
    SENDER_NOT_REGISTERED = "sender_not_registered"
    SENDER_NOT_CONFIRMED = "sender_not_confirmed"
    NOT_DELEGATED = "not_delegated"
    TO_NUMBER = "to_number"
    TO_ONESELF = "to_oneself"
    CHILD_LIMIT = "child_limit"
    NUMBER_MOVED = "number_moved"
    RECEIVER_UNKNOWN = "receiver_unknown"
    RECEIVER_NOT_REGISTERED = "receiver_not_registered"
    NO_ENDPOINT = "no_endpoint"
    YOU_BLOCKED = "you_blocked"
    QUOTA = "quota"
    RECEIVER_SUSPENDED = "receiver_suspended"
    BLOCKED = "blocked"
    RECEIVER_CHILD_LIMIT = "receiver_child_limit"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is known when the message arrives.

    `acts`: the endpoint is the sender's own, or a shared one that they have let act for them. `known`, `moved`,
    `blocked`, `you_blocked`, `closed` and the children's limits are as with a call (policy.call). `endpoints` is
    whether the receiver has any that somebody has signed for. `quota_wait` is in how many seconds the sender may send
    the next message to this receiver, 0 for now.
    """

    sender_registered: bool
    known: bool
    receiver_registered: bool
    endpoints: bool = True
    sender_confirmed: bool = True
    acts: bool = True
    to_number: bool = False
    to_oneself: bool = False
    moved: bool = False
    sender_suspended: bool = False
    receiver_suspended: bool = False
    blocked: bool = False
    you_blocked: bool = False
    child_limit: bool = False
    receiver_child_limit: bool = False
    closed: bool = False
    quota_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Deliver:
    """To every endpoint of both sides."""


@dataclass(frozen=True, slots=True)
class Withhold:
    """To the sender's own endpoints alone. Nobody else is told, then or later."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: Reason


Decision = Deliver | Withhold | Refuse


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `applies` holds of the facts, `verdict` is what happens. `sentence` is for the log and for people."""

    reason: Reason
    verdict: type[Refuse | Withhold]
    applies: Callable[[MessageFacts], bool]
    sentence: str


RULES = (
    Rule(
        Reason.SENDER_SUSPENDED,
        Refuse,
        lambda facts: facts.sender_suspended,
        "The operator has suspended the sender.",
    ),
    Rule(
        Reason.SENDER_NOT_REGISTERED,
        Refuse,
        lambda facts: not facts.sender_registered,
        "The sender's mobile number is not verified.",
    ),
    Rule(
        Reason.SENDER_NOT_CONFIRMED,
        Refuse,
        lambda facts: not facts.sender_confirmed,
        "Nobody has confirmed yet that the sending device is the sender's.",
    ),
    Rule(
        Reason.TO_NUMBER,
        Refuse,
        lambda facts: facts.to_number,
        "It is for a phone number, and those can be called only.",
    ),
    Rule(
        Reason.NOT_DELEGATED,
        Refuse,
        lambda facts: not facts.acts,
        "The sender has not let this shared device act for them.",
    ),
    Rule(
        Reason.TO_ONESELF,
        Refuse,
        lambda facts: facts.to_oneself,
        "The sender and the receiver are the same person.",
    ),
    Rule(
        Reason.CHILD_LIMIT,
        Refuse,
        lambda facts: facts.child_limit,
        "The sender is a child, and no parent lets them write to this person.",
    ),
    Rule(
        Reason.NUMBER_MOVED,
        Refuse,
        lambda facts: facts.moved and not facts.known,
        "The number by which the sender knows this person was somebody else's before.",
    ),
    Rule(
        Reason.RECEIVER_UNKNOWN,
        Refuse,
        lambda facts: not facts.known,
        "The sender does not know this person.",
    ),
    Rule(
        Reason.RECEIVER_NOT_REGISTERED,
        Refuse,
        lambda facts: not facts.receiver_registered,
        "The receiver has not finished signing up.",
    ),
    Rule(
        Reason.NO_ENDPOINT,
        Refuse,
        lambda facts: not facts.endpoints,
        "The receiver has no device to which it could be sealed.",
    ),
    Rule(
        Reason.YOU_BLOCKED,
        Refuse,
        lambda facts: facts.you_blocked,
        "The sender has blocked the receiver.",
    ),
    Rule(
        Reason.QUOTA,
        Refuse,
        lambda facts: facts.quota_wait > 0,
        "The sender has sent as many messages as one person may in this time.",
    ),
    Rule(
        Reason.RECEIVER_SUSPENDED,
        Withhold,
        lambda facts: facts.receiver_suspended,
        "The operator has suspended the receiver.",
    ),
    Rule(
        Reason.BLOCKED,
        Withhold,
        lambda facts: facts.blocked,
        "The receiver has blocked the sender.",
    ),
    Rule(
        Reason.RECEIVER_CHILD_LIMIT,
        Withhold,
        lambda facts: facts.receiver_child_limit,
        "The receiver is a child, and no parent has allowed that the sender writes.",
    ),
    Rule(
        Reason.CLOSED,
        Withhold,
        lambda facts: facts.closed,
        "The receiver has closed everything to whoever does not live with them.",
    ),
)
"""The precedence."""


def may_send(facts: MessageFacts) -> Decision:
    """Decide one message."""
    for rule in RULES:
        if rule.applies(facts):
            return rule.verdict(rule.reason)
    return Deliver()
