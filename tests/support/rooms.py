"""Rooms without a mixer, for tests of what stands above them. The true ones pass the same contract tests."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from kith.core.ids import CallId, EndpointId
from kith.core.problem import Code, Problem
from kith.server.mixer_rooms import Seats
from media.mixer.control import SeatLoad
from signaling.rooms import Answer, Listener, RoomStatus


@dataclass(slots=True)
class _Room:
    mixer: int
    seats: Seats = field(default_factory=Seats)


class FakeRooms:
    """Answers offers at once. What a mixer would notice, the test says: `connect`, `lose`, `speak` and `kill`.

    `available` may be set; so may `broken`, with which a server mixes, only not right now. `offers` are those that
    were answered.
    """

    def __init__(self, *, available: bool = True) -> None:
        self.available = available
        self.broken = False
        self.prepared = 0
        self.offers: list[tuple[CallId, EndpointId, int, str]] = []
        self._rooms: dict[CallId, _Room] = {}
        self._mixer = 1
        self._cpu, self._late_ticks = 0.0, 0
        self._listener: Listener | None = None

    # -- what the slice of groups sees --------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    def prepare(self) -> None:
        self.prepared += 1

    async def seat(self, room: CallId, endpoint: EndpointId, epoch: int, offer: str) -> Answer:
        if not self.available or self.broken:
            raise Problem(Code.MIXER_UNAVAILABLE)
        if "m=audio" not in offer:
            raise Problem(Code.BAD_OFFER, path="sdp")
        found = self._rooms.get(room) or _Room(self._mixer)
        found.seats.offer(endpoint, epoch)
        self._rooms[room] = found
        self.offers.append((room, endpoint, epoch, offer))
        written = ":".join(f"{byte:02X}" for byte in self.fingerprint)
        return Answer(f"v=0\r\na=fingerprint:sha-256 {written}\r\n", self.fingerprint)

    def unseat(self, room: CallId, endpoint: EndpointId) -> None:
        if found := self._rooms.get(room):
            found.seats.taken.pop(endpoint, None)
            self._forget_if_empty(room, found)

    def close(self, room: CallId) -> None:
        self._rooms.pop(room, None)

    def status(self) -> tuple[RoomStatus, ...]:
        return tuple(
            RoomStatus(room, found.mixer, self._cpu, self._late_ticks, found.seats.status())
            for room, found in sorted(self._rooms.items())
        )

    # -- what a mixer would notice ------------------------------------------------------------------

    @property
    def fingerprint(self) -> bytes:
        """Of the mixer's certificate: another one after each `kill`."""
        return bytes((self._mixer + at) % 256 for at in range(32))

    def connect(self, room: CallId, endpoint: EndpointId, epoch: int | None = None) -> None:
        """The connection of this epoch, or of the one that the endpoint offered last, stands."""
        epoch = self._newest(room, endpoint) if epoch is None else epoch
        if self._rooms[room].seats.connected(endpoint, epoch):
            self._told.connected(room, endpoint, epoch)

    def lose(self, room: CallId, endpoint: EndpointId, epoch: int | None = None) -> None:
        """The connection of this epoch, or of the one that the endpoint offered last, is lost."""
        epoch = self._newest(room, endpoint) if epoch is None else epoch
        found = self._rooms[room]
        if found.seats.gone(endpoint, epoch):
            self._forget_if_empty(room, found)
            self._told.gone(room, endpoint, epoch)

    def speak(self, room: CallId, *endpoints: EndpointId) -> None:
        """These speak now, and nobody else."""
        taken = self._rooms[room].seats.taken
        self._told.speaking(room, tuple(one for one in endpoints if one in taken))

    def report(self, room: CallId, endpoint: EndpointId, **numbers: float) -> None:
        """Those of `signaling.rooms.SeatStatus`."""
        known = SeatLoad(endpoint, 0, 0, 0.0, 0.0)
        self._rooms[room].seats.heard((replace(known, **numbers),))

    def work(self, *, cpu: float, late_ticks: int) -> None:
        """What the mixer reports of itself."""
        self._cpu, self._late_ticks = cpu, late_ticks

    def kill(self) -> None:
        """The one mixer is lost, and another one waits."""
        self._mixer += 1
        rooms = list(self._rooms)
        self._rooms.clear()
        for room in rooms:
            self._told.moved(room)

    @property
    def _told(self) -> Listener:
        assert self._listener is not None, "nobody listens"
        return self._listener

    def _newest(self, room: CallId, endpoint: EndpointId) -> int:
        return max(self._rooms[room].seats.taken[endpoint].epochs)

    def _forget_if_empty(self, room: CallId, found: _Room) -> None:
        if not found.seats.taken:
            del self._rooms[room]
