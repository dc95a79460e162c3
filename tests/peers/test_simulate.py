"""Simulated households on a real server: every story has the outcome that was planned, in time."""

from collections import Counter

import pytest

from kith.simulator.ledger import CallRecord, Phase, phases
from kith.simulator.plan import (
    TALKING,
    Outage,
    Plan,
    PlannedCall,
    PlannedEndpoint,
    Side,
    Story,
    World,
)
from signaling.call import EndReason
from tests.soak.play import Played, play

pytestmark = pytest.mark.alone  # it is measured while it is played

CALLER, PHONE, KITCHEN = 0, 1, 2

WORLD = World(
    people=(0, 1),
    endpoints=(
        PlannedEndpoint(household=0, person=0, shared=False),
        PlannedEndpoint(household=1, person=1, shared=False),
        PlannedEndpoint(household=1, person=1, shared=True),
    ),
)


def call(story: Story, outage: Outage | None = None) -> PlannedCall:
    """One household calls the other, where a phone and a kitchen speaker ring; the phone acts first.
    In a call with an outage, media is lost and connected anew as well."""
    return PlannedCall(
        at=0.0,
        story=story,
        caller=CALLER,
        callee=1,
        rings=(PHONE, KITCHEN),
        first=PHONE,
        second=KITCHEN if story is Story.RACE else None,
        video=True,
        think=0.05,
        talk=0.1,
        blobs=4,
        new_epochs=0 if outage is None else 1,
        caller_ends=True,
        outage=outage,
    )


QUICK: list[Story] = [story for story in Story if story is not Story.RING_OUT]
OUTAGES = [Outage(side, away=0.3, forgetful=forgetful) for side in Side for forgetful in (False, True)]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Every story that does not take its time, one after the other, on one server."""
    calls = [*map(call, QUICK), *(call(Story.ANSWER, outage) for outage in OUTAGES)]
    return play(tmp_path_factory.mktemp("server"), Plan(WORLD, tuple(calls)))


def record_of(played: Played, story: Story) -> CallRecord:
    return played.ledger.calls[QUICK.index(story)]


def reasons(record: CallRecord) -> dict[int, str]:
    return {endpoint: reason for endpoint, [(reason, _)] in record.ends.items()}


def test_nothing_went_wrong(played: Played) -> None:
    assert played.result["ok"], str(played.result)
    assert "Traceback" not in played.log


@pytest.mark.row("R31")
def test_an_answer_silences_the_other_device_within_200_ms(played: Played) -> None:
    record = record_of(played, Story.ANSWER)
    assert record.alerting.keys() == {PHONE, KITCHEN}
    assert record.won.keys() == record.peers.keys() == {PHONE}
    assert reasons(record) == {
        CALLER: EndReason.HUNG_UP,
        PHONE: EndReason.HUNG_UP,
        KITCHEN: EndReason.ANSWERED_ELSEWHERE,
    }
    assert dict(phases(record))[Phase.SILENCED] < 0.2


def test_of_two_that_answer_at_once_one_wins(played: Played) -> None:
    record = record_of(played, Story.RACE)
    assert record.answered.keys() == {PHONE, KITCHEN}
    [winner] = record.won
    assert record.peers.keys() == {winner}
    assert reasons(record)[PHONE + KITCHEN - winner] == EndReason.ANSWERED_ELSEWHERE


def test_glare_is_an_answer(played: Played) -> None:
    record = record_of(played, Story.GLARE)
    assert record.won.keys() == record.peers.keys() == {PHONE}


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        (Story.DECLINE, EndReason.DECLINED),
        (Story.CANCEL, EndReason.CANCELLED),
        (Story.BUSY, EndReason.BUSY),
    ],
)
def test_a_call_that_nobody_answers(played: Played, story: Story, reason: EndReason) -> None:
    record = record_of(played, story)
    assert record.won == {}
    assert reasons(record) == dict.fromkeys((CALLER, PHONE, KITCHEN), reason)


def test_giving_up_in_the_moment_of_the_answer_ends_the_call_either_way(played: Played) -> None:
    told = Counter(reasons(record_of(played, Story.CANCEL_RACE)).values())
    assert told in (
        Counter({EndReason.CANCELLED: 3}),
        Counter({EndReason.HUNG_UP: 2, EndReason.ANSWERED_ELSEWHERE: 1}),
    )


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
def test_a_call_outlives_a_lost_connection(played: Played, outage: Outage) -> None:
    record = played.ledger.calls[len(QUICK) + OUTAGES.index(outage)]
    lost = {Side.CALLER: CALLER, Side.CALLEE: PHONE, Side.RINGING: KITCHEN}[outage.side]
    assert record.back.keys() == {lost}
    assert reasons(record)[CALLER] == EndReason.HUNG_UP
    assert record.won.keys() == {PHONE}


def test_what_was_played_was_timed(played: Played) -> None:
    timed = {phase: len(values) for phase, values in played.ledger.timings().items()}
    assert timed[Phase.SIGN_IN] == len(WORLD.endpoints)
    assert timed[Phase.RESUME] == timed[Phase.SNAPSHOT] == len(OUTAGES) / 2
    talks, blobs = len(TALKING) + 2 * len(OUTAGES), 8
    assert timed[Phase.RELAY] == talks * blobs, "a signal was lost on the way, or came twice"
