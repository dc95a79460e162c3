"""Who sits where in one room that is mixed: each endpoint with the epochs in which it offered. Pure.

An epoch is offered until its connection stands, and over when that is gone, or when a later one stands. With the last
epoch the seat is free, and with the last seat the room is over.
"""

from dataclasses import dataclass, field

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem
from media.mixer.control import SeatLoad
from signaling.rooms import SeatStatus

HIGHEST_EPOCH = 0xFFFF_FFFF


@dataclass(slots=True)
class Seating:
    """One endpoint's: its epochs that are not over, each with whether its connection stands; its last report."""

    epochs: dict[int, bool] = field(default_factory=dict)
    load: SeatLoad | None = None

    def status(self, endpoint: EndpointId) -> SeatStatus:
        load = self.load
        standing = any(self.epochs.values())
        if load is None:
            return SeatStatus(endpoint, standing)
        return SeatStatus(endpoint, standing, load.received, load.lost, load.jitter_ms, load.delay_ms)


@dataclass(slots=True)
class Seats:
    """All seats of one room."""

    taken: dict[EndpointId, Seating] = field(default_factory=dict)

    def offer(self, endpoint: EndpointId, epoch: int) -> None:
        """Raises Problem(bad_offer) for an epoch that is none, or not above those before it."""
        seating = self.taken.get(endpoint)
        last = -1 if seating is None else max(seating.epochs)
        if not last < epoch <= HIGHEST_EPOCH:
            raise Problem(Code.BAD_OFFER, path="epoch")
        self.taken.setdefault(endpoint, Seating()).epochs[epoch] = False

    def offered(self, endpoint: EndpointId, epoch: int) -> bool:
        """Whether that epoch is not over."""
        seating = self.taken.get(endpoint)
        return seating is not None and epoch in seating.epochs

    def connected(self, endpoint: EndpointId, epoch: int) -> bool:
        """Whether that is news: its connection stands, and those of earlier epochs are over."""
        if not self.offered(endpoint, epoch):
            return False
        seating = self.taken[endpoint]
        seating.epochs = {one: standing for one, standing in seating.epochs.items() if one > epoch}
        seating.epochs[epoch] = True
        return True

    def gone(self, endpoint: EndpointId, epoch: int) -> bool:
        """Whether that is news: this epoch is over, none that stands is left, and with the last one the seat is free.

        An endpoint whose try for a better connection has failed is heard as before.
        """
        if not self.offered(endpoint, epoch):
            return False
        seating = self.taken[endpoint]
        del seating.epochs[epoch]
        if not seating.epochs:
            del self.taken[endpoint]
        return not any(seating.epochs.values())

    def heard(self, loads: tuple[SeatLoad, ...]) -> None:
        """What the mixer reports of them."""
        for load in loads:
            if (seating := self.taken.get(EndpointId(load.seat))) is not None:
                seating.load = load

    def status(self) -> tuple[SeatStatus, ...]:
        return tuple(self.taken[endpoint].status(endpoint) for endpoint in sorted(self.taken))
