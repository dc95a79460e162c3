"""A group as a conversation: what happens, what is told, and what time does to it."""

from msgspec.structs import replace

from kith.core.trust.grants import Mode
from kith.core.trust.group import following
from policy.group import Path
from signaling.call import (
    CONNECT_TIMEOUT,
    GRACE,
    KNOCK_TIMEOUT,
    LONGEST,
    RECOVERY_TIMEOUT,
    RING_TIMEOUT,
    Barred,
    Busy,
    Declined,
    EndReason,
    Hushed,
    SignalingBack,
    SignalingLost,
)
from signaling.group import (
    MIXER,
    Asks,
    Connected,
    Disconnected,
    End,
    Finished,
    GroupPhase,
    Joins,
    Leaves,
    MixerMoved,
    Offers,
    PlaceState,
    RangOut,
    Ring,
    Signs,
    Unseat,
    Update,
    Withdraws,
)
from signaling.group_parts import EPOCHS_AHEAD, LAST_EPOCH
from tests.support.group_bench import (
    ANN,
    BEN,
    CLEO,
    FAR,
    KITCHEN,
    PHONE,
    STARTER,
    STARTERS_TABLET,
    TABLET,
    Bench,
    roster,
)
from tools.vectors.grouped import BENS, LAPTOP, TIME, TWO

BEN_JOINS = Joins(PHONE, BEN, personal=True)
CLEO_JOINS = Joins(FAR, CLEO, personal=True)


def talking(path: Path = Path.MESH) -> Bench:
    """Ann, Ben and Cleo, all connected."""
    bench = Bench.calling(path=path)
    bench.feed(BEN_JOINS, CLEO_JOINS)
    there = (STARTER, PHONE, FAR)
    if path is Path.MIXER:
        bench.feed(*(Connected(one) for one in there))
    else:
        bench.feed(*(Connected(one, other) for one in there for other in there if one != other))
    return bench


def test_it_rings_everywhere_and_the_first_of_each_takes_part() -> None:
    bench = Bench.calling()
    assert bench.effects == tuple(Ring(one) for one in sorted((PHONE, TABLET, KITCHEN, FAR)))
    elsewhere = [End(one, EndReason.ANSWERED_ELSEWHERE) for one in sorted((TABLET, KITCHEN))]
    assert bench.feed(BEN_JOINS) == (*elsewhere, Update())
    assert (bench.group.phase, bench.group.places[BEN].state) == (GroupPhase.ACTIVE, PlaceState.JOINED)
    assert bench.group.places[CLEO].state is PlaceState.RINGING


def test_nobody_comes() -> None:
    bench = Bench.calling()
    assert bench.elapse(RING_TIMEOUT - 0.001) == ()
    told = bench.elapse(0.001)
    assert {one.reason for one in told if isinstance(one, End)} == {EndReason.NO_ANSWER}
    assert {one.place for one in told if isinstance(one, RangOut)} == {BEN, CLEO}
    assert told[-1] == Finished(EndReason.NO_ANSWER)


def test_one_no_does_not_end_it_and_all_of_them_do() -> None:
    bench = Bench.calling()
    assert Finished(EndReason.DECLINED) not in bench.feed(Declined(KITCHEN))
    assert bench.group.places[BEN].state is PlaceState.RINGING, "a shared device speaks for itself alone"
    bench.feed(Declined(PHONE))
    assert bench.group.places[BEN].state is PlaceState.DECLINED
    assert bench.feed(Busy(FAR))[-1] == Finished(EndReason.BUSY)


def test_who_comes_and_cannot_be_reached_is_out_and_the_others_go_on() -> None:
    bench = Bench.calling()
    bench.feed(BEN_JOINS, Connected(STARTER, PHONE), Connected(PHONE, STARTER), CLEO_JOINS)
    assert bench.elapse(CONNECT_TIMEOUT - 0.001) == ()
    told = bench.elapse(0.001)
    assert End(FAR, EndReason.CONNECT_FAILED) in told and set(bench.group.members) == {STARTER, PHONE}


def test_two_who_cannot_reach_each_other_are_told_so() -> None:
    bench = Bench.calling()
    bench.feed(Declined(FAR), BEN_JOINS)
    told = bench.elapse(CONNECT_TIMEOUT)
    assert told[-1] == Finished(EndReason.CONNECT_FAILED)
    assert {one.reason for one in told if isinstance(one, End)} == {EndReason.CONNECT_FAILED}


def test_lost_media_has_its_time_to_come_back() -> None:
    bench = talking()
    bench.feed(Disconnected(FAR, STARTER), Disconnected(FAR, PHONE))
    assert bench.elapse(RECOVERY_TIMEOUT - 0.001) == ()
    bench.feed(Connected(FAR, PHONE))
    assert bench.elapse(RECOVERY_TIMEOUT) == ()


def test_signaling_may_be_away_for_a_while() -> None:
    bench = talking()
    assert bench.feed(SignalingLost(PHONE)) == (Update(),)
    assert bench.elapse(GRACE - 0.001) == ()
    bench.feed(SignalingBack(PHONE))
    bench.feed(SignalingLost(FAR))
    assert End(FAR, EndReason.LOST) in bench.elapse(GRACE)
    assert set(bench.group.members) == {STARTER, PHONE}


def test_it_goes_on_at_another_device_once_that_one_is_there() -> None:
    bench = talking()
    assert bench.feed(Joins(STARTERS_TABLET, ANN, personal=True)) == (Update(),)
    assert End(STARTER, EndReason.MOVED) not in bench.feed(Connected(STARTERS_TABLET, PHONE))
    assert End(STARTER, EndReason.MOVED) in bench.feed(Connected(STARTERS_TABLET, FAR))
    assert bench.group.members[STARTERS_TABLET].place == bench.group.home, "and is the starter's"


def test_a_device_that_cannot_take_over_is_out_and_the_former_one_goes_on() -> None:
    bench = talking()
    bench.feed(Joins(STARTERS_TABLET, ANN, personal=True))
    assert End(STARTERS_TABLET, EndReason.CONNECT_FAILED) in bench.elapse(CONNECT_TIMEOUT)
    assert set(bench.group.members) == {STARTER, PHONE, FAR}


def test_no_group_lasts_for_ever() -> None:
    bench = talking()
    assert bench.elapse(LONGEST - 1.0) == ()
    assert bench.elapse(1.0)[-1] == Finished(EndReason.TIME_LIMIT)


def test_a_lost_mixer_is_offered_to_anew_above_all_that_was_offered() -> None:
    bench = talking(Path.MIXER)
    bench.feed(Offers(PHONE, 3))
    assert bench.feed(MixerMoved()) == (Update(),)
    assert bench.group.epoch == 4 and not any(one.up for one in bench.group.members.values())
    bench.feed(Connected(STARTER, MIXER), Connected(PHONE, MIXER))
    told = bench.elapse(RECOVERY_TIMEOUT)
    assert told[:2] == (End(FAR, EndReason.LOST), Unseat(FAR))


def test_no_member_uses_up_the_epochs_of_all() -> None:
    bench = talking(Path.MIXER)
    for lost in range(200):
        bench.feed(Offers(FAR, LAST_EPOCH), Offers(FAR, bench.group.epoch + EPOCHS_AHEAD), MixerMoved())
        assert bench.group.epoch == (lost + 1) * (EPOCHS_AHEAD + 1)
        bench.feed(*(Connected(one) for one in (STARTER, PHONE, FAR)))
    told = bench.effects
    while not bench.group.over:
        told = bench.feed(Offers(FAR, bench.group.epoch + EPOCHS_AHEAD), MixerMoved())
    assert told[-1] == Finished(EndReason.LOST) and bench.group.epoch <= LAST_EPOCH


def test_who_drops_in_does_not_learn_who_did_not_let_them_in() -> None:
    bench = Bench.calling(mode=Mode.KNOCK)
    bench.feed(Declined(PHONE))
    assert bench.elapse(KNOCK_TIMEOUT)[-1] == Finished(EndReason.NOT_LET_IN)


def test_a_drop_in_ends_with_its_starter_and_a_call_does_not() -> None:
    for mode, over in ((Mode.INSTANT, True), (None, False)):
        bench = Bench.calling(mode=mode)
        bench.feed(BEN_JOINS, CLEO_JOINS, Leaves(STARTER))
        assert bench.group.over is over


def test_a_device_that_may_not_be_dropped_in_on_any_more_is_out_alone() -> None:
    bench = Bench.calling(mode=Mode.INSTANT)
    bench.feed(BEN_JOINS, CLEO_JOINS)
    assert bench.feed(Barred(PHONE)) == (End(PHONE, EndReason.HUNG_UP), Update())
    assert bench.feed(Barred(FAR))[-1] == Finished(EndReason.HUNG_UP)


def test_a_block_while_it_rings_is_noticed_by_nobody() -> None:
    bench = Bench.calling()
    before = bench.group.places[BEN]
    assert {one.reason for one in bench.feed(Withdraws(frozenset({BEN}))) if isinstance(one, End)} == {
        EndReason.NO_ANSWER
    }
    after = bench.group.places[BEN]
    assert (after.state, after.until) == (before.state, before.until)
    bench.feed(CLEO_JOINS, Connected(FAR, STARTER), Connected(STARTER, FAR))
    assert RangOut(BEN) not in bench.elapse(RING_TIMEOUT), "nobody has missed anything"


def test_do_not_disturb_silences_one_device_and_the_others_ring_on() -> None:
    bench = Bench.calling()
    assert bench.feed(Hushed(PHONE)) == (End(PHONE, EndReason.NO_ANSWER), Update())
    assert bench.group.ringing_at(TABLET)


def test_of_two_rosters_that_follow_the_same_one_the_first_stands() -> None:
    """Somebody is signed in while somebody else asks more people in: ordinary use, in either order."""
    wider = following(roster(), LAPTOP, roster().members, time=TIME + 6, invited=[BENS])
    bench = talking()
    bench.feed(Signs(TWO))
    bench.feed(Asks(STARTER, (), wider))
    assert bench.group.roster == TWO, "what everybody holds is not overwritten"
    bench.feed(
        Asks(STARTER, (), replace(following(TWO, LAPTOP, TWO.members, time=TIME + 7), version=2**53 - 1))
    )
    bench.feed(Signs(replace(TWO, version=2)))
    assert bench.group.roster == TWO
    after = following(TWO, LAPTOP, TWO.members, time=TIME + 7, invited=[BENS])
    bench.feed(Asks(STARTER, (), after))
    assert bench.group.roster == after
