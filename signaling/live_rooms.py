"""Which groups are mixed now, for the adults of the households that are in them: who, and how well, never what.

An adult sees the devices that their household shares and those of their own, and of all others how many they are: with
whom a housemate talks on their own phone is theirs.
"""

from collections.abc import Mapping

from kith.core.ids import EndpointId, PersonId
from kith.core.principal import Principal
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from signaling import protocol as wire
from signaling.rooms import Rooms, RoomStatus, SeatStatus

ROOM_COMMANDS = (wire.ListRooms,)


class LiveRooms:
    """Carries out the commands about rooms."""

    def __init__(self, rooms: Rooms, directory: DirectoryStore) -> None:
        self._rooms = rooms
        self._directory = directory

    async def carry_out(self, principal: Principal, command: wire.ListRooms) -> wire.AnyReply:
        """Of a person at an endpoint of their own, which the desk has seen to."""
        rooms = self._rooms.status()
        near = await self._near(principal.person) if rooms and principal.person is not None else {}
        shown = (_shown(room, near) for room in rooms)
        return wire.RoomList(re=command.id, rooms=tuple(one for one in shown if one.seats))

    async def _near(self, person: PersonId) -> Mapping[EndpointId, Endpoint]:
        return {one.id: one for one in await self._directory.endpoints_for(person)}


def _shown(room: RoomStatus, near: Mapping[EndpointId, Endpoint]) -> wire.LiveRoom:
    seats = tuple(_seat(seat, near[seat.endpoint]) for seat in room.seats if seat.endpoint in near)
    return wire.LiveRoom(call=room.room, seats=seats, others=len(room.seats) - len(seats), load=room.cpu)


def _seat(seat: SeatStatus, endpoint: Endpoint) -> wire.LiveSeat:
    sent = seat.received + seat.lost
    return wire.LiveSeat(
        endpoint=seat.endpoint,
        device=endpoint.name,
        connected=seat.connected,
        lost=seat.lost / sent if sent else 0.0,
        jitter_ms=seat.jitter_ms,
        delay_ms=seat.delay_ms,
    )
