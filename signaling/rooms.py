"""What the slice of groups needs from where enhanced groups are mixed: rooms, with a seat for each member.

A room has the id of its group, a seat that of an endpoint. Which process of the server a room is in, and that one may
die, is nobody's business on this side but for `Listener.moved`.
"""

from dataclasses import dataclass
from typing import Protocol

from kith.core.ids import CallId, EndpointId
from kith.core.problem import Code, Problem


@dataclass(frozen=True, slots=True)
class Answer:
    """What the mixer answers to an offer, and the SHA-256 of its certificate (32 bytes), which is also in `sdp`."""

    sdp: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class SeatStatus:
    """What comes from one endpoint: packets since it was connected; in milliseconds, jitter (RFC 3550) and how long
    its voice waits in the mixer's playout buffer, which is 0 while it is quiet or forwarded as it comes.

    Numbers are those of the last report, at most a few seconds old, and 0 before the first one.
    """

    endpoint: EndpointId
    connected: bool
    received: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    delay_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """One live room. `mixer` is the process it is in, counted from 1. `cpu` is that process's share of one core (1.0:
    all of it), and `late_ticks` how many times it was late, both within its last report's two seconds."""

    room: CallId
    mixer: int
    cpu: float
    late_ticks: int
    seats: tuple[SeatStatus, ...]


class Listener(Protocol):
    """Who is told what happens in rooms: on the event loop, from where nothing may wait and nothing may be raised."""

    def connected(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        """The connection of this epoch stands. An older one of the same endpoint is closed by the mixer."""
        ...

    def gone(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        """The connection of this epoch was lost, or never came, and none of an earlier one stands. Not told of one that
        was taken away by `unseat` or `close`, nor by a later epoch."""
        ...

    def speaking(self, room: CallId, endpoints: tuple[EndpointId, ...]) -> None:
        """Who speaks now: said when it changes, at most four times a second."""
        ...

    def moved(self, room: CallId) -> None:
        """Its mixer was lost with all its connections, and another one waits: all members offer anew in a later epoch.

        Nothing is told any more of what sat there before.
        """
        ...


class Rooms(Protocol):
    """Where enhanced groups are mixed. A room begins with its first seat."""

    @property
    def available(self) -> bool:
        """Whether this server mixes at all. Where not, every `seat` is refused."""
        ...

    def listen(self, listener: Listener) -> None:
        """Tell this one from now on, and it alone."""
        ...

    def prepare(self) -> None:
        """Somebody is about to need a room: what takes time is begun."""
        ...

    async def seat(self, room: CallId, endpoint: EndpointId, epoch: int, offer: str) -> Answer:
        """Answer an offer (SDP). The endpoint's connection of an earlier epoch stays until this one stands.

        An epoch that is not above the one that the endpoint offered in last is refused.
        Raises Problem(bad_offer) with path `sdp` or `epoch`, and Problem(mixer_unavailable) where there is no mixer, no
        seat left in it, or none that answers in time.
        """
        ...

    def unseat(self, room: CallId, endpoint: EndpointId) -> None:
        """Close all connections of an endpoint. Nothing happens where it has none."""
        ...

    def close(self, room: CallId) -> None:
        """Close the room with all that sit in it. Nothing happens where there is none."""
        ...

    def status(self) -> tuple[RoomStatus, ...]:
        """The live rooms, in the order of their ids."""
        ...


class NoRooms:
    """Where nothing is mixed. Implements Rooms."""

    available = False

    def listen(self, listener: Listener) -> None:
        """Nothing ever happens."""

    def prepare(self) -> None:
        """There is nothing to begin."""

    async def seat(self, room: CallId, endpoint: EndpointId, epoch: int, offer: str) -> Answer:
        """Raises Problem(mixer_unavailable)."""
        raise Problem(Code.MIXER_UNAVAILABLE)

    def unseat(self, room: CallId, endpoint: EndpointId) -> None:
        """Nobody sits anywhere."""

    def close(self, room: CallId) -> None:
        """There is no room."""

    def status(self) -> tuple[RoomStatus, ...]:
        return ()
