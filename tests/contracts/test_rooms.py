"""Rooms that are mixed: what the slice of groups relies on, whatever mixes them."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.problem import Code, Problem
from tests.support.room_bench import (
    ANNA,
    BEN,
    OFFER,
    OTHER_ROOM,
    ROOM,
    RoomBench,
    fake_bench,
    stand_in_bench,
)


@pytest.fixture(params=["fake", "processes"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[RoomBench]:
    if request.param == "fake":
        yield fake_bench()
        return
    with tempfile.TemporaryDirectory() as folder:
        async with stand_in_bench(Path(folder)) as (made, _):
            yield made


async def test_a_room_begins_with_its_first_seat_and_ends_with_its_last(bench: RoomBench) -> None:
    rooms = bench.rooms
    assert rooms.available
    rooms.prepare()
    assert rooms.status() == ()
    answers = [await rooms.seat(ROOM, endpoint, 0, OFFER) for endpoint in (BEN, ANNA)]
    assert {answer.fingerprint for answer in answers} == {answers[0].fingerprint}
    assert len(answers[0].fingerprint) == 32
    (status,) = rooms.status()
    assert status.room == ROOM
    assert [(seat.endpoint, seat.connected) for seat in status.seats] == [(ANNA, False), (BEN, False)]
    rooms.unseat(ROOM, ANNA)
    assert [seat.endpoint for seat in rooms.status()[0].seats] == [BEN]
    rooms.unseat(ROOM, BEN)
    assert rooms.status() == ()
    assert bench.told.events == []


async def test_what_is_not_there_is_neither_unseated_nor_closed(bench: RoomBench) -> None:
    bench.rooms.unseat(ROOM, ANNA)
    bench.rooms.close(ROOM)
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    bench.rooms.unseat(ROOM, BEN)
    bench.rooms.close(OTHER_ROOM)
    assert [status.room for status in bench.rooms.status()] == [ROOM]


async def test_connected_and_gone_are_told(bench: RoomBench) -> None:
    await bench.rooms.seat(ROOM, ANNA, 3, OFFER)
    await bench.hands.connect(ROOM, ANNA, 3)
    await bench.told.hears("connected", ROOM, ANNA, 3)
    assert bench.rooms.status()[0].seats[0].connected
    await bench.hands.lose(ROOM, ANNA, 3)
    await bench.told.hears("gone", ROOM, ANNA, 3)
    assert bench.rooms.status() == ()


async def test_an_earlier_epoch_stays_until_the_later_one_stands(bench: RoomBench) -> None:
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await bench.hands.connect(ROOM, ANNA, 0)
    await bench.told.hears("connected", ROOM, ANNA, 0)
    await bench.rooms.seat(ROOM, ANNA, 2, OFFER)
    assert bench.rooms.status()[0].seats[0].connected
    await bench.hands.connect(ROOM, ANNA, 2)
    await bench.told.hears("connected", ROOM, ANNA, 2)
    await bench.hands.lose(ROOM, ANNA, 0)
    await bench.hands.speak(ROOM, ANNA)
    await bench.told.hears("speaking", ROOM, (ANNA,))
    assert ("gone", ROOM, ANNA, 0) not in bench.told.events, "the later one ended it already"


async def test_a_later_epoch_that_fails_leaves_the_earlier_one(bench: RoomBench) -> None:
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await bench.hands.connect(ROOM, ANNA, 0)
    await bench.rooms.seat(ROOM, ANNA, 1, OFFER)
    await bench.hands.lose(ROOM, ANNA, 1)
    await bench.hands.speak(ROOM, ANNA)
    await bench.told.hears("speaking", ROOM, (ANNA,))
    assert bench.rooms.status()[0].seats[0].connected
    await bench.hands.lose(ROOM, ANNA, 0)
    await bench.told.hears("gone", ROOM, ANNA, 0)
    assert ("gone", ROOM, ANNA, 1) not in bench.told.events, "it was heard all the time"
    assert bench.rooms.status() == ()


async def test_who_loses_the_connection_that_stands_is_gone_though_another_is_tried(bench: RoomBench) -> None:
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await bench.hands.connect(ROOM, ANNA, 0)
    await bench.rooms.seat(ROOM, ANNA, 1, OFFER)
    await bench.hands.lose(ROOM, ANNA, 0)
    await bench.told.hears("gone", ROOM, ANNA, 0)
    assert not bench.rooms.status()[0].seats[0].connected
    await bench.hands.lose(ROOM, ANNA, 1)
    await bench.told.hears("gone", ROOM, ANNA, 1)
    assert bench.rooms.status() == ()


@pytest.mark.parametrize("epoch", [0, 4, 5, 2**32])
async def test_an_epoch_that_does_not_rise_is_refused(bench: RoomBench, epoch: int) -> None:
    await bench.rooms.seat(ROOM, ANNA, 5, OFFER)
    with pytest.raises(Problem) as refused:
        await bench.rooms.seat(ROOM, ANNA, epoch, OFFER)
    assert (refused.value.code, refused.value.path) == (Code.BAD_OFFER, "epoch")
    await bench.rooms.seat(ROOM, BEN, 0, OFFER)


async def test_what_is_no_offer_is_refused_and_makes_no_room(bench: RoomBench) -> None:
    with pytest.raises(Problem) as refused:
        await bench.rooms.seat(ROOM, ANNA, 0, "v=0\r\n")
    assert (refused.value.code, refused.value.path) == (Code.BAD_OFFER, "sdp")
    assert bench.rooms.status() == ()
    await bench.rooms.seat(ROOM, ANNA, 0, OFFER)


async def test_who_speaks_is_told(bench: RoomBench) -> None:
    for endpoint in (ANNA, BEN):
        await bench.rooms.seat(ROOM, endpoint, 0, OFFER)
    await bench.hands.speak(ROOM, BEN, ANNA)
    await bench.hands.speak(ROOM)
    await bench.told.hears("speaking", ROOM, ())
    assert bench.told.events == [("speaking", ROOM, (BEN, ANNA)), ("speaking", ROOM, ())]


async def test_nothing_is_told_of_who_was_taken_away(bench: RoomBench) -> None:
    for room in (ROOM, OTHER_ROOM):
        for endpoint in (ANNA, BEN):
            await bench.rooms.seat(room, endpoint, 0, OFFER)
    bench.rooms.close(ROOM)
    bench.rooms.unseat(OTHER_ROOM, ANNA)
    await bench.hands.speak(OTHER_ROOM, ANNA, BEN)
    await bench.told.hears("speaking", OTHER_ROOM, (BEN,))
    assert [event[0] for event in bench.told.events] == ["speaking"]


async def test_when_a_mixer_is_lost_its_rooms_move_and_everybody_offers_anew(bench: RoomBench) -> None:
    before = await bench.rooms.seat(ROOM, ANNA, 0, OFFER)
    await bench.rooms.seat(OTHER_ROOM, BEN, 7, OFFER)
    await bench.hands.kill()
    await bench.told.hears("moved", ROOM)
    await bench.told.hears("moved", OTHER_ROOM)
    assert bench.rooms.status() == ()
    after = await bench.rooms.seat(ROOM, ANNA, 1, OFFER)
    assert after.fingerprint != before.fingerprint
    assert [event[0] for event in bench.told.events] == ["moved", "moved"]
