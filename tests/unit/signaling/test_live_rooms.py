"""Which groups are mixed now, for adults: their own devices and their household's, and how many others."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from signaling import protocol as wire
from signaling.children import NOT_FOR_CHILDREN
from signaling.live_rooms import ROOM_COMMANDS, LiveRooms
from signaling.permitted import CONFIRMED, PERSONAL
from tests.support.room_bench import ANNA, BEN, OFFER, OTHER_ROOM, ROOM
from tests.support.rooms import FakeRooms

KITCHEN = EndpointId("e_0123456789abcdefghj2")
NEAR = {ANNA: "Anna's phone", KITCHEN: "Kitchen"}


class Directory:
    """Anna's own endpoint and the one that her household shares."""

    asked = 0

    async def endpoints_for(self, person: PersonId) -> Any:
        self.asked += 1
        return [SimpleNamespace(id=endpoint, name=name) for endpoint, name in NEAR.items()]


async def seen(rooms: FakeRooms, directory: Directory | None = None) -> tuple[wire.LiveRoom, ...]:
    near = directory or Directory()
    person = Principal(ANNA, HouseholdId("h_1"), PersonId("p_1"), shared=False, registered=True)
    reply = await LiveRooms(rooms, cast("Any", near)).carry_out(person, wire.ListRooms(id="1"))
    assert isinstance(reply, wire.RoomList) and reply.re == "1"
    return reply.rooms


async def test_the_households_devices_are_named_and_all_others_counted() -> None:
    rooms = FakeRooms()
    rooms.listen(cast("Any", SimpleNamespace(connected=lambda *_: None)))
    for endpoint in (BEN, KITCHEN):
        await rooms.seat(ROOM, endpoint, 0, OFFER)
    rooms.connect(ROOM, KITCHEN)
    rooms.report(ROOM, KITCHEN, received=75, lost=25, jitter_ms=4.0, delay_ms=60.0)
    rooms.report(ROOM, BEN, received=1, lost=1)
    rooms.work(cpu=0.5, late_ticks=0)
    kitchen = wire.LiveSeat(
        endpoint=KITCHEN, device="Kitchen", connected=True, lost=0.25, jitter_ms=4.0, delay_ms=60.0
    )
    assert await seen(rooms) == (wire.LiveRoom(call=ROOM, seats=(kitchen,), others=1, load=0.5),)


async def test_before_the_first_packet_nothing_is_lost() -> None:
    rooms = FakeRooms()
    await rooms.seat(ROOM, ANNA, 0, OFFER)
    ((seat,),) = (room.seats for room in await seen(rooms))
    assert (seat.connected, seat.lost) == (False, 0.0)


async def test_groups_of_others_are_not_there() -> None:
    rooms, directory = FakeRooms(), Directory()
    assert await seen(rooms, directory) == ()
    assert directory.asked == 0, "and where there are none, nothing is read"
    await rooms.seat(OTHER_ROOM, BEN, 0, OFFER)
    assert await seen(rooms) == ()


@pytest.mark.parametrize("command", ROOM_COMMANDS)
def test_only_adults_ask_and_at_an_endpoint_of_their_own(command: type[wire.Command]) -> None:
    assert command in NOT_FOR_CHILDREN and command in PERSONAL and command in CONFIRMED
