"""Invite, and whatever may happen before somebody answers."""

from signaling.call import (
    GRACE,
    RING_TIMEOUT,
    Acceptance,
    Alerting,
    Answered,
    Busy,
    DeadlinePassed,
    Declined,
    End,
    EndReason,
    Finished,
    HungUp,
    Ignored,
    Joined,
    Phase,
    Ring,
    SignalingBack,
    SignalingLost,
)
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, Bench


def test_an_invite_rings_each_endpoint_known_now() -> None:
    bench = Bench.calling({PHONE: PERSONAL, KITCHEN: SHARED})

    assert set(bench.first) == {Ring(PHONE), Ring(KITCHEN)}
    assert bench.phase() is Phase.RINGING
    assert bench.call.peer_of(CALLER, 0) is None, "no session description can travel before an answer"


def test_an_endpoint_that_is_off_has_a_leg_and_hears_nothing() -> None:
    bench = Bench.calling({PHONE: PERSONAL, HALL: SHARED}, offline=frozenset({HALL}))

    assert bench.first == (Ring(PHONE),)
    assert bench.acceptance(HALL) is Acceptance.UNREACHABLE


def test_alerting_is_noted_once(ringing: Bench) -> None:
    assert ringing.acceptance(PHONE) is Acceptance.ALERTING
    assert ringing.feed(Alerting(PHONE)) == (Ignored(Alerting(PHONE), Phase.RINGING),)


def test_an_endpoint_that_connects_while_it_rings_rings_too(ringing: Bench) -> None:
    assert ringing.feed(Joined(HALL, personal=SHARED)) == (Ring(HALL),)
    ringing.feed(Alerting(HALL), Answered(HALL, video=True))
    assert ringing.call.winner == HALL


def test_an_endpoint_enrolled_while_it_rings_rings_too() -> None:
    bench = Bench.calling({PHONE: PERSONAL})

    assert bench.feed(Joined(KITCHEN, personal=SHARED)) == (Ring(KITCHEN),)


def test_one_that_rings_already_does_not_join_again(ringing: Bench) -> None:
    joined = Joined(KITCHEN, personal=SHARED)
    assert ringing.feed(joined) == (Ignored(joined, Phase.RINGING),)


def test_one_that_said_no_is_not_asked_again(ringing: Bench) -> None:
    ringing.feed(Declined(KITCHEN))
    joined = Joined(KITCHEN, personal=SHARED)
    assert ringing.feed(joined) == (Ignored(joined, Phase.RINGING),)


def test_nobody_answers(ringing: Bench) -> None:
    assert ringing.elapse(RING_TIMEOUT - 0.001) == ()
    assert set(ringing.elapse(0.001)) == {
        End(CALLER, EndReason.NO_ANSWER),
        End(PHONE, EndReason.NO_ANSWER),
        End(KITCHEN, EndReason.NO_ANSWER),
        Finished(EndReason.NO_ANSWER),
    }


def test_nobody_at_home_sounds_like_nobody_answering() -> None:
    nobody = Bench.calling({HALL: SHARED}, offline=frozenset({HALL}))
    empty = Bench.calling({})

    for bench in (nobody, empty):
        assert bench.first == ()
        assert bench.elapse(RING_TIMEOUT - 0.001) == ()
        assert bench.elapse(0.001) == (End(CALLER, EndReason.NO_ANSWER), Finished(EndReason.NO_ANSWER))


def test_decline_on_a_shared_endpoint_is_for_that_leg_only(ringing: Bench) -> None:
    assert ringing.feed(Declined(KITCHEN)) == (End(KITCHEN, EndReason.DECLINED),)
    assert ringing.phase() is Phase.RINGING
    assert ringing.acceptance(PHONE) is Acceptance.ALERTING


def test_decline_on_a_personal_endpoint_holds_everywhere(ringing: Bench) -> None:
    assert set(ringing.feed(Declined(PHONE))) == {
        End(PHONE, EndReason.DECLINED),
        End(KITCHEN, EndReason.DECLINED),
        End(CALLER, EndReason.DECLINED),
        Finished(EndReason.DECLINED),
    }


def test_the_last_shared_endpoint_that_declines_ends_the_call() -> None:
    bench = Bench.calling({KITCHEN: SHARED, HALL: SHARED})
    bench.feed(Declined(KITCHEN))

    assert bench.feed(Declined(HALL)) == (
        End(HALL, EndReason.DECLINED),
        End(CALLER, EndReason.DECLINED),
        Finished(EndReason.DECLINED),
    )


def test_busy_is_for_that_leg_only(ringing: Bench) -> None:
    assert ringing.feed(Busy(PHONE)) == (End(PHONE, EndReason.BUSY),)
    assert ringing.phase() is Phase.RINGING


def test_the_call_is_busy_when_nobody_is_left_and_one_was_busy(ringing: Bench) -> None:
    ringing.feed(Busy(PHONE))

    assert ringing.feed(Declined(KITCHEN)) == (
        End(KITCHEN, EndReason.DECLINED),
        End(CALLER, EndReason.BUSY),
        Finished(EndReason.BUSY),
    )


def test_the_caller_cancels(ringing: Bench) -> None:
    assert set(ringing.feed(HungUp(CALLER))) == {
        End(CALLER, EndReason.CANCELLED),
        End(PHONE, EndReason.CANCELLED),
        End(KITCHEN, EndReason.CANCELLED),
        Finished(EndReason.CANCELLED),
    }
    assert ringing.acceptance(PHONE) is Acceptance.CANCELLED


def test_cancel_before_answer_wins(ringing: Bench) -> None:
    ringing.feed(HungUp(CALLER))
    late = Answered(PHONE, video=True)

    assert ringing.feed(late) == (Ignored(late, Phase.ENDED),)
    assert ringing.call.winner is None
    assert ringing.call.reason is EndReason.CANCELLED


def test_answer_before_cancel_makes_the_cancel_a_hang_up(answered: Bench) -> None:
    assert set(answered.feed(HungUp(CALLER))) == {
        End(CALLER, EndReason.HUNG_UP),
        End(KITCHEN, EndReason.HUNG_UP),
        Finished(EndReason.HUNG_UP),
    }


def test_a_ringing_endpoint_that_comes_back_in_time_rings_again(ringing: Bench) -> None:
    ringing.feed(SignalingLost(PHONE))
    assert ringing.acceptance(PHONE) is Acceptance.PENDING
    assert ringing.elapse(GRACE - 0.001) == ()
    assert ringing.feed(SignalingBack(PHONE)) == (Ring(PHONE),)


def test_a_ringing_endpoint_that_stays_away_no_longer_counts(ringing: Bench) -> None:
    ringing.feed(Busy(KITCHEN), SignalingLost(PHONE))

    assert ringing.elapse(GRACE) == (
        End(PHONE, EndReason.NO_ANSWER),
        End(CALLER, EndReason.BUSY),
        Finished(EndReason.BUSY),
    )


def test_one_that_stayed_away_too_long_may_still_join(ringing: Bench) -> None:
    ringing.feed(SignalingLost(PHONE))
    ringing.elapse(GRACE)

    assert ringing.feed(Joined(PHONE, personal=PERSONAL)) == (Ring(PHONE),)


def test_a_caller_who_stays_away_has_cancelled(ringing: Bench) -> None:
    ringing.elapse(1.0)
    ringing.feed(SignalingLost(CALLER))

    assert set(ringing.elapse(GRACE)) == {
        End(CALLER, EndReason.CANCELLED),
        End(PHONE, EndReason.CANCELLED),
        End(KITCHEN, EndReason.CANCELLED),
        Finished(EndReason.CANCELLED),
    }


def test_a_caller_who_comes_back_hears_it_ring_on(ringing: Bench) -> None:
    ringing.feed(SignalingLost(CALLER))
    ringing.elapse(GRACE - 1.0)

    assert ringing.feed(SignalingBack(CALLER)) == ()
    assert ringing.phase() is Phase.RINGING


def test_a_wall_clock_set_back_keeps_no_call_ringing(ringing: Bench) -> None:
    due = ringing.now + RING_TIMEOUT
    ringing.now -= 3_600.0
    assert Finished(EndReason.NO_ANSWER) in ringing.feed(DeadlinePassed(due))


def test_a_deadline_that_was_moved_meanwhile_ends_nothing(ringing: Bench) -> None:
    due = ringing.now + RING_TIMEOUT
    ringing.now = due
    ringing.feed(Answered(PHONE, video=True))
    assert ringing.feed(DeadlinePassed(due)) == (Ignored(DeadlinePassed(due), Phase.ANSWERING),)
