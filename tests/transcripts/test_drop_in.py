"""A drop in, from the knock to the end: where it differs from a call."""

import pytest

from kith.core.trust.grants import Mode
from signaling.call import (
    KNOCK_TIMEOUT,
    Acceptance,
    Answered,
    Barred,
    Busy,
    Declined,
    End,
    EndReason,
    Finished,
    HungUp,
    Ignored,
    Joined,
    MediaUp,
    Moved,
    Phase,
    Ring,
    Role,
    Update,
    Withdrawn,
    missed_by,
)
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, Bench


@pytest.fixture
def knocking() -> Bench:
    return Bench.calling({PHONE: PERSONAL, KITCHEN: SHARED}, mode=Mode.KNOCK)


@pytest.fixture
def inside() -> Bench:
    bench = Bench.calling({KITCHEN: SHARED}, mode=Mode.INSTANT)
    bench.feed(Answered(KITCHEN, video=True), MediaUp(CALLER, 0), MediaUp(KITCHEN, 0))
    assert bench.phase() is Phase.ACTIVE
    return bench


def test_silence_means_no(knocking: Bench) -> None:
    assert knocking.elapse(KNOCK_TIMEOUT - 0.001) == ()
    told = knocking.elapse(0.001)
    assert set(told) == {
        *(End(one, EndReason.NOT_LET_IN) for one in (CALLER, PHONE, KITCHEN)),
        Finished(EndReason.NOT_LET_IN),
    }
    assert missed_by(knocking.call) is None


def test_who_says_no_is_not_told_to_who_knocks(knocking: Bench) -> None:
    assert knocking.feed(Busy(KITCHEN)) == (End(KITCHEN, EndReason.BUSY),)
    told = knocking.feed(Declined(PHONE))
    assert End(CALLER, EndReason.NOT_LET_IN) in told
    assert knocking.call.reason is EndReason.NOT_LET_IN


def test_one_who_lets_in_ends_the_knock_at_the_others(knocking: Bench) -> None:
    told = knocking.feed(Answered(KITCHEN, video=True))
    assert told == (Update(CALLER), Update(KITCHEN), End(PHONE, EndReason.ANSWERED_ELSEWHERE))


def test_nobody_joins_later(knocking: Bench) -> None:
    joining = Joined(HALL, personal=SHARED)
    assert knocking.feed(joining) == (Ignored(joining, Phase.RINGING),)


def test_an_endpoint_that_may_not_any_more_falls_silent_alone(knocking: Bench) -> None:
    assert knocking.feed(Barred(KITCHEN)) == (End(KITCHEN, EndReason.CANCELLED),)
    assert knocking.acceptance(KITCHEN) is Acceptance.LOST
    assert End(CALLER, EndReason.NOT_LET_IN) in knocking.feed(Barred(PHONE))


def test_what_goes_on_ends_as_if_somebody_had_hung_up(inside: Bench) -> None:
    told = inside.feed(Barred(KITCHEN))
    assert set(told) == {
        End(CALLER, EndReason.HUNG_UP),
        End(KITCHEN, EndReason.HUNG_UP),
        Finished(EndReason.HUNG_UP),
    }


@pytest.mark.parametrize("role", Role)
def test_a_block_ends_it_from_either_side(inside: Bench, role: Role) -> None:
    assert End(CALLER, EndReason.HUNG_UP) in inside.feed(Withdrawn(role))


def test_a_block_while_it_knocks_is_a_knock_that_nobody_answers(knocking: Bench) -> None:
    assert End(CALLER, EndReason.NOT_LET_IN) in knocking.feed(Withdrawn(Role.CALLEE))


@pytest.mark.parametrize("why", [EndReason.SILENCE, EndReason.NOT_LET_IN, EndReason.HUNG_UP])
def test_the_endpoint_that_opened_says_why_it_closes(inside: Bench, why: EndReason) -> None:
    assert End(CALLER, why) in inside.feed(HungUp(KITCHEN, why))


def test_the_caller_cannot_say_that_they_were_not_let_in(inside: Bench) -> None:
    assert End(KITCHEN, EndReason.HUNG_UP) in inside.feed(HungUp(CALLER, EndReason.NOT_LET_IN))


def test_it_does_not_move(inside: Bench) -> None:
    moving = Moved(HALL, KITCHEN)
    assert inside.feed(moving) == (Ignored(moving, Phase.ACTIVE),)


def test_an_ordinary_call_knows_none_of_it() -> None:
    bench = Bench.calling({KITCHEN: SHARED})
    assert bench.first == (Ring(KITCHEN),)
    assert bench.feed(Barred(KITCHEN)) == (Ignored(Barred(KITCHEN), Phase.RINGING),)
    bench.feed(Answered(KITCHEN, video=True))
    assert End(CALLER, EndReason.HUNG_UP) in bench.feed(HungUp(KITCHEN, EndReason.NOT_LET_IN))
