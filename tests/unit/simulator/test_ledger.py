"""A judge that finds nothing is only worth something if it finds what is there."""

import pytest

from kith.simulator.ledger import CallRecord, Ledger, Phase, Promise, judge, phases
from kith.simulator.plan import Story

CALLER, KITCHEN, PHONE = 0, 1, 2


def answered_call() -> CallRecord:
    """Both ring, the phone answers, they hang up: as it should be."""
    record = CallRecord(Story.ANSWER, CALLER, frozenset({KITCHEN, PHONE}), placed=10.0)
    for endpoint, when in ((KITCHEN, 10.1), (PHONE, 10.2)):
        record.rings(endpoint, when)
        record.alerting[endpoint] = when
    record.answered[PHONE] = 12.0
    record.won[PHONE] = 12.02
    record.peers[PHONE] = 12.03
    record.end(KITCHEN, "answered_elsewhere", 12.05)
    record.end(CALLER, "hung_up", 15.0)
    record.end(PHONE, "hung_up", 15.0)
    return record


def promises(record: CallRecord) -> list[Promise]:
    return [violation.promise for violation in judge(record)]


def test_a_call_as_it_should_be_breaks_nothing() -> None:
    record = answered_call()
    assert judge(record) == []
    assert record.over


def test_a_second_end_is_one_too_many() -> None:
    record = answered_call()
    record.end(KITCHEN, "hung_up", 15.0)
    assert promises(record) == [Promise.ONE_END]


@pytest.mark.parametrize("party", [CALLER, PHONE])
def test_a_talking_endpoint_without_an_end_is_noticed(party: int) -> None:
    record = answered_call()
    del record.ends[party]
    assert promises(record) == [Promise.ONE_END]
    assert not record.over


def test_a_loser_that_is_never_told_rings_forever() -> None:
    record = answered_call()
    del record.ends[KITCHEN]
    assert promises(record) == [Promise.NO_ORPHAN]


def test_two_that_were_told_they_won_are_one_too_many() -> None:
    record = answered_call()
    record.won[KITCHEN] = 12.02
    assert Promise.ONE_WINNER in promises(record)


def test_a_caller_who_is_told_of_another_winner_than_the_winner_was() -> None:
    record = answered_call()
    record.peers = {KITCHEN: 12.03}
    assert Promise.ONE_WINNER in promises(record)


def test_ringing_again_after_the_end_is_an_orphan() -> None:
    record = answered_call()
    record.rings(KITCHEN, 13.0)
    assert promises(record) == [Promise.NO_ORPHAN]


def test_ringing_again_during_the_ringing_is_none() -> None:
    record = CallRecord(Story.CANCEL, CALLER, frozenset({KITCHEN}), placed=10.0)
    record.rings(KITCHEN, 10.1)
    record.rings(KITCHEN, 11.0)
    record.end(KITCHEN, "cancelled", 12.0)
    record.end(CALLER, "cancelled", 12.0)
    assert judge(record) == []


def cancelled_while_away(*, told: float) -> CallRecord:
    record = CallRecord(Story.CANCEL, CALLER, frozenset({KITCHEN}), placed=10.0)
    record.rings(KITCHEN, 10.1)
    record.end(CALLER, "cancelled", 12.0)
    record.end(KITCHEN, "cancelled", told)
    return record


def test_a_ring_that_outlasts_its_call_is_an_orphan() -> None:
    assert promises(cancelled_while_away(told=15.0)) == [Promise.NO_ORPHAN]


def test_a_ring_at_an_endpoint_that_was_away_is_measured_from_its_return() -> None:
    record = cancelled_while_away(told=15.0)
    record.back[KITCHEN] = 14.9
    assert judge(record) == []
    record.back[KITCHEN] = 12.5
    assert promises(record) == [Promise.NO_ORPHAN]


def test_a_call_that_was_refused_owes_nobody_an_end() -> None:
    record = CallRecord(Story.ANSWER, CALLER, frozenset({KITCHEN}))
    assert judge(record) == []
    assert record.parties == frozenset()
    assert not record.over


def test_the_phases_of_a_call() -> None:
    assert dict(phases(answered_call())) == pytest.approx(
        {
            Phase.FIRST_ALERTING: 0.1,
            Phase.ALL_ALERTING: 0.2,
            Phase.WON: 0.03,
            Phase.SILENCED: 0.05,
        }
    )


def test_not_all_are_alerting_while_one_is_missing() -> None:
    record = answered_call()
    del record.alerting[PHONE]
    assert Phase.ALL_ALERTING not in dict(phases(record))


def test_a_loser_that_was_away_says_nothing_about_silencing() -> None:
    record = answered_call()
    record.back[KITCHEN] = 12.04
    assert Phase.SILENCED not in dict(phases(record))


def test_the_ledger_adds_what_was_noted_to_what_the_calls_hold() -> None:
    ledger = Ledger(calls=[answered_call(), answered_call()])
    ledger.durations[Phase.RELAY].append(0.001)
    timings = ledger.timings()
    assert timings[Phase.RELAY] == [0.001]
    assert len(timings[Phase.SILENCED]) == 2
    assert ledger.durations[Phase.SILENCED] == [], "reading must not write"
