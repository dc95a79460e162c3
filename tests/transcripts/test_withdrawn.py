"""Somebody blocks somebody, or is suspended, while a call goes on; and calls that are silent from the start."""

from signaling.call import (
    RING_TIMEOUT,
    Acceptance,
    Answered,
    Busy,
    End,
    EndReason,
    Finished,
    Ignored,
    Joined,
    Phase,
    Restarted,
    Role,
    SignalingBack,
    Withdrawn,
    missed_by,
)
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, Bench

NOBODY_HOME = (End(CALLER, EndReason.NO_ANSWER), Finished(EndReason.NO_ANSWER))


def test_what_rings_falls_silent_and_the_caller_hears_nobody_answer(ringing: Bench) -> None:
    assert set(ringing.feed(Withdrawn(Role.CALLEE))) == {
        End(PHONE, EndReason.NO_ANSWER),
        End(KITCHEN, EndReason.NO_ANSWER),
    }
    assert ringing.phase() is Phase.RINGING
    assert ringing.elapse(RING_TIMEOUT - 0.001) == ()
    assert ringing.elapse(0.001) == NOBODY_HOME
    assert missed_by(ringing.call) is None


def test_a_call_that_was_silenced_can_be_answered_by_nobody(ringing: Bench) -> None:
    ringing.feed(Withdrawn(Role.CALLEE))
    for endpoint in (PHONE, KITCHEN, HALL):
        answer = Answered(endpoint, video=True)
        assert ringing.feed(answer) == (Ignored(answer, Phase.RINGING),)
    for joined in (Joined(HALL, personal=SHARED), Joined(PHONE, personal=PERSONAL)):
        assert ringing.feed(joined) == (Ignored(joined, Phase.RINGING),)


def test_one_that_said_it_is_busy_before_tells_nothing_any_more() -> None:
    bench = Bench.calling({PHONE: PERSONAL, KITCHEN: SHARED})
    bench.feed(Busy(KITCHEN), Withdrawn(Role.CALLEE))

    assert bench.acceptance(PHONE) is Acceptance.LOST
    assert bench.elapse(RING_TIMEOUT) == NOBODY_HOME


def test_it_stays_silent_when_the_server_is_started_again(ringing: Bench) -> None:
    ringing.feed(Withdrawn(Role.CALLEE))
    assert ringing.feed(Restarted()) == ()
    assert ringing.feed(SignalingBack(CALLER)) == ()
    joined = Joined(HALL, personal=SHARED)
    assert ringing.feed(joined) == (Ignored(joined, Phase.RINGING),)
    assert ringing.elapse(RING_TIMEOUT) == NOBODY_HOME


def test_silencing_twice_is_once(ringing: Bench) -> None:
    ringing.feed(Withdrawn(Role.CALLEE))
    again = Withdrawn(Role.CALLEE)
    assert ringing.feed(again) == (Ignored(again, Phase.RINGING),)


def test_a_caller_who_may_not_go_on_has_cancelled(ringing: Bench) -> None:
    assert set(ringing.feed(Withdrawn(Role.CALLER))) == {
        End(CALLER, EndReason.CANCELLED),
        End(PHONE, EndReason.CANCELLED),
        End(KITCHEN, EndReason.CANCELLED),
        Finished(EndReason.CANCELLED),
    }


def test_a_call_that_was_answered_is_hung_up_whichever_side_it_is(active: Bench) -> None:
    assert set(active.feed(Withdrawn(Role.CALLEE))) == {
        End(CALLER, EndReason.HUNG_UP),
        End(KITCHEN, EndReason.HUNG_UP),
        Finished(EndReason.HUNG_UP),
    }


def test_one_that_is_answered_at_the_same_moment_is_hung_up(ringing: Bench) -> None:
    ringing.feed(Answered(KITCHEN, video=True), Withdrawn(Role.CALLEE))
    assert ringing.phase() is Phase.ENDED
    assert ringing.call.reason is EndReason.HUNG_UP
