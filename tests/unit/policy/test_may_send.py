"""The table about messages: what each line says, and in which order."""

from dataclasses import replace

import pytest

from policy.message import RULES, Deliver, MessageFacts, Reason, Refuse, Withhold, may_send

FINE = MessageFacts(sender_registered=True, known=True, receiver_registered=True)

CASES = {
    Reason.SENDER_SUSPENDED: {"sender_suspended": True},
    Reason.SENDER_NOT_REGISTERED: {"sender_registered": False},
    Reason.SENDER_NOT_CONFIRMED: {"sender_confirmed": False},
    Reason.TO_NUMBER: {"to_number": True},
    Reason.NOT_DELEGATED: {"acts": False},
    Reason.TO_ONESELF: {"to_oneself": True},
    Reason.CHILD_LIMIT: {"child_limit": True},
    Reason.NUMBER_MOVED: {"moved": True, "known": False},
    Reason.RECEIVER_UNKNOWN: {"known": False},
    Reason.RECEIVER_NOT_REGISTERED: {"receiver_registered": False},
    Reason.NO_ENDPOINT: {"endpoints": False},
    Reason.YOU_BLOCKED: {"you_blocked": True},
    Reason.QUOTA: {"quota_wait": 1.0},
    Reason.RECEIVER_SUSPENDED: {"receiver_suspended": True},
    Reason.BLOCKED: {"blocked": True},
    Reason.RECEIVER_CHILD_LIMIT: {"receiver_child_limit": True},
    Reason.CLOSED: {"closed": True},
}
"""What makes each line apply, in the order of the table."""


def test_where_nothing_applies_it_is_delivered() -> None:
    assert may_send(FINE) == Deliver()
    assert may_send(replace(FINE, moved=True)) == Deliver(), "whoever knows them otherwise may write"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason.value)
def test_each_line_by_itself(rule: object) -> None:
    line = next(one for one in RULES if one is rule)
    assert may_send(replace(FINE, **CASES[line.reason])) == line.verdict(line.reason)  # type: ignore[arg-type]


def test_the_order_is_that_of_the_table() -> None:
    assert list(CASES) == [rule.reason for rule in RULES]
    facts = FINE
    for rule in reversed(RULES):
        facts = replace(facts, **CASES[rule.reason])  # type: ignore[arg-type]
        assert may_send(facts) == rule.verdict(rule.reason)


def test_what_is_refused_is_so_whether_or_not_the_receiver_keeps_the_sender_away() -> None:
    verdicts = [rule.verdict for rule in RULES]
    assert verdicts == sorted(verdicts, key=[Refuse, Withhold].index)
    for rule in RULES:
        facts = replace(FINE, **CASES[rule.reason])  # type: ignore[arg-type]
        if rule.verdict is Refuse:
            assert may_send(replace(facts, blocked=True, closed=True)) == may_send(facts)
