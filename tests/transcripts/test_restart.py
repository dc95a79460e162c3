"""The server is killed and started again; nobody's media stopped, and nobody may be left ringing."""

from signaling.call import (
    GRACE,
    RING_TIMEOUT,
    Acceptance,
    Answered,
    Connectivity,
    Effects,
    End,
    EndReason,
    Finished,
    HungUp,
    Ignored,
    MediaLost,
    MediaUp,
    Phase,
    Restarted,
    Ring,
    SignalingBack,
    Update,
)
from tests.support.bench import CALLER, HALL, KITCHEN, PHONE, Bench


def ended(effects: Effects) -> dict[str, EndReason]:
    return {effect.endpoint: effect.reason for effect in effects if isinstance(effect, End)}


def test_killed_while_ringing(ringing: Bench) -> None:
    assert ringing.feed(Restarted()) == (), "nobody is there to be told"
    assert ringing.acceptance(PHONE) is Acceptance.PENDING

    assert ringing.feed(SignalingBack(PHONE)) == (Ring(PHONE),)
    ringing.feed(SignalingBack(CALLER))
    assert ringing.feed(Answered(PHONE, video=True))[:2] == (Update(CALLER), Update(PHONE))


def test_killed_while_ringing_and_nobody_comes_back(ringing: Bench) -> None:
    ringing.feed(Restarted())
    assert ended(ringing.elapse(GRACE)) == dict.fromkeys((CALLER, PHONE, KITCHEN), EndReason.CANCELLED)


def test_an_answer_may_be_the_first_thing_after_the_restart(ringing: Bench) -> None:
    ringing.feed(Restarted(), SignalingBack(KITCHEN), Answered(KITCHEN, video=True))
    assert ringing.phase() is Phase.ANSWERING
    ringing.feed(SignalingBack(CALLER), MediaUp(CALLER, 0), MediaUp(KITCHEN, 0))
    assert ringing.phase() is Phase.ACTIVE


def test_killed_just_before_the_ring_ran_out_leaves_time_to_come_back(ringing: Bench) -> None:
    ringing.elapse(RING_TIMEOUT - 0.5)
    ringing.feed(Restarted())
    assert ringing.elapse(5.0) == ()
    assert ringing.feed(SignalingBack(PHONE)) == (Ring(PHONE),)


def test_killed_while_answering(answered: Bench) -> None:
    answered.feed(Restarted())
    assert answered.phase() is Phase.ANSWERING
    answered.feed(SignalingBack(CALLER), SignalingBack(KITCHEN))
    answered.feed(MediaUp(CALLER, 0), MediaUp(KITCHEN, 0))
    assert answered.phase() is Phase.ACTIVE


def test_killed_while_active(active: Bench) -> None:
    active.feed(Restarted())
    assert active.phase() is Phase.RECOVERING
    assert active.leg(CALLER).connectivity is Connectivity.RECONNECTING

    assert active.feed(SignalingBack(CALLER)) == (Update(CALLER), Update(KITCHEN))
    assert active.feed(SignalingBack(KITCHEN)) == (Update(CALLER), Update(KITCHEN))
    assert (active.phase(), active.call.epoch) == (Phase.ACTIVE, 0), (
        "media never stopped, nothing to renegotiate"
    )
    assert active.elapse(3600.0) == ()


def test_killed_while_active_and_one_stays_away(active: Bench) -> None:
    active.feed(Restarted(), SignalingBack(CALLER))
    assert ended(active.elapse(GRACE)) == {CALLER: EndReason.LOST, KITCHEN: EndReason.LOST}


def test_killed_while_recovering(active: Bench) -> None:
    active.feed(MediaLost(CALLER, 0), Restarted())
    active.feed(SignalingBack(CALLER), SignalingBack(KITCHEN))
    assert (active.phase(), active.call.epoch) == (Phase.RECOVERING, 1)
    active.feed(MediaUp(CALLER, 1), MediaUp(KITCHEN, 1))
    assert active.phase() is Phase.ACTIVE


def test_killed_twice_in_a_row(active: Bench) -> None:
    active.feed(Restarted())
    active.elapse(GRACE - 1.0)
    active.feed(Restarted())
    assert active.elapse(GRACE - 1.0) == (), "the grace begins anew"


def test_killed_after_the_end_stays_ended(ringing: Bench) -> None:
    ringing.feed(HungUp(CALLER))
    assert ringing.feed(Restarted()) == (Ignored(Restarted(), Phase.ENDED),)


def test_the_end_is_told_once_and_kept_for_who_was_off(ringing: Bench) -> None:
    effects = ringing.elapse(RING_TIMEOUT)

    assert [effect for effect in effects if isinstance(effect, Finished)] == [Finished(EndReason.NO_ANSWER)]
    assert HALL not in ended(effects), "it never knew of the call"
    assert ringing.acceptance(HALL) is Acceptance.UNREACHABLE, "by this leg the call is a missed one there"
    assert ringing.elapse(3600.0) == ()
