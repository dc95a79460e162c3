"""The first answer wins; then the two who are connected, and nobody else, exchange signals."""

from signaling.call import (
    CONNECT_TIMEOUT,
    GRACE,
    LONGEST,
    RECOVERY_TIMEOUT,
    Acceptance,
    Answered,
    Busy,
    Connectivity,
    Declined,
    End,
    EndReason,
    Finished,
    HungUp,
    Ignored,
    MediaLost,
    MediaUp,
    Phase,
    SignalingBack,
    SignalingLost,
    Update,
)
from tests.support.bench import CALLER, HALL, KITCHEN, PERSONAL, PHONE, SHARED, STRANGER, Bench


def test_the_first_answer_wins_and_silences_the_others(ringing: Bench) -> None:
    assert ringing.feed(Answered(KITCHEN, video=True)) == (
        Update(CALLER),
        Update(KITCHEN),
        End(PHONE, EndReason.ANSWERED_ELSEWHERE),
    )
    assert ringing.phase() is Phase.ANSWERING
    assert ringing.call.winner == KITCHEN
    assert ringing.acceptance(PHONE) is Acceptance.LOST


def test_an_answer_silences_personal_and_shared_endpoints_alike() -> None:
    bench = Bench.calling({PHONE: PERSONAL, KITCHEN: SHARED, HALL: SHARED})
    assert set(bench.feed(Answered(PHONE, video=True))) == {
        Update(CALLER),
        Update(PHONE),
        End(KITCHEN, EndReason.ANSWERED_ELSEWHERE),
        End(HALL, EndReason.ANSWERED_ELSEWHERE),
    }


def test_the_second_answer_changes_nothing(answered: Bench) -> None:
    late = Answered(PHONE, video=True)
    assert answered.feed(late) == (Ignored(late, Phase.ANSWERING),)
    assert answered.call.winner == KITCHEN


def test_answering_twice_changes_nothing(answered: Bench) -> None:
    before = answered.call
    again = Answered(KITCHEN, video=False)

    assert answered.feed(again) == (Ignored(again, Phase.ANSWERING),)
    assert answered.call == before, "so that both answers have the same reply"


def test_an_answer_may_come_before_the_alerting() -> None:
    bench = Bench.calling({PHONE: PERSONAL})
    assert bench.feed(Answered(PHONE, video=True)) == (Update(CALLER), Update(PHONE))


def test_a_video_call_may_be_answered_without_video(ringing: Bench) -> None:
    ringing.feed(Answered(KITCHEN, video=False))
    assert not ringing.call.video


def test_an_answer_cannot_add_video_to_an_audio_call() -> None:
    bench = Bench.calling({PHONE: PERSONAL}, video=False)
    bench.feed(Answered(PHONE, video=True))
    assert not bench.call.video


def test_signals_pass_between_caller_and_winner_only(answered: Bench) -> None:
    call = answered.call
    assert call.peer_of(CALLER, 0) == KITCHEN
    assert call.peer_of(KITCHEN, 0) == CALLER
    assert [call.peer_of(other, 0) for other in (PHONE, HALL, STRANGER)] == [None, None, None]


def test_no_signal_passes_in_an_epoch_that_has_not_begun(answered: Bench) -> None:
    assert answered.call.peer_of(CALLER, 1) is None
    assert answered.call.peer_of(KITCHEN, 1) is None


def test_the_call_is_active_when_both_have_media(answered: Bench) -> None:
    assert answered.feed(MediaUp(KITCHEN, 0)) == ()
    assert answered.phase() is Phase.ANSWERING
    assert answered.feed(MediaUp(CALLER, 0)) == (Update(CALLER), Update(KITCHEN))
    assert answered.phase() is Phase.ACTIVE
    assert answered.elapse(LONGEST - 0.001) == (), "an active call lasts as long as they talk, within reason"
    assert set(answered.elapse(0.001)) == {
        End(CALLER, EndReason.TIME_LIMIT),
        End(KITCHEN, EndReason.TIME_LIMIT),
        Finished(EndReason.TIME_LIMIT),
    }


def test_media_that_never_comes_up_ends_the_call(answered: Bench) -> None:
    answered.feed(MediaUp(CALLER, 0))
    assert answered.elapse(CONNECT_TIMEOUT - 0.001) == ()
    assert set(answered.elapse(0.001)) == {
        End(CALLER, EndReason.CONNECT_FAILED),
        End(KITCHEN, EndReason.CONNECT_FAILED),
        Finished(EndReason.CONNECT_FAILED),
    }


def test_either_side_may_hang_up(active: Bench) -> None:
    callee_hangs_up = Bench(active.call, (), active.now)
    for bench, endpoint in ((active, CALLER), (callee_hangs_up, KITCHEN)):
        assert set(bench.feed(HungUp(endpoint))) == {
            End(CALLER, EndReason.HUNG_UP),
            End(KITCHEN, EndReason.HUNG_UP),
            Finished(EndReason.HUNG_UP),
        }


def test_hanging_up_twice_changes_nothing(active: Bench) -> None:
    active.feed(HungUp(CALLER))
    assert active.feed(HungUp(CALLER)) == (Ignored(HungUp(CALLER), Phase.ENDED),)
    assert active.feed(HungUp(KITCHEN)) == (Ignored(HungUp(KITCHEN), Phase.ENDED),)


def test_those_who_lost_cannot_end_the_call(active: Bench) -> None:
    for event in (HungUp(PHONE), Declined(PHONE), Busy(PHONE), HungUp(STRANGER), HungUp(HALL)):
        assert active.feed(event) == (Ignored(event, Phase.ACTIVE),)


def test_busy_from_one_who_is_in_the_call_means_nothing(active: Bench) -> None:
    assert active.feed(Busy(KITCHEN)) == (Ignored(Busy(KITCHEN), Phase.ACTIVE),)


# -- interruptions ------------------------------------------------------------------------------------


def test_signaling_lost_leaves_media_alone(active: Bench) -> None:
    assert active.feed(SignalingLost(KITCHEN)) == (Update(CALLER), Update(KITCHEN))
    assert active.phase() is Phase.RECOVERING
    assert active.leg(KITCHEN).connectivity is Connectivity.RECONNECTING
    assert active.call.epoch == 0, "the peer connection that stands is still the one that counts"


def test_signaling_back_in_time_goes_on(active: Bench) -> None:
    active.feed(SignalingLost(KITCHEN))
    active.elapse(GRACE - 0.001)

    assert active.feed(SignalingBack(KITCHEN)) == (Update(CALLER), Update(KITCHEN))
    assert active.phase() is Phase.ACTIVE
    assert active.elapse(3600.0) == ()


def test_signaling_away_too_long_ends_the_call(active: Bench) -> None:
    active.feed(SignalingLost(KITCHEN))
    assert active.elapse(GRACE - 0.001) == ()
    assert set(active.elapse(0.001)) == {
        End(CALLER, EndReason.LOST),
        End(KITCHEN, EndReason.LOST),
        Finished(EndReason.LOST),
    }


def test_both_away_and_both_back(active: Bench) -> None:
    active.feed(SignalingLost(KITCHEN), SignalingLost(CALLER))
    active.feed(SignalingBack(KITCHEN))
    assert active.phase() is Phase.RECOVERING
    active.feed(SignalingBack(CALLER))
    assert active.phase() is Phase.ACTIVE


def test_media_lost_opens_the_next_epoch(active: Bench) -> None:
    assert active.feed(MediaLost(KITCHEN, 0)) == (Update(CALLER), Update(KITCHEN))
    assert (active.phase(), active.call.epoch) == (Phase.RECOVERING, 1)
    assert active.call.peer_of(CALLER, 0) == KITCHEN, "the old connection may still trickle"
    assert active.call.peer_of(CALLER, 1) == KITCHEN


def test_both_noticing_the_loss_opens_one_epoch(active: Bench) -> None:
    active.feed(MediaLost(KITCHEN, 0), MediaLost(CALLER, 0))
    assert active.call.epoch == 1


def test_the_next_epoch_makes_it_active_again(active: Bench) -> None:
    active.feed(MediaLost(KITCHEN, 0), MediaUp(CALLER, 1))
    assert active.phase() is Phase.RECOVERING
    active.feed(MediaUp(KITCHEN, 0))
    assert active.phase() is Phase.RECOVERING, "a late word of the old epoch does not count"
    assert active.feed(MediaUp(KITCHEN, 1)) == (Update(CALLER), Update(KITCHEN))
    assert active.phase() is Phase.ACTIVE


def test_media_that_does_not_come_back_ends_the_call(active: Bench) -> None:
    active.feed(MediaLost(KITCHEN, 0))
    assert active.elapse(RECOVERY_TIMEOUT - 0.001) == ()
    assert set(active.elapse(0.001)) == {
        End(CALLER, EndReason.LOST),
        End(KITCHEN, EndReason.LOST),
        Finished(EndReason.LOST),
    }


def test_media_lost_before_the_other_side_had_it_is_tried_again(answered: Bench) -> None:
    answered.feed(MediaUp(CALLER, 0))
    assert answered.feed(MediaLost(CALLER, 0)) == (Update(CALLER), Update(KITCHEN))
    assert (answered.phase(), answered.call.epoch) == (Phase.ANSWERING, 1)
    answered.feed(MediaUp(KITCHEN, 0))
    assert answered.phase() is Phase.ANSWERING, "what the caller has lost does not make a call active"
    assert set(answered.elapse(CONNECT_TIMEOUT)) == {
        End(CALLER, EndReason.CONNECT_FAILED),
        End(KITCHEN, EndReason.CONNECT_FAILED),
        Finished(EndReason.CONNECT_FAILED),
    }


def test_the_caller_may_be_away_when_somebody_answers(ringing: Bench) -> None:
    ringing.feed(SignalingLost(CALLER), Answered(KITCHEN, video=True))
    assert ringing.phase() is Phase.ANSWERING
    assert ringing.leg(CALLER).connectivity is Connectivity.RECONNECTING
    assert ringing.feed(SignalingBack(CALLER)) == (Update(CALLER), Update(KITCHEN))
    assert ringing.leg(CALLER).connectivity is Connectivity.CONNECTING


def test_a_shared_endpoint_may_take_a_call_after_another_shared_one_declined() -> None:
    bench = Bench.calling({KITCHEN: SHARED, HALL: SHARED})
    bench.feed(Declined(KITCHEN))
    assert bench.feed(Answered(HALL, video=True)) == (Update(CALLER), Update(HALL))


def test_a_network_that_changes_again_while_recovering_is_another_try_within_the_same_time(
    active: Bench,
) -> None:
    active.feed(MediaLost(KITCHEN, 0))
    active.elapse(10.0)
    assert active.feed(MediaLost(KITCHEN, 1)) == (Update(CALLER), Update(KITCHEN))
    assert (active.call.epoch, active.call.phase) == (2, Phase.RECOVERING)
    assert active.elapse(RECOVERY_TIMEOUT - 10.001) == ()
    assert End(CALLER, EndReason.LOST) in active.elapse(0.001)
