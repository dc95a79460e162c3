"""A call goes on at another endpoint of the same side; the old one sounds until the new one does."""

from signaling.call import (
    CONNECT_TIMEOUT,
    GRACE,
    Acceptance,
    Connectivity,
    DeadlinePassed,
    End,
    EndReason,
    Finished,
    HungUp,
    Ignored,
    MediaLost,
    MediaUp,
    Moved,
    Phase,
    Restarted,
    SignalingBack,
    SignalingLost,
    Update,
)
from tests.support.bench import CALLER, KITCHEN, PHONE, STRANGER, Bench


def moving(active: Bench) -> Bench:
    active.feed(Moved(PHONE, source=KITCHEN))
    return active


def test_a_move_adds_a_leg_in_the_next_epoch(active: Bench) -> None:
    assert active.feed(Moved(PHONE, source=KITCHEN)) == (Update(CALLER), Update(PHONE))
    assert (active.phase(), active.call.epoch, active.call.moving) == (Phase.RECOVERING, 1, PHONE)


def test_while_it_moves_each_epoch_has_its_own_pair(active: Bench) -> None:
    call = moving(active).call
    assert (call.peer_of(CALLER, 0), call.peer_of(KITCHEN, 0), call.peer_of(PHONE, 0)) == (
        KITCHEN,
        CALLER,
        None,
    )
    assert (call.peer_of(CALLER, 1), call.peer_of(KITCHEN, 1), call.peer_of(PHONE, 1)) == (
        PHONE,
        None,
        CALLER,
    )


def test_the_old_leg_retires_when_the_new_one_is_connected(active: Bench) -> None:
    moving(active).feed(MediaUp(CALLER, 1))
    assert active.leg(KITCHEN).connectivity is not Connectivity.LEFT

    assert active.feed(MediaUp(PHONE, 1)) == (Update(CALLER), Update(PHONE), End(KITCHEN, EndReason.MOVED))
    assert (active.phase(), active.call.winner, active.call.moving) == (Phase.ACTIVE, PHONE, None)
    assert active.feed(HungUp(KITCHEN)) == (Ignored(HungUp(KITCHEN), Phase.ACTIVE),)
    assert active.elapse(3600.0) == ()


def test_the_callers_side_may_move_too(active: Bench) -> None:
    active.feed(Moved(STRANGER, source=CALLER), MediaUp(KITCHEN, 1))
    assert active.feed(MediaUp(STRANGER, 1)) == (
        Update(STRANGER),
        Update(KITCHEN),
        End(CALLER, EndReason.MOVED),
    )
    assert active.call.caller == STRANGER


def test_a_call_may_move_away_and_back(active: Bench) -> None:
    moving(active).feed(MediaUp(CALLER, 1), MediaUp(PHONE, 1))
    active.feed(Moved(KITCHEN, source=PHONE), MediaUp(CALLER, 2))

    assert active.feed(MediaUp(KITCHEN, 2)) == (Update(CALLER), Update(KITCHEN), End(PHONE, EndReason.MOVED))
    assert active.acceptance(KITCHEN) is Acceptance.WON


def test_only_one_move_at_a_time(active: Bench) -> None:
    moving(active)
    second = Moved(STRANGER, source=KITCHEN)
    assert active.feed(second) == (Ignored(second, Phase.RECOVERING),)


def test_a_move_needs_a_call_that_stands(answered: Bench) -> None:
    move = Moved(PHONE, source=KITCHEN)
    assert answered.feed(move) == (Ignored(move, Phase.ANSWERING),)


def test_nobody_moves_to_where_they_are(active: Bench) -> None:
    for move in (
        Moved(CALLER, source=KITCHEN),
        Moved(KITCHEN, source=KITCHEN),
        Moved(STRANGER, source=PHONE),
    ):
        assert active.feed(move) == (Ignored(move, Phase.ACTIVE),)


def test_a_move_that_does_not_connect_is_given_up_and_the_two_connect_anew(active: Bench) -> None:
    moving(active).feed(MediaUp(CALLER, 1))

    assert active.elapse(CONNECT_TIMEOUT) == (
        End(PHONE, EndReason.CONNECT_FAILED),
        Update(CALLER),
        Update(KITCHEN),
    )
    assert (active.phase(), active.call.epoch) == (Phase.RECOVERING, 2)
    assert (active.call.moving, active.call.winner) == (None, KITCHEN)
    active.feed(MediaUp(CALLER, 2), MediaUp(KITCHEN, 2))
    assert active.phase() is Phase.ACTIVE
    assert active.elapse(3600.0) == ()


def test_media_lost_after_a_move_was_given_up_is_noticed(active: Bench) -> None:
    moving(active).elapse(CONNECT_TIMEOUT)
    active.feed(MediaUp(CALLER, 2), MediaUp(KITCHEN, 2), MediaLost(CALLER, 2))
    assert active.call.epoch == 3


def test_the_new_endpoint_may_change_its_mind(active: Bench) -> None:
    assert moving(active).feed(HungUp(PHONE)) == (
        End(PHONE, EndReason.HUNG_UP),
        Update(CALLER),
        Update(KITCHEN),
    )


def test_the_new_endpoint_may_vanish(active: Bench) -> None:
    assert moving(active).feed(SignalingLost(PHONE)) == (
        End(PHONE, EndReason.LOST),
        Update(CALLER),
        Update(KITCHEN),
    )


def test_hanging_up_while_it_moves_ends_it_for_all_three(active: Bench) -> None:
    assert set(moving(active).feed(HungUp(CALLER))) == {
        End(CALLER, EndReason.HUNG_UP),
        End(KITCHEN, EndReason.HUNG_UP),
        End(PHONE, EndReason.HUNG_UP),
        Finished(EndReason.HUNG_UP),
    }


def test_a_server_that_sleeps_through_a_move_gives_up_the_move_and_not_the_call(active: Bench) -> None:
    moving(active).feed(Restarted(), SignalingBack(CALLER), SignalingBack(KITCHEN))
    active.now += GRACE + CONNECT_TIMEOUT

    assert End(PHONE, EndReason.LOST) in active.feed(DeadlinePassed())
    assert not active.call.over
