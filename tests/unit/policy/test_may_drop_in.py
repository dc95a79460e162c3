"""May this drop in happen: each rule alone, in order, and what a caller learns."""

from dataclasses import replace
from typing import Any

from kith.core.trust.grants import DeviceTerm, DropInTerm, Grant, HomeTerm, Mode, Schedule
from policy.drop_in import (
    ATTEMPTS,
    RULES,
    SENTENCES,
    Admit,
    Bounds,
    Decision,
    DropInFacts,
    Reason,
    Refuse,
    Told,
    decide,
    why_not_along,
)
from policy.drop_in_facts import Here, bounds, gather, next_change
from policy.grants import Claim, Place, Standing, Why
from policy.quiet import AT_DEVICE, Switch
from policy.quota import wait
from tests.support.grants import ANNA, BEN, CARLA, KITCHEN, NOW, set_of
from tests.unit.web.test_web_units import LANGUAGES, texts
from tools.vectors import policy as vectors
from tools.vectors.form import fixed

GIVEN = Standing(Mode.INSTANT, Why.GIVEN, giver=ANNA)
FINE = DropInFacts(standing=GIVEN)
CARER = replace(GIVEN, carer=True)


def refused(**changes: Any) -> Decision:
    return decide(replace(FINE, **changes))


def missing(why: Why) -> dict[str, Any]:
    return {"standing": Standing(None, why)}


ALONE: dict[Reason, dict[str, Any]] = {
    Reason.CALLER_SUSPENDED: {"caller_suspended": True},
    Reason.CALLEE_SUSPENDED: {"callee_suspended": True},
    Reason.CALLER_NOT_REGISTERED: {"caller_registered": False},
    Reason.CALLER_NOT_CONFIRMED: {"caller_confirmed": False},
    Reason.CALLEE_NOT_REGISTERED: {"callee_registered": False},
    Reason.CALLEE_NOT_CONFIRMED: {"callee_confirmed": False},
    Reason.BLOCKED: {"blocked": True},
    Reason.YOU_BLOCKED: {"you_blocked": True},
    Reason.CHILD_LIMIT: {"child_limit": True},
    Reason.MICROPHONE_OFF: {"microphone_off": True},
    Reason.DEVICE_OFF: {"term": DropInTerm.OFF},
    Reason.DEVICE_HOUSEHOLD: {"term": DropInTerm.HOUSEHOLD},
    Reason.CLOSED: {"closed": True},
    Reason.QUIET: {"quiet_by": frozenset({AT_DEVICE})},
    Reason.HOME_OFF: missing(Why.HOME_OFF),
    Reason.HOME_UNSET: missing(Why.HOME_UNSET),
    Reason.NOT_GIVEN: missing(Why.NOT_GIVEN),
    Reason.VOID: missing(Why.VOID),
    Reason.NOT_VOUCHED: missing(Why.NOT_VOUCHED),
    Reason.PERSON_ONLY: missing(Why.PERSON_ONLY),
    Reason.OTHER_DEVICE: missing(Why.OTHER_DEVICE),
    Reason.EXPIRED: missing(Why.EXPIRED),
    Reason.OUT_OF_HOURS: missing(Why.OUT_OF_HOURS),
    Reason.UNREACHABLE: {"reachable": False},
    Reason.BUSY: {"busy": True},
    Reason.NOT_READY: {"ready": False},
    Reason.QUOTA: {"quota_wait": 1.0},
}
ABOUT_CALLER = {
    Reason.CALLER_SUSPENDED: Told.SUSPENDED,
    Reason.CALLER_NOT_REGISTERED: Told.NOT_REGISTERED,
    Reason.CALLER_NOT_CONFIRMED: Told.NOT_CONFIRMED,
    Reason.QUOTA: Told.QUOTA_EXCEEDED,
}


def test_where_nothing_speaks_against_it_the_device_opens() -> None:
    assert decide(FINE) == Admit(Mode.INSTANT, Bounds())
    assert refused(standing=replace(GIVEN, mode=Mode.KNOCK)) == Admit(Mode.KNOCK, Bounds())


def test_each_rule_decides_where_it_alone_applies() -> None:
    assert list(ALONE) == [rule.reason for rule in RULES] == list(Reason)
    for reason, changes in ALONE.items():
        assert refused(**changes) == Refuse(reason, ABOUT_CALLER.get(reason, Told.NOT_PERMITTED))


def test_of_two_reasons_the_one_that_stands_first_is_the_true_one() -> None:
    order = list(Reason)
    for at, first in enumerate(order):
        for second in order[at + 1 :]:
            if ALONE[first].keys() == ALONE[second].keys():
                continue  # of these only one can hold
            decision = refused(**ALONE[first], **ALONE[second])
            assert isinstance(decision, Refuse) and decision.reason is first


def test_the_order_is_the_one_that_was_decided() -> None:
    """Suspended, block, child limits, hardware mute, off at the device, closed, Do Not Disturb, missing grant."""
    named = (
        Reason.CALLER_SUSPENDED,
        Reason.BLOCKED,
        Reason.CHILD_LIMIT,
        Reason.MICROPHONE_OFF,
        Reason.DEVICE_OFF,
        Reason.CLOSED,
        Reason.QUIET,
        Reason.NOT_GIVEN,
        Reason.OUT_OF_HOURS,
        Reason.NOT_READY,
        Reason.QUOTA,
    )
    assert [each for each in Reason if each in named] == list(named)


def test_a_caller_learns_nothing_but_what_is_about_themselves() -> None:
    """The same answer whatever the callee's side says, also of whoever has tried too often."""
    theirs = [reason for reason in Reason if reason not in ABOUT_CALLER]
    for about, told in ABOUT_CALLER.items():
        for reason in theirs:
            decision = refused(**ALONE[reason], **ALONE[about])
            assert isinstance(decision, Refuse) and decision.told is told
    for reason in theirs:
        decision = refused(**ALONE[reason])
        assert isinstance(decision, Refuse) and decision.told is Told.NOT_PERMITTED


def test_every_reason_has_its_sentence_in_every_language() -> None:
    assert all(SENTENCES[reason].endswith(".") for reason in Reason)
    for language in LANGUAGES:
        assert {f"reason.{reason}" for reason in Reason} <= texts(language).keys()
    assert [texts("en")[f"reason.{reason}"] for reason in Reason] == [SENTENCES[reason] for reason in Reason]


# -- carers ---------------------------------------------------------------------------------------------------------


def test_a_carer_passes_do_not_disturb_and_does_not_knock() -> None:
    for quiet_by in (frozenset({ANNA}), frozenset({AT_DEVICE}), frozenset({ANNA, AT_DEVICE})):
        one_persons = refused(standing=CARER, quiet_by=quiet_by, one_persons=True)
        assert one_persons == Admit(Mode.INSTANT, Bounds())
        assert refused(quiet_by=quiet_by, one_persons=True) == Refuse(Reason.QUIET)


def test_nobody_consents_for_a_housemate() -> None:
    assert refused(standing=CARER, quiet_by=frozenset({CARLA}), one_persons=True) == Refuse(Reason.QUIET)


def test_what_was_said_at_a_device_that_others_use_may_be_their_word() -> None:
    assert refused(standing=CARER, quiet_by=frozenset({AT_DEVICE})) == Refuse(Reason.QUIET)
    assert refused(standing=CARER, quiet_by=frozenset({ANNA})) == Admit(Mode.INSTANT, Bounds())
    here = [Place(KITCHEN, shared=shared, alone=alone) for shared in (True, False) for alone in (True, False)]
    assert [each.one_persons for each in here] == [True, False, True, True]


def test_a_carer_passes_nothing_else() -> None:
    for reason, changes in ALONE.items():
        if reason is not Reason.QUIET and "standing" not in changes:
            decision = refused(
                standing=CARER, **{key: each for key, each in changes.items() if key != "standing"}
            )
            assert isinstance(decision, Refuse) and decision.reason is reason


# -- facts from sets --------------------------------------------------------------------------------------------------

HERE = Place(KITCHEN, shared=True)
CALLER = Claim(BEN, fixed("ben's phone"), shared=False)
TO_BEN = (Grant(receiver=BEN, since=NOW, mode=Mode.INSTANT),)


def facts(*sets: Any, here: Here = Here(), now: float = NOW) -> DropInFacts:  # noqa: B008 - frozen
    return gather(sets, HERE, CALLER, here, now)


def test_any_of_a_household_may_open_and_any_may_close() -> None:
    opens = set_of(ANNA, grants=TO_BEN)
    assert isinstance(decide(facts(opens, set_of(CARLA))), Admit)
    closing = {
        Reason.CLOSED: set_of(CARLA, closed=True),
        Reason.DEVICE_OFF: set_of(CARLA, devices=(DeviceTerm(identity=KITCHEN, drop_in=DropInTerm.OFF),)),
        Reason.QUIET: set_of(CARLA, schedules=(Schedule(days=127, begin=0, end=1440),)),
    }
    for reason, other in closing.items():
        assert decide(facts(opens, other)) == decide(facts(other, opens)) == Refuse(reason)


def test_the_switches_at_the_device_count() -> None:
    opens = set_of(ANNA, grants=TO_BEN, home=HomeTerm.INSTANT)
    switched = {
        Reason.QUIET: Here(switch=Switch(on=True, at=NOW)),
        Reason.DEVICE_OFF: Here(drop_in=DropInTerm.OFF),
        Reason.DEVICE_HOUSEHOLD: Here(drop_in=DropInTerm.HOUSEHOLD),
        Reason.MICROPHONE_OFF: Here(microphone_off=True),
        Reason.NOT_READY: Here(ready=False),
    }
    for reason, here in switched.items():
        assert decide(facts(opens, here=here)) == Refuse(reason)


def test_what_holds_meanwhile_is_the_strictest_of_all() -> None:
    one = set_of(ANNA, frost=5, longest=30, silence=0, chime=0)
    other = set_of(CARLA, frost=20, longest=90, silence=8, chime=0)
    assert bounds([one, other]) == Bounds(frost=20, longest=30, silence=8, chime=0)


def test_a_clock_that_runs_behind_revives_nothing() -> None:
    over = (Grant(receiver=BEN, since=NOW - 60, until=NOW - 1, mode=Mode.INSTANT),)
    assert decide(facts(set_of(ANNA, grants=over), now=NOW - 200)) == Refuse(Reason.EXPIRED)


def test_a_set_from_ahead_of_the_clock_opens_nothing_and_forbids_at_once() -> None:
    """It would be fresh for years; and a clock that is far behind must not keep out a revocation either."""
    later = set_of(ANNA, grants=TO_BEN, home=HomeTerm.INSTANT, time=NOW + 301)
    assert decide(facts(later)) == Refuse(Reason.NOT_GIVEN)
    assert isinstance(decide(facts(later, now=NOW + 1)), Admit)
    opens = set_of(CARLA, grants=TO_BEN)
    closed = set_of(ANNA, closed=True, time=NOW + 30 * 86_400)
    assert decide(facts(opens, closed)) == Refuse(Reason.CLOSED)


def test_a_set_from_ahead_of_the_clock_moves_nobodys_hours() -> None:
    night = (Schedule(days=127, begin=0, end=1440),)
    until = (Grant(receiver=BEN, since=NOW, until=NOW + 500, mode=Mode.INSTANT),)
    ahead = set_of(CARLA, time=NOW + 30 * 86_400)
    assert isinstance(decide(facts(set_of(ANNA, grants=until), ahead)), Admit)
    assert decide(facts(set_of(ANNA, grants=TO_BEN, schedules=night), ahead)) == Refuse(Reason.QUIET)


def test_when_to_decide_anew() -> None:
    until = (Grant(receiver=BEN, since=NOW, until=NOW + 500),)
    sets = [set_of(ANNA, grants=until), set_of(CARLA, schedules=(Schedule(days=127, begin=0, end=1439),))]
    assert next_change(sets, HERE, CALLER, NOW) == NOW + 500
    assert next_change([set_of(ANNA, grants=TO_BEN)], HERE, CALLER, NOW) is None


def test_ten_attempts_in_ten_minutes() -> None:
    tried = [NOW - 60.0 * minutes for minutes in range(10)]
    assert wait(tried[1:], ATTEMPTS, NOW) == 0
    assert wait(tried, ATTEMPTS, NOW) == 60


def test_the_vectors_in_the_tree_are_these() -> None:
    assert vectors.PATH.read_text() == vectors.text()


def test_who_comes_along_must_live_here_or_need_no_knock_unless_a_person_let_all_of_them_in() -> None:
    knock = replace(GIVEN, mode=Mode.KNOCK)
    stranger, housemate = Standing(None, Why.NOT_GIVEN), Standing(None, Why.HOME_UNSET, own=True)
    for standing, by_itself in (
        (GIVEN, None),
        (knock, Reason.NOT_GIVEN),
        (replace(knock, own=True), None),
        (stranger, Reason.NOT_GIVEN),
        (housemate, None),
        (Standing(None, Why.HOME_OFF, own=True), Reason.HOME_OFF),
    ):
        facts = replace(FINE, standing=standing)
        assert why_not_along(facts, let_in=False) is by_itself
        assert why_not_along(facts, let_in=True) in (None, Reason.HOME_OFF)
        for forbids in ({"blocked": True}, {"term": DropInTerm.OFF}, {"quiet_by": frozenset({AT_DEVICE})}):
            assert why_not_along(replace(facts, **forbids), let_in=True) is not None
