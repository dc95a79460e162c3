"""May this call happen, and where does it ring: every combination of facts."""

from itertools import chain, combinations, product

from kith.core.ids import EndpointId
from policy.call import SENTENCES, Admit, CallFacts, Reason, Refuse, may_call

PHONE, TABLET, KITCHEN = EndpointId("e_phone"), EndpointId("e_tablet"), EndpointId("e_kitchen")
SOME = (PHONE, TABLET, KITCHEN)
SUBSETS = [frozenset(c) for c in chain.from_iterable(combinations(SOME, n) for n in range(4))]
EVERY = [
    CallFacts(
        caller_registered=caller,
        caller_endpoint=own,
        known=known,
        callee_registered=callee,
        endpoints=endpoints,
    )
    for caller, known, callee, own, endpoints in product(
        (False, True), (False, True), (False, True), SOME, SUBSETS
    )
]


def test_the_callers_own_endpoint_never_rings() -> None:
    for facts in EVERY:
        match may_call(facts):
            case Admit(ring):
                assert facts.caller_endpoint not in ring


def test_what_rings_is_all_that_could_ring_and_nothing_else() -> None:
    for facts in EVERY:
        match may_call(facts):
            case Admit(ring):
                assert ring == facts.endpoints - {facts.caller_endpoint}


def test_nobody_calls_or_is_reached_before_registering() -> None:
    for facts in EVERY:
        if not facts.caller_registered:
            assert may_call(facts) == Refuse(Reason.CALLER_NOT_REGISTERED), "whatever else may be wrong"
        elif not facts.callee_registered:
            assert isinstance(may_call(facts), Refuse)


def test_a_stranger_is_refused_before_it_shows_whether_the_other_is_registered() -> None:
    for facts in EVERY:
        if facts.caller_registered and not facts.known:
            assert may_call(facts) == Refuse(Reason.CALLEE_UNKNOWN)


def test_all_else_is_admitted_but_a_call_to_the_own_endpoint_alone() -> None:
    for facts in EVERY:
        fine = facts.caller_registered and facts.known and facts.callee_registered
        alone = facts.endpoints == {facts.caller_endpoint}
        assert isinstance(may_call(facts), Admit) == (fine and not alone)


def test_nobody_at_home_is_admitted_and_rings_out() -> None:
    facts = CallFacts(
        caller_registered=True,
        caller_endpoint=PHONE,
        known=True,
        callee_registered=True,
        endpoints=frozenset(),
    )
    assert may_call(facts) == Admit(frozenset())


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    for facts in EVERY:
        match may_call(facts):
            case Refuse() as refusal:
                assert refusal.sentence.endswith(".")
