"""The messages by which adults see which of their household's devices are in groups that the server mixes. Pure."""

from signaling.protocol.envelope import Command, Part, Reply
from signaling.protocol.fields import CallRef, EndpointRef


class LiveSeat(Part, frozen=True, kw_only=True):
    """One device in a group, and how what it sends arrives. `lost` is the share of its packets, 0 to 1; `jitter_ms` how
    unevenly they come, `delay_ms` how long its voice waits at the server for those that are late."""

    endpoint: EndpointRef
    device: str
    connected: bool
    lost: float
    jitter_ms: float
    delay_ms: float


class LiveRoom(Part, frozen=True, kw_only=True):
    """A group that the server mixes now. `others` is how many take part besides, whom it is not for the asker to see;
    `load` how busy the mixer is, 1.0 for all of a processor."""

    call: CallRef
    seats: tuple[LiveSeat, ...]
    others: int
    load: float


class ListRooms(Command, frozen=True, kw_only=True, tag="list_rooms"):
    """The groups that are mixed now in which a device takes part that is the asker's own or their household's."""


class RoomList(Reply, frozen=True, kw_only=True, tag="room_list"):
    """As they are at this moment; numbers are a few seconds old at the most. Of what is said there nothing is kept."""

    rooms: tuple[LiveRoom, ...]
