"""Rooms without a mixer, for tests of what stands above them. The true ones pass the same contract tests."""

from dataclasses import dataclass, field

from kith.core.ids import CallId, EndpointId
from kith.core.problem import Code, Problem
from signaling.rooms import Answer, Listener, RoomStatus, SeatStatus

FINGERPRINT = bytes(range(32))
"""Of the certificate that stands in every answer until a mixer is lost; then of another one."""


@dataclass(slots=True)
class _Room:
    mixer: int
    epochs: dict[EndpointId, int] = field(default_factory=dict)
    standing: dict[EndpointId, int] = field(default_factory=dict)


class FakeRooms:
    """Answers offers at once. What a mixer would notice, the test says: `connect`, `lose`, `speak` and `kill`.

    `available` may be set; so may `broken`, with which a server mixes, only not right now.
    """

    def __init__(self, *, available: bool = True) -> None:
        self.available = available
        self.broken = False
        self.rooms: dict[CallId, _Room] = {}
        self.offers: list[tuple[CallId, EndpointId, int, str]] = []
        self._mixers = 1
        self._listener: Listener | None = None

    # -- what the slice of groups sees --------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def seat(self, room: CallId, endpoint: EndpointId, epoch: int, offer: str) -> Answer:
        if not self.available or self.broken:
            raise Problem(Code.MIXER_UNAVAILABLE)
        if "m=audio" not in offer:
            raise Problem(Code.BAD_OFFER, path="sdp")
        found = self.rooms.get(room) or _Room(self._mixers)
        if epoch <= found.epochs.get(endpoint, -1):
            raise Problem(Code.BAD_OFFER, path="epoch")
        self.rooms[room] = found
        found.epochs[endpoint] = epoch
        self.offers.append((room, endpoint, epoch, offer))
        fingerprint = self.fingerprint(room)
        return Answer(f"v=0\r\na=fingerprint:sha-256 {_colons(fingerprint)}\r\n", fingerprint)

    def unseat(self, room: CallId, endpoint: EndpointId) -> None:
        if found := self.rooms.get(room):
            found.epochs.pop(endpoint, None)
            found.standing.pop(endpoint, None)

    def close(self, room: CallId) -> None:
        self.rooms.pop(room, None)

    def status(self) -> tuple[RoomStatus, ...]:
        return tuple(
            RoomStatus(
                room,
                found.mixer,
                0.0,
                0,
                tuple(SeatStatus(one, one in found.standing) for one in sorted(found.epochs)),
            )
            for room, found in sorted(self.rooms.items())
        )

    # -- what a mixer would notice ------------------------------------------------------------------

    def fingerprint(self, room: CallId) -> bytes:
        """Of the certificate that answers in this room now."""
        return bytes((byte + self.rooms[room].mixer - 1) % 256 for byte in FINGERPRINT)

    def connect(self, room: CallId, endpoint: EndpointId) -> None:
        """The connection that the endpoint offered last stands."""
        epoch = self.rooms[room].epochs[endpoint]
        self.rooms[room].standing[endpoint] = epoch
        self._told().connected(room, endpoint, epoch)

    def lose(self, room: CallId, endpoint: EndpointId) -> None:
        """The connection that the endpoint offered last is lost."""
        epoch = self.rooms[room].epochs.pop(endpoint)
        self.rooms[room].standing.pop(endpoint, None)
        self._told().gone(room, endpoint, epoch)

    def speak(self, room: CallId, *endpoints: EndpointId) -> None:
        """These speak now, and nobody else."""
        self._told().speaking(room, endpoints)

    def kill(self) -> None:
        """The one mixer is lost, and another one waits."""
        self._mixers += 1
        for room, found in self.rooms.items():
            found.mixer = self._mixers
            found.epochs.clear()
            found.standing.clear()
            self._told().moved(room)

    def _told(self) -> Listener:
        assert self._listener is not None, "nobody listens"
        return self._listener


def _colons(fingerprint: bytes) -> str:
    return ":".join(f"{byte:02X}" for byte in fingerprint)
