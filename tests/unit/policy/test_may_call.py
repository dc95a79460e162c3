"""May this call happen, and where does it ring: every combination of facts."""

from dataclasses import replace
from itertools import chain, combinations, product

from kith.core.ids import EndpointId
from policy.call import RULES, Admit, CallFacts, Decision, Reason, Refuse, RingOut, may_call

PHONE, TABLET, KITCHEN = EndpointId("e_phone"), EndpointId("e_tablet"), EndpointId("e_kitchen")
SOME = (PHONE, TABLET, KITCHEN)
SUBSETS = [frozenset(c) for c in chain.from_iterable(combinations(SOME, n) for n in range(4))]
EITHER = (False, True)
BOUNDS = [
    (kept, kept_from, wait)
    for kept, kept_from, wait in product(EITHER, EITHER, (0.0, 30.0))
    if not (kept and kept_from)
]
SUSPENDED = list(product(EITHER, EITHER))
SOME_OR_NONE = (frozenset[EndpointId](), frozenset({PHONE, TABLET}))
EVERY = [
    CallFacts(
        caller_registered=caller,
        caller_endpoint=PHONE,
        known=known,
        callee_registered=callee,
        endpoints=endpoints,
        waiting=waiting,
        quiet=quiet,
        caller_suspended=out,
        callee_suspended=gone,
        blocked=blocked,
        you_blocked=blocks,
        child_limit=bound[0],
        callee_child_limit=bound[1],
        quota_wait=bound[2],
    )
    for caller, known, callee, (out, gone), blocked, blocks, bound, endpoints, waiting, quiet in product(
        *(EITHER,) * 3, SUSPENDED, *(EITHER,) * 2, BOUNDS, SUBSETS, SOME_OR_NONE, SOME_OR_NONE
    )
]
FINE = CallFacts(
    caller_registered=True, caller_endpoint=PHONE, known=True, callee_registered=True, endpoints=frozenset()
)


def refusal(facts: CallFacts) -> Refuse | None:
    decision = may_call(facts)
    return decision if isinstance(decision, Refuse) else None


def test_what_rings_is_all_that_could_but_the_callers_own_and_those_that_wait() -> None:
    for facts in EVERY:
        match may_call(facts):
            case Admit(ring, silenced):
                others = facts.endpoints - {PHONE} - facts.waiting
                assert (ring, silenced) == (others - facts.quiet, others & facts.quiet)


def test_nobody_calls_or_is_reached_before_registering() -> None:
    for facts in EVERY:
        if not (facts.caller_registered and facts.callee_registered):
            assert refusal(facts)


def test_a_stranger_is_refused_before_anything_shows_about_the_other() -> None:
    for facts in EVERY:
        if not facts.known:
            theirs = replace(
                facts,
                callee_registered=True,
                callee_suspended=False,
                blocked=False,
                callee_child_limit=False,
                endpoints=frozenset(),
            )
            assert may_call(facts) == may_call(theirs)


def test_a_block_shows_in_nothing_that_is_refused() -> None:
    """Whatever else may be wrong: who is blocked is refused exactly what everybody else in their place is."""
    for facts in EVERY:
        free = replace(facts, blocked=False, callee_suspended=False, callee_child_limit=False)
        assert refusal(facts) == refusal(free)


def test_who_is_blocked_or_calls_a_suspended_person_or_a_child_that_is_kept_from_them_never_rings() -> None:
    for facts in EVERY:
        if facts.blocked or facts.callee_suspended or facts.child_limit or facts.callee_child_limit:
            assert not isinstance(may_call(facts), Admit)


def test_all_else_is_admitted() -> None:
    for facts in EVERY:
        if not any(rule.applies(facts) for rule in RULES):
            assert isinstance(may_call(facts), Admit)


def test_do_not_disturb_shows_in_no_decision_but_where_it_rings() -> None:
    for facts in EVERY:
        loud, still = may_call(replace(facts, quiet=frozenset())), may_call(facts)
        assert type(loud) is type(still)
        if isinstance(loud, Admit) and isinstance(still, Admit):
            assert loud.ring == still.ring | still.silenced and not still.ring & facts.quiet
        else:
            assert loud == still


def test_nobody_at_home_is_admitted_and_rings_out() -> None:
    assert may_call(FINE) == Admit(frozenset())


def test_each_rule_decides_where_it_alone_applies_and_the_first_where_many_do() -> None:
    alone: dict[Reason, Decision] = {
        Reason.CALLER_SUSPENDED: may_call(replace(FINE, caller_suspended=True)),
        Reason.CALLER_NOT_REGISTERED: may_call(replace(FINE, caller_registered=False)),
        Reason.CALLER_NOT_CONFIRMED: may_call(replace(FINE, waiting=frozenset({PHONE}))),
        Reason.CHILD_LIMIT: may_call(replace(FINE, child_limit=True)),
        Reason.NUMBER_MOVED: may_call(replace(FINE, known=False, moved=True)),
        Reason.CALLEE_UNKNOWN: may_call(replace(FINE, known=False)),
        Reason.CALLEE_NOT_REGISTERED: may_call(replace(FINE, callee_registered=False)),
        Reason.OWN_ENDPOINT: may_call(replace(FINE, endpoints=frozenset({PHONE}))),
        Reason.YOU_BLOCKED: may_call(replace(FINE, you_blocked=True)),
        Reason.QUOTA: may_call(replace(FINE, quota_wait=1.0)),
        Reason.CALLEE_SUSPENDED: may_call(replace(FINE, callee_suspended=True)),
        Reason.BLOCKED: may_call(replace(FINE, blocked=True)),
        Reason.CALLEE_CHILD_LIMIT: may_call(replace(FINE, callee_child_limit=True)),
        Reason.CLOSED: may_call(replace(FINE, closed=True)),
    }
    assert list(alone) == [rule.reason for rule in RULES] == list(Reason)
    for rule in RULES:
        assert alone[rule.reason] == rule.verdict(rule.reason)
    for facts in EVERY:
        first = next((rule for rule in RULES if rule.applies(facts)), None)
        if first is not None:
            assert may_call(facts) == first.verdict(first.reason)


def test_what_rings_out_stands_behind_all_that_is_refused() -> None:
    verdicts = [rule.verdict for rule in RULES]
    assert verdicts == sorted(verdicts, key=lambda verdict: verdict is RingOut)
    assert all(rule.sentence.endswith(".") for rule in RULES)
